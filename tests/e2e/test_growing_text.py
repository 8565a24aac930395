"""Text that is still being written, over Realtime, through Envoy to espeak-ng."""

from __future__ import annotations

from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect

from tests.e2e.through import Through


async def _send(socket: ClientConnection, kind: str, **fields: Any) -> None:
    await socket.send(orjson.dumps({"type": kind, **fields}).decode())


async def _until(socket: ClientConnection, kind: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    while not events or events[-1]["type"] != kind:
        events.append(orjson.loads(await socket.recv()))
        assert events[-1]["type"] != "error", events[-1]
    return events


def _of(events: list[dict[str, Any]], kind: str) -> list[str]:
    return [event["delta"] for event in events if event["type"] == f"response.{kind}.delta"]


async def test_what_was_flushed_is_heard_before_the_rest_is_written(espeak_through: Through) -> None:
    async with connect(f"ws://{espeak_through.address}/v1/realtime", max_size=None) as socket:
        await _send(socket, "response.create", response={"parlando": {"text_stream": True}})
        await _send(socket, "parlando.text.append", delta="Good mor")
        await _send(socket, "parlando.text.append", delta="ning to you")
        await _send(socket, "parlando.text.flush", flush_id="a")
        first = await _until(socket, "parlando.text.flushed")
        assert first[-1]["flush_id"] == "a"
        assert _of(first, "output_audio")
        assert "".join(_of(first, "output_audio_transcript")) == "Good morning to you"
        await _send(socket, "parlando.text.append", delta=". The ferry leaves at nine.")
        await _send(socket, "parlando.text.end")
        rest = await _until(socket, "response.done")
        response = rest[-1]["response"]
        assert response["status"] == "completed"
        whole = "Good morning to you. The ferry leaves at nine."
        assert response["output"][0]["content"][0]["transcript"] == whole
        assert _of(rest, "output_audio")


async def test_a_text_that_was_never_written_is_completed(espeak_through: Through) -> None:
    async with connect(f"ws://{espeak_through.address}/v1/realtime") as socket:
        await _send(socket, "response.create", response={"parlando": {"text_stream": True}})
        await _send(socket, "parlando.text.end")
        assert (await _until(socket, "response.done"))[-1]["response"]["status"] == "completed"

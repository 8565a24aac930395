"""Users who speak over the real system's voice, in real time through Envoy."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from sayings import NOISE_DB, Saying, in_noise
from sounds import RATE, at_level, white
from talk import PIECE_MS, encoded, pieces
from websockets.asyncio.client import ClientConnection, connect

from parlando_edge.formats import REALTIME_FORMATS

AT_ONCE = 5
"""Sockets at a time: a trial takes three seconds and a half, nearly all of it waiting for the clock."""

_TEXT = "It goes on and on, and nobody knows when it will end. " * 40
_FORMATS = tuple(REALTIME_FORMATS)


@dataclass(frozen=True, slots=True)
class Interruption:
    """What came of one trial, in ms.

    Attributes:
        heard: from the sending of the piece with the first 20 ms of speech until `speech_started`.
        audio: from there until the last audio of the response; 0 where none came after it.
        done: from there until `response.done`.
    """

    heard: float
    audio: float
    done: float


async def interruptions(address: str, sayings: Sequence[Saying]) -> list[Interruption]:
    """Have each saying interrupt a response, on a socket of its own; the first alone: it loads the model."""
    numbered = iter(enumerate(sayings))
    found: list[Interruption] = []

    async def user(turns: Iterator[tuple[int, Saying]]) -> None:
        for number, saying in turns:
            async with connect(f"ws://{address}/v1/realtime", max_size=None) as socket:
                found.append(await _interrupt(socket, saying, number))

    await user(islice(numbered, 1))
    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(user(numbered))
    return found


async def _interrupt(socket: ClientConnection, saying: Saying, number: int) -> Interruption:
    name = _FORMATS[number // 3 % len(_FORMATS)]
    audio = {"input": {"format": {"type": name}}}
    await _send(socket, "session.update", session={"type": "realtime", "audio": audio})
    content = [{"type": "input_text", "text": _TEXT}]
    item = {"type": "message", "role": "user", "content": content}
    await _send(socket, "conversation.item.create", item=item)
    await _send(socket, "response.create")
    sound, first = in_noise(saying, number, np.random.default_rng(number))
    room = at_level(white(RATE, np.random.default_rng(1)), NOISE_DB)
    data = encoded(np.concatenate([sound, room]), REALTIME_FORMATS[name])
    audible = asyncio.get_running_loop().create_future()
    sending = asyncio.create_task(_talk(socket, data, name, first, audible))
    started = last = done = 0.0
    try:
        while not (started and done):
            event = json.loads(await asyncio.wait_for(socket.recv(), 20))
            now = time.perf_counter()
            match event["type"]:
                case "input_audio_buffer.speech_started":
                    started = started or now
                case "response.output_audio.delta":
                    last = now
                case "response.done":
                    done = now
                    reason = event["response"]["status_details"]["reason"]
                    assert reason == "turn_detected", reason  # noqa: S101
                case "error":
                    raise SystemExit(event["error"]["message"])
        heard = (started - await audible) * 1000
    finally:
        sending.cancel()
        await asyncio.wait({sending})
    return Interruption(heard, max(0.0, last - started) * 1000, (done - started) * 1000)


async def _talk(
    socket: ClientConnection, data: bytes, name: str, first: float, audible: asyncio.Future[float]
) -> None:
    began = time.perf_counter()
    for piece in pieces(data, REALTIME_FORMATS[name]):
        due = began + (piece.at_ms + PIECE_MS) / 1000
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await _send(socket, "input_audio_buffer.append", audio=base64.b64encode(piece.data).decode())
        if piece.at_ms + PIECE_MS >= first and not audible.done():
            audible.set_result(time.perf_counter())


async def _send(socket: ClientConnection, kind: str, **fields: Any) -> None:
    await socket.send(json.dumps({"type": kind, **fields}))

"""Two edges behind Envoy, alone or with all behind them: what one of them began, the other goes on with."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError

from parlando.session.v1 import session_pb2
from parlando.session.v1.session_service_pb2_grpc import SessionServiceStub
from tests.e2e.conftest import Mark, running_up
from tests.e2e.through import PATIENCE, Through

_SESSIONS = 8
"""So many that each edge has some, as good as always."""

_TEXT, _NEXT = "This is remembered.", "This waits."


def _written(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


@dataclass
class _Conversation:
    socket: ClientConnection
    session: str
    item: str = ""
    waiting: str = ""

    @classmethod
    async def begun(cls, through: Through, stack: AsyncExitStack, query: str = "") -> _Conversation:
        address = f"ws://{through.address}/v1/realtime{query}"
        socket = await stack.enter_async_context(connect(address, compression=None, max_size=None))
        created = json.loads(await socket.recv())
        return cls(socket, created["session"]["id"])

    async def told(self, kind: str, **event: Any) -> dict[str, Any]:
        """Send an event, and return the first of a kind that follows."""
        await self.send(**event)
        return await self.until(kind)

    async def send(self, **event: Any) -> None:
        """Send an event."""
        await self.socket.send(json.dumps(event))

    async def until(self, kind: str) -> dict[str, Any]:
        """Return the next event of a kind."""
        while (said := json.loads(await self.socket.recv()))["type"] != kind:
            assert said["type"] != "error", said
        return dict(said)

    async def speak(self) -> None:
        """Have the text spoken to its end, and another one written before that."""
        stream = {"input": [_written(_TEXT)], "parlando": {"text_stream": True}}  # it ends when we say so
        await self.send(type="response.create", response=stream)
        await self.told("response.content_part.added", type="parlando.text.flush")
        item = _written(_NEXT)
        added = await self.told("conversation.item.added", type="conversation.item.create", item=item)
        self.waiting, self.item = added["item"]["id"], added["previous_item_id"]
        done = (await self.told("response.done", type="parlando.text.end"))["response"]
        assert (done["status"], done["output"][0]["id"]) == ("completed", self.item)

    async def speak_what_waits(self) -> None:
        """Have the other text spoken: it stands where it stood, and nobody has forgotten that it waits."""
        added = await self.told("conversation.item.added", type="response.create")
        assert added["previous_item_id"] == self.waiting
        done = (await self.until("response.done"))["response"]
        assert (done["status"], done["output"][0]["content"][0]["transcript"]) == ("completed", _NEXT)

    async def lives(self) -> bool:
        """Return whether it was not torn off."""
        try:
            await self.told("session.updated", type="session.update", session={"type": "realtime"})
        except ConnectionClosedError:
            return False
        return True


async def _until_kept(session: str, begun: list[_Conversation]) -> None:
    """Return once the session service has what was spoken: it is told behind the conversation's back."""
    give_up = time.monotonic() + PATIENCE
    async with grpc.aio.insecure_channel(session) as channel:
        stub = SessionServiceStub(channel)
        for each in begun:
            request = session_pb2.ListTurnsRequest(session_id=each.session)
            while session_pb2.TURN_STATUS_COMPLETED not in {
                turn.status for turn in (await stub.ListTurns(request)).turns if turn.id == each.item
            }:
                assert time.monotonic() < give_up
                await asyncio.sleep(0.05)


def _until_both_serve(through: Through) -> None:
    """Return once Envoy knows of both edges that they serve: a system is up with the first of them."""
    give_up = time.monotonic() + PATIENCE
    while through.gauge("cluster.edge.membership_healthy") != 2:
        assert time.monotonic() < give_up
        time.sleep(0.05)


def _kill(mark: Mark, module: str, port: int) -> None:
    """Kill the edge of a port; the supervisor starts it again, later than what follows here."""
    named = [each for each in mark.processes() if each.cmdline()[1:3] == ["-m", module]]
    assert len(named) == 2
    (edge,) = [each for each in named if each.environ()["EDGE_PORT"] == str(port)]
    edge.kill()
    edge.wait()


@pytest.mark.parametrize(("module", "together"), [("parlando_edge", ""), ("parlando_together", "1")])
async def test_an_edge_is_killed_and_the_other_goes_on_with_its_sessions(
    tmp_path: Path, ports: dict[str, int], module: str, together: str
) -> None:
    settings = {f"{name.upper()}_PORT": str(port) for name, port in ports.items()}
    settings |= {"EDGES": "2", "TOGETHER": together, "SCRIPTED_RATE": "20"}
    async with AsyncExitStack() as stack:
        with (tmp_path / "log").open("wb") as log, running_up(settings, log) as mark:
            through = Through(mark, ports)
            _until_both_serve(through)
            begun = [await _Conversation.begun(through, stack) for _ in range(_SESSIONS)]
            for each in begun:
                await each.speak()
            await _until_kept(f"127.0.0.1:{ports['session']}", begun)
            _kill(mark, module, ports["edge"])
            resumed = 0
            for each in begun:
                if await each.lives():
                    await each.speak_what_waits()
                    continue
                again = await _Conversation.begun(through, stack, f"?session={each.session}")
                assert again.session == each.session
                found = await again.told(
                    "conversation.item.retrieved", type="conversation.item.retrieve", item_id=each.item
                )
                assert found["item"]["content"][0]["transcript"] == _TEXT
                again.waiting = each.waiting
                await again.speak_what_waits()
                resumed += 1
            assert 0 < resumed < _SESSIONS
            answer = through.post("/v1/audio/speech", {"input": _TEXT, "response_format": "pcm"})
            assert answer.status_code == 200

"""What a Realtime client finds again when it comes back."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from load.plan import Conduct, Order, Road
from websockets.asyncio.server import ServerConnection, serve

from tests.chaos.calls import Call
from tests.chaos.conversation import Conversation

_TEXT = "Hello."


class _Service:
    """A Realtime service with one session, which forgets what it is told to."""

    def __init__(self, *forgets: str) -> None:
        self._forgets = forgets
        self._output: dict[str, Any] = {}

    async def __call__(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        if "?session=" in socket.request.path and "settings" in self._forgets:
            self._output = {}
        await self._say(socket, "session.created", session=self._session())
        async for message in socket:
            event = json.loads(message)
            match event["type"]:
                case "session.update":
                    self._output = event["session"]["audio"]["output"]
                    await self._say(socket, "session.updated", session=self._session())
                case "response.create":
                    item = {"id": "item_1", "content": [{"transcript": _TEXT}]}
                    response = {"status": "completed", "output": [item]}
                    await self._say(socket, "response.output_audio_transcript.delta", delta=_TEXT)
                    await self._say(socket, "response.done", response=response)
                case "conversation.item.retrieve":
                    transcript = "" if "turn" in self._forgets else _TEXT
                    item = {"content": [{"transcript": transcript}]}
                    await self._say(socket, "conversation.item.retrieved", item=item)

    def _session(self) -> dict[str, Any]:
        return {"id": "sess_1", "audio": {"output": self._output}}

    async def _say(self, socket: ServerConnection, kind: str, **fields: Any) -> None:
        await socket.send(json.dumps({"type": kind, **fields}))


@pytest.mark.parametrize(
    ("forgets", "found"),
    [((), []), (("settings",), ["settings"]), (("turn",), ["turn item_1"])],
)
async def test_what_was_forgotten_is_told(forgets: tuple[str, ...], found: list[str]) -> None:
    async with serve(_Service(*forgets), "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        conversation = Conversation(f"127.0.0.1:{port}")
        call = Call(Order(1, 0.0, Road.REALTIME, Conduct.LISTEN, _TEXT, ""), 0.0)
        await conversation.speak(call)
        assert await conversation.forgotten(float("inf")) == found
        assert await conversation.forgotten(0.0) == []  # of one that began later nothing is promised
        await conversation.hang_up()


async def test_a_lost_connection_is_counted_and_one_that_was_hung_up_is_not() -> None:
    opened: asyncio.Queue[ServerConnection] = asyncio.Queue()
    service = _Service()

    async def kept(socket: ServerConnection) -> None:
        opened.put_nowait(socket)
        await service(socket)

    async with serve(kept, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        conversation = Conversation(f"127.0.0.1:{port}")
        first = await conversation.socket()
        await conversation.hang_up()
        second = await conversation.socket()
        assert (first is not second, conversation.returns) == (True, 0)
        await opened.get()
        (await opened.get()).transport.abort()
        await second.wait_closed()
        assert await conversation.socket() is not second
        assert conversation.returns == 1
        await conversation.hang_up()

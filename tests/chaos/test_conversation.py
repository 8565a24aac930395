"""What a Realtime client hears, and what it finds again when it comes back."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

import pytest
from load.plan import Conduct, Order, Road
from websockets.asyncio.server import ServerConnection, serve

from tests.chaos.callers import calling
from tests.chaos.calls import Call
from tests.chaos.conversation import Conversation

_TEXT = "Hello there."
_WORDS = ((0, 5), (6, 11))


class _Service:
    """A Realtime service with one session, which forgets what it is told to.

    Args:
        forgets: what.
        tells: words whose times it tells.
        fails: the code of the error that it ends with then; "": it ends well.
    """

    def __init__(self, *forgets: str, tells: Sequence[tuple[int, int]] = _WORDS, fails: str = "") -> None:
        self._forgets = forgets
        self._tells = tells
        self._fails = fails
        self.output: dict[str, Any] = {}

    async def __call__(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        if "?session=" in socket.request.path and "settings" in self._forgets:
            self.output = {}
        await self._say(socket, "session.created", session=self._session())
        async for message in socket:
            event = json.loads(message)
            match event["type"]:
                case "session.update":
                    self.output = event["session"]["audio"]["output"]
                    await self._say(socket, "session.updated", session=self._session())
                case "response.create":
                    item = {"id": "item_1", "content": [{"transcript": _TEXT}]}
                    response = {"status": "completed", "output": [item]}
                    await self._say(socket, "response.output_audio_transcript.delta", delta=_TEXT)
                    for start, end in self._tells:
                        span = {"source_start": start, "source_end": end}
                        await self._say(socket, "response.audio_timestamp.delta", **span)
                    if self._fails:
                        await self._say(socket, "error", error={"code": self._fails})
                    await self._say(socket, "response.done", response=response)
                case "conversation.item.retrieve":
                    transcript = "" if "turn" in self._forgets else _TEXT
                    item = {"content": [{"transcript": transcript}]}
                    await self._say(socket, "conversation.item.retrieved", item=item)

    def _session(self) -> dict[str, Any]:
        return {"id": "sess_1", "audio": {"output": self.output}}

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
        assert [each.what for each in await conversation.forgotten(float("inf"))] == found
        assert await conversation.forgotten(0.0) == []  # of one that began later nothing is promised
        await conversation.hang_up()


@pytest.mark.parametrize(
    ("tells", "fails", "wrong"),
    [
        (_WORDS, "", 0),
        (_WORDS[:1], "", 1),
        ((*_WORDS, _WORDS[1]), "", 1),
        (_WORDS[::-1], "", 1),
        (_WORDS[:1], "engine_failed", 0),
        ((), "engine_failed", 0),
        (_WORDS[1:], "engine_failed", 1),
        ((_WORDS[0], _WORDS[0]), "engine_failed", 1),
    ],
)
async def test_every_word_is_told_once_whatever_the_transcript_says(
    tells: Sequence[tuple[int, int]], fails: str, wrong: int
) -> None:
    async with serve(_Service(tells=tells, fails=fails), "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        order = Order(1, 0.0, Road.REALTIME, Conduct.LISTEN, _TEXT, "")
        async with calling(f"127.0.0.1:{port}", {}) as callers:
            call = await callers.one(order, time.monotonic())
    assert (call.status, bool(call.wrong)) == (fails or "completed", bool(wrong))


async def test_a_client_whose_settings_were_forgotten_sets_them_again() -> None:
    service = _Service("settings")
    async with serve(service, "127.0.0.1", 0) as server:
        conversation = Conversation(f"127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}")
        await conversation.socket()
        assert [each.what for each in await conversation.forgotten(float("inf"))] == ["settings"]
        assert service.output
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

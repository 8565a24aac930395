"""A dialogue that thinks while it speaks, over a real WebSocket and the real wire to a router."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from parlando_edge.dialogue import Prompt
from parlando_kit.errors import ParlandoError, Reason
from tests.component.edge.serving import serving, until_idle
from tests.component.edge.test_realtime import say, until


class Words:
    """Says what it is asked word by word, each when it is let; what it is asked decides how it ends.

    Attributes:
        more: a word may follow.
        left: answers that were begun, less those whose end has come.
    """

    def __init__(self) -> None:
        self.more = asyncio.Semaphore(0)
        self.leaving = asyncio.Event()
        self.left = 0

    async def answer(self, prompt: Prompt) -> AsyncGenerator[str, None]:
        """Yield words; take a while to leave, as one does who has a connection to close."""
        self.left += 1
        try:
            for word in prompt.messages()[-1].text.split():
                await self.more.acquire()
                if word == "break":
                    raise ParlandoError(Reason.TOO_LATE, "it took too long")
                yield f"{word} "
        finally:
            await self.leaving.wait()
            self.left -= 1


async def test_its_words_reach_the_router_as_they_come() -> None:
    dialogue = Words()
    dialogue.leaving.set()
    async with serving(dialogue=dialogue) as edge, edge.websocket() as socket:
        await until(socket, "session.created")
        await say(socket, "Hello big world.")
        await until(socket, "response.created")
        assert edge.router.texts == []
        for _ in range(3):
            dialogue.more.release()
        events = await until(socket, "response.done")
        assert events[-1]["response"]["status"] == "completed"
        assert edge.router.texts == ["Hello big world. "]
        assert dialogue.left == 0
    await until_idle(edge)


async def test_a_cancel_stops_it_and_waits_for_it() -> None:
    dialogue = Words()
    async with serving(dialogue=dialogue) as edge, edge.websocket() as socket:
        await until(socket, "session.created")
        await say(socket, "Hello big world.")
        dialogue.more.release()
        await until(socket, "response.created")
        await socket.send('{"type": "response.cancel"}')
        events = await until(socket, "response.done")  # told at once, whoever still has to leave
        assert events[-1]["response"]["status"] == "cancelled"
        assert dialogue.left == 1
        await socket.close()
        assert edge.gate.live == 1  # the connection waits for what it began
        dialogue.leaving.set()
        await until_idle(edge)
        assert dialogue.left == 0


async def test_one_that_breaks_off_stops_the_engines() -> None:
    dialogue = Words()
    dialogue.leaving.set()
    async with serving(dialogue=dialogue) as edge, edge.websocket() as socket:
        await until(socket, "session.created")
        await say(socket, "Hello break")
        for _ in range(2):
            dialogue.more.release()
        events = await until(socket, "response.done")
        assert events[-1]["response"]["status_details"]["error"]["code"] == "too_late"
        await edge.router.until_live(0)
        await say(socket, "Again.")
        dialogue.more.release()
        assert (await until(socket, "response.done"))[-1]["response"]["status"] == "completed"


async def test_a_client_that_leaves_takes_it_along() -> None:
    dialogue = Words()
    dialogue.leaving.set()
    async with serving(dialogue=dialogue) as edge, edge.websocket() as socket:
        await until(socket, "session.created")
        await say(socket, "Hello big world.")
        await until(socket, "response.created")
        await socket.close()
        await until_idle(edge)
        assert (dialogue.left, edge.router.texts) == (0, [])

"""The shell of a Realtime connection: what it asks of the router, and what it measures."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

import orjson
import pytest
from opentelemetry.trace import Span

from parlando_edge.barge_in.room import Room
from parlando_edge.catalogue import Catalogue
from parlando_edge.dialogue import Dialogue, Prompt, Verbatim
from parlando_edge.instruments import Instruments
from parlando_edge.ports import SpeechEvent, SpeechSettings
from parlando_edge.realtime.connection import RealtimeConnection
from parlando_edge.realtime.dialect import Today
from parlando_edge.realtime.keeper import SessionKeeper
from parlando_edge.realtime.lifetime import Lifetime
from parlando_edge.realtime.outgoing import Message
from parlando_edge.realtime.protocol import RealtimeProtocol
from parlando_edge.realtime.session import SessionConfig
from parlando_edge.session_ports import Turn, TurnStatus
from parlando_kit.clock import MonotonicClock
from parlando_kit.errors import ParlandoError, Reason
from tests.unit.edge.realtime import SPEECH, user_item
from tests.unit.edge.speakers import Recital, Reciter


class _Client:
    """The other end of the connection, without a wire."""

    def __init__(self) -> None:
        self._said: asyncio.Queue[str | None] = asyncio.Queue()
        self._heard: asyncio.Queue[str] = asyncio.Queue()

    def say(self, kind: str, **fields: Any) -> None:
        """Send an event."""
        self._said.put_nowait(orjson.dumps({"type": kind, **fields}).decode())

    def ask(self) -> None:
        """Ask for a response."""
        self.say("response.create", response={"input": [user_item()]})

    def leave(self) -> None:
        """Be gone."""
        self._said.put_nowait(None)

    async def until(self, kind: str) -> dict[str, Any]:
        """Return the next event of a kind."""
        while True:
            event: dict[str, Any] = orjson.loads(await self._heard.get())
            if event["type"] == kind:
                return event

    async def receive(self) -> str | None:
        """Return what was said."""
        return await self._said.get()

    async def send(self, text: str) -> None:
        """Hear it."""
        self._heard.put_nowait(text)

    async def close(self, code: int, reason: str) -> None:
        """Be told that it is over."""
        del code, reason
        self.leave()


class _Deaf(_Client):
    """One that takes nothing."""

    async def send(self, text: str) -> None:
        """Never be done with it."""
        del text
        await asyncio.Event().wait()


_REFUSED = "again"


@dataclass
class _Turns:
    """A session service that takes turns."""

    kept: asyncio.Queue[Turn] = field(default_factory=asyncio.Queue)

    async def keep_turn(self, _session_id: str, turn: Turn, _previous: str | None = None) -> None:
        self.kept.put_nowait(turn)


class _Thinking:
    """Has no word to say before it is let, and a second one never.

    Attributes:
        word: it may say one.
        failing: it may fail.
    """

    def __init__(self) -> None:
        self.word = asyncio.Event()
        self.failing = asyncio.Event()

    async def answer(self, prompt: Prompt) -> AsyncGenerator[str, None]:
        """Wait, say one, wait, and fail."""
        del prompt
        await self.word.wait()
        yield "Hello"
        await self.failing.wait()
        raise ParlandoError(Reason.TOO_LATE, "it took too long")


class _Interrupted:
    """Has a second piece that nobody takes.

    Attributes:
        second: it may say it.
        tasks: those in which it began, and ended.
    """

    def __init__(self) -> None:
        self.second = asyncio.Event()
        self.tasks: list[asyncio.Task[object] | None] = []

    async def answer(self, prompt: Prompt) -> AsyncGenerator[str, None]:
        """Say one, wait, and say another."""
        del prompt
        self.tasks.append(asyncio.current_task())
        try:
            yield "Hello"
            await self.second.wait()
            yield _REFUSED
        finally:
            self.tasks.append(asyncio.current_task())


class _Patient:
    """Has nothing to say, and a limit to how long it thinks."""

    async def answer(self, prompt: Prompt) -> AsyncGenerator[str, None]:
        """Think."""
        del prompt
        async with asyncio.timeout(None) as limit:
            limit.reschedule(asyncio.get_running_loop().time() + 60)
            await asyncio.Event().wait()
        yield "Hello"


class _Lasting(Recital):
    """An utterance that ends when it is stopped, and not before."""

    def __init__(self, events: Sequence[SpeechEvent]) -> None:
        super().__init__(events)
        self._stopped = asyncio.Event()

    def write(self, text: str) -> None:
        """Take all but one."""
        if text == _REFUSED:
            raise ParlandoError(Reason.OVERLOADED, "there is no room for more text")

    def cancel(self) -> None:
        """End."""
        self._stopped.set()

    async def __anext__(self) -> SpeechEvent:
        event = next(self._events, None)
        if event is None:
            await self._stopped.wait()
            raise StopAsyncIteration
        return event


class _LastingReciter(Reciter):
    """A speaker whose utterances last.

    Attributes:
        over: one has ended.
    """

    def __init__(self, *events: SpeechEvent) -> None:
        super().__init__(*events)
        self.over = asyncio.Event()

    @asynccontextmanager
    async def speak(self, settings: SpeechSettings) -> AsyncIterator[Recital]:
        """Say it, and last."""
        self.asked.append(("", settings))
        yield _Lasting(self.events)
        self.over.set()


class _Full(Reciter):
    """A speaker that refuses."""

    def speak(self, settings: SpeechSettings) -> NoReturn:
        """Refuse."""
        del settings
        raise ParlandoError(Reason.OVERLOADED, "there is no room")


class _Noting(Instruments):
    """Notes what was measured of cancels.

    Attributes:
        cancels: the figures' names, in order.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cancels: list[str] = []

    def last_byte(self, seconds: float, engine: str, span: Span) -> None:
        """Note it."""
        super().last_byte(seconds, engine, span)
        self.cancels.append("last byte")

    def engine_idle(self, seconds: float, engine: str, span: Span) -> None:
        """Note it."""
        super().engine_idle(seconds, engine, span)
        self.cancels.append("engine idle")


@asynccontextmanager
async def _connected(
    dialogue: Dialogue,
    speaker: Reciter,
    turns: _Turns,
    instruments: Instruments,
    client: _Client | None = None,
) -> AsyncIterator[_Client]:
    """Run a connection while the block lasts."""
    client, clock = client or _Client(), MonotonicClock()
    numbers = iter(range(1_000))
    keeper = SessionKeeper(turns, "s1", clock)  # type: ignore[arg-type]  # the rest of a store is not asked
    connection = RealtimeConnection(
        client,
        RealtimeProtocol(SessionConfig("s1"), Today(), lambda prefix: f"{prefix}_{next(numbers)}", dialogue),
        speaker=speaker,
        catalogue=Catalogue(speaker, clock),
        keeper=keeper,
        lifetime=Lifetime(clock, 3_600, 3_600),
        room=Room("loudness"),
        clock=clock,
        instruments=instruments,
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(keeper.run())
        running = group.create_task(connection.run(asyncio.Event()))
        yield client
        client.leave()
        await running
        keeper.close()


async def test_what_was_not_sent_to_a_client_that_left_is_given_back_at_once() -> None:
    def held() -> int:
        return sum(isinstance(each, Message) for each in gc.get_objects())

    gc.collect()
    gc.disable()  # it counts objects, and comes late to a few that are large
    try:
        dialogue, turns = _Thinking(), _Turns()
        dialogue.word.set()
        async with _connected(dialogue, Reciter(*SPEECH), turns, Instruments(), _Deaf()) as client:
            client.ask()
            await turns.kept.get()  # all has been said
            assert held() > 4
        assert held() <= 1  # the one that was on its way, in what the connection ended with
    finally:
        gc.enable()


async def test_a_refusal_is_let_go_once_it_is_told() -> None:
    def held() -> int:
        return sum(isinstance(each, ParlandoError) for each in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = held()
        async with _connected(Verbatim(), _Full(), _Turns(), Instruments()) as client:
            for _ in range(2):
                client.ask()
                done = await client.until("response.done")
                assert done["response"]["status_details"]["error"]["type"] == "rate_limit_error"
        assert held() == before
    finally:
        gc.enable()


@pytest.mark.parametrize("client", [_Client, _Deaf])
async def test_a_connection_is_let_go_with_its_client(client: type[_Client]) -> None:
    def held() -> int:
        return sum(isinstance(each, RealtimeConnection) for each in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before, turns = held(), _Turns()
        async with _connected(Verbatim(), Reciter(*SPEECH), turns, Instruments(), client()) as talking:
            talking.ask()
            await turns.kept.get()
            assert held() == before + 1
        assert held() == before
    finally:
        gc.enable()


async def test_what_is_stopped_before_its_first_word_is_not_asked_of_the_router() -> None:
    speaker, turns = Reciter(*SPEECH), _Turns()
    async with _connected(_Thinking(), speaker, turns, Instruments()) as client:
        client.ask()
        await client.until("response.created")
        client.say("response.cancel")
        done = await client.until("response.done")
        assert done["response"]["status"] == "cancelled"
        kept = await turns.kept.get()  # once nothing more is to come of it
        assert (kept.status, kept.text) == (TurnStatus.INTERRUPTED, "")
    assert speaker.asked == []


@pytest.mark.parametrize(
    ("fails", "status", "measured"),
    [(False, "cancelled", ["last byte", "engine idle"]), (True, "failed", [])],
)
async def test_a_cancel_is_measured_and_no_other_end_is_taken_for_one(
    *, fails: bool, status: str, measured: list[str]
) -> None:
    dialogue, speaker, instruments = _Thinking(), _LastingReciter(*SPEECH[:4]), _Noting()
    dialogue.word.set()
    async with _connected(dialogue, speaker, _Turns(), instruments) as client:
        client.ask()
        await client.until("response.output_audio.delta")
        if fails:
            dialogue.failing.set()
        else:
            client.say("response.cancel")
        assert (await client.until("response.done"))["response"]["status"] == status
        await speaker.over.wait()
    assert instruments.cancels == measured


async def test_an_answer_that_is_read_no_further_is_closed_where_it_was_read() -> None:
    dialogue, speaker = _Interrupted(), _LastingReciter(*SPEECH[:4])
    async with _connected(dialogue, speaker, _Turns(), Instruments()) as client:
        client.ask()
        await client.until("response.output_audio.delta")
        dialogue.second.set()
        assert (await client.until("response.done"))["response"]["status"] == "failed"
        await speaker.over.wait()
    began, ended = dialogue.tasks
    assert began is ended


@pytest.mark.parametrize(
    ("dialogue", "begun"), [(Verbatim, "response.output_audio.delta"), (_Patient, "response.created")]
)
@pytest.mark.parametrize("interrupted", [False, True])
async def test_a_response_is_let_go_where_its_client_leaves_before_its_end(
    dialogue: type[Dialogue], begun: str, *, interrupted: bool
) -> None:
    def held() -> int:
        return sum(isinstance(each, asyncio.Task | RealtimeConnection) for each in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = held()
        speaker = _LastingReciter(*SPEECH[:-1])
        async with _connected(dialogue(), speaker, _Turns(), Instruments()) as client:
            client.ask()
            await client.until(begun)
            if interrupted:
                client.say("response.cancel")
                await client.until("response.done")
        assert held() == before
    finally:
        gc.enable()

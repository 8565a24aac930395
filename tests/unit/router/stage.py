"""A stage for utterances: a fragmenter and workers that follow a script, and a caller, on virtual time.

All of them implement the router's ports; the protocol, the utterance and all below it are the real ones.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from parlando_kit.calls import CallsUnderWay
from parlando_kit.errors import ParlandoError
from parlando_kit.tasks import letting_go
from parlando_kit.waiting import WaitingRoom
from parlando_router import events
from parlando_router.budget_keeper import BudgetKeeper
from parlando_router.budgets import Budgets
from parlando_router.engines import Engines
from parlando_router.events import SpeechEvent
from parlando_router.instruments import Instruments
from parlando_router.policy import Policy
from parlando_router.ports import Worker
from parlando_router.request import OutputFormat, PlayoutMode, SpeechSettings
from parlando_router.routing import DEFAULT_POLICY
from parlando_router.speak_protocol import Cancel, Command, End, Flush, Message, Open, SpeakProtocol, Text
from parlando_router.utterance import Studio, Utterance
from tests.unit.router.cast import description, voice
from tests.unit.router.scripted_fragmenter import ScriptedFragmenter
from tests.unit.router.scripted_worker import RATE
from tests.unit.router.virtual_time import LoopClock


@dataclass(frozen=True)
class Sent:
    """An event as the caller got it."""

    at: float
    epoch: int
    event: SpeechEvent


@dataclass
class Call:
    """A Speak call under way. What it is told is in `sent`.

    Attributes:
        settings: of every opener that states none.
        reading: clear it, and the caller takes one message more and then none.
        broken: what a write raises, where one is to fail.
    """

    settings: SpeechSettings
    sent: list[Sent] = field(default_factory=list)
    reading: asyncio.Event = field(default_factory=asyncio.Event)
    broken: Exception | None = None

    def __post_init__(self) -> None:
        self.reading.set()
        self.calls = CallsUnderWay()
        self._inbox: asyncio.Queue[Message | None] = asyncio.Queue()
        self._arrived = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def begin(self, utterance: Utterance) -> None:
        """Let the utterance run."""
        self.task = asyncio.ensure_future(self._served(utterance))

    async def _served(self, utterance: Utterance) -> None:
        with letting_go(), self.calls.one():  # as the server's interceptor has it
            await utterance.run(self._commands())

    # What the caller says

    def say(
        self, epoch: int, said: Open | Text | Flush | Cancel | End | None, played: int | None = None
    ) -> None:
        """Send a message."""
        self._inbox.put_nowait(Message(epoch, said, played))

    def open(self, epoch: int, settings: SpeechSettings | None = None) -> None:
        """Open an epoch."""
        self.say(epoch, Open(settings or self.settings, ""))

    def text(self, epoch: int, text: str) -> None:
        """Send text."""
        self.say(epoch, Text(text))

    def flush(self, epoch: int, flush_id: int) -> None:
        """Ask for what there is."""
        self.say(epoch, Flush(flush_id))

    def cancel(self, epoch: int) -> None:
        """Cancel."""
        self.say(epoch, Cancel())

    def end(self) -> None:
        """Half-close."""
        self._inbox.put_nowait(None)

    @property
    def untaken(self) -> int:
        """Messages that wait to be read by the router."""
        return self._inbox.qsize()

    # What the caller waits for

    async def done(self) -> None:
        """Return once the call has ended, raising what it ended with."""
        assert self.task is not None
        await self.task

    async def refusal(self) -> ParlandoError:
        """Return the error the call ends with."""
        assert self.task is not None
        await asyncio.wait({self.task})
        error = self.task.exception()
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        assert isinstance(error, ParlandoError)
        return error

    async def until(self, happened: Callable[[], object]) -> None:
        """Return once `happened` is true; looked at whenever something arrives, and every millisecond."""
        began = LoopClock().now()
        while not happened():
            assert LoopClock().now() < began + 100, "it has not happened"
            self._arrived.clear()
            await asyncio.wait({asyncio.ensure_future(self._arrived.wait())}, timeout=0.001)
            self._arrived.set()

    # What the caller got

    def of(self, *kinds: type[SpeechEvent]) -> list[SpeechEvent]:
        """Return the events of some kinds, in order."""
        return [sent.event for sent in self.sent if isinstance(sent.event, kinds)]

    @property
    def frames(self) -> list[events.AudioSent]:
        """The audio, in order."""
        return [sent.event for sent in self.sent if isinstance(sent.event, events.AudioSent)]

    @property
    def pcm(self) -> bytes:
        """All audio, as one."""
        return b"".join(frame.data for frame in self.frames)

    @property
    def seconds(self) -> float:
        """Audio that arrived."""
        return len(self.pcm) / 2 / RATE

    @property
    def finished(self) -> events.Finished:
        """The last event."""
        last = self.sent[-1].event
        assert isinstance(last, events.Finished)
        return last

    # Inside

    async def _commands(self) -> AsyncIterator[Command]:
        protocol = SpeakProtocol()
        while (message := await self._inbox.get()) is not None:
            for command in protocol.receive(message):
                yield command
        for command in protocol.end():
            yield command

    async def take(self, batch: Sequence[tuple[int, SpeechEvent]]) -> None:
        """Take what the utterance sends."""
        if self.broken is not None:
            raise self.broken
        now = LoopClock().now()
        self.sent += [Sent(now, epoch, event) for epoch, event in batch]
        self._arrived.set()
        await self.reading.wait()


@dataclass
class Stage:
    """Workers by the name of their engine, the first being asked first; a fragmenter; and the calls.

    Attributes:
        keeper: of the budgets of sessions.
        prices: by engine, of a character, in billionths of a dollar; 0 where none is stated.
        policy: what routes the calls, and may set other prices.
    """

    workers: dict[str, Worker] = field(default_factory=dict)
    fragmenter: ScriptedFragmenter = field(default_factory=ScriptedFragmenter)
    most_waiting: int = 1_000
    keeper: BudgetKeeper | None = None
    prices: Mapping[str, float] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)

    def __post_init__(self) -> None:
        self.engines = Engines(LoopClock())
        self.engines.take_policies({DEFAULT_POLICY: self.policy})
        for engine, worker in self.workers.items():
            self.engines.add(engine, worker)
            about = description(engine, price_nanos=self.prices.get(engine, 0.0))
            self.engines.answered(engine, about, (voice("alto"), voice("tenor", "fr")))
        self.budgets = Budgets(self.keeper, LoopClock())
        self.studio = Studio(
            self.fragmenter,
            self.engines,
            LoopClock(),
            Instruments(),
            WaitingRoom(self.most_waiting, LoopClock()),
            self.budgets,
        )

    def speak(self, settings: SpeechSettings | None = None, mode: PlayoutMode = PlayoutMode.UNPACED) -> Call:
        """Begin a call; its first opener is still to be sent."""
        settings = settings or SpeechSettings()
        settings = replace(settings, output=OutputFormat(sample_rate_hz=RATE))
        call = Call(settings)
        call.begin(Utterance(settings, mode, self.studio, call.take))
        return call


TEXT = "Orange lamp stands here. Seven green steps down! There, stone knows?"


def spoken(
    stage: Stage, text: str = TEXT, mode: PlayoutMode = PlayoutMode.UNPACED, *, engine: str = ""
) -> Call:
    """Return a call that has been given a whole text."""
    call = stage.speak(SpeechSettings(engine=engine), mode=mode)
    call.open(1)
    call.text(1, text)
    call.end()
    return call


def changes(call: Call) -> list[events.EngineChanged]:
    """Return the changes of engines that a call was told of."""
    return [event for event in call.of(events.EngineChanged) if isinstance(event, events.EngineChanged)]

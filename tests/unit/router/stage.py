"""A stage for utterances: a fragmenter and workers that follow a script, and a caller, on virtual time.

All of them implement the router's ports; the protocol, the utterance and all below it are the real ones.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import SpokenWord, TimingQuality
from parlando_kit.spans import Piece, Span, SpanMap
from parlando_kit.waiting import WaitingRoom
from parlando_router import events
from parlando_router.budget_keeper import BudgetKeeper
from parlando_router.budgets import Budgets
from parlando_router.engines import Engines
from parlando_router.epoch import FRAGMENTER_SECONDS
from parlando_router.events import SpeechEvent
from parlando_router.instruments import Instruments
from parlando_router.loudness import louder
from parlando_router.policy import Policy
from parlando_router.ports import (
    Cost,
    FlushDone,
    Fragment,
    FragmentConfig,
    Pronunciation,
    StopOutcome,
    StopResult,
    SynthesisAudio,
    SynthesisEvent,
    SynthesisFinished,
    SynthesisRequest,
    SynthesisStarted,
    SynthesisWords,
    TextKind,
    Worker,
)
from parlando_router.request import OutputFormat, PlayoutMode, SpeechSettings
from parlando_router.routing import DEFAULT_POLICY
from parlando_router.speak_protocol import Cancel, Command, End, Flush, Message, Open, SpeakProtocol, Text
from parlando_router.utterance import Studio, Utterance
from parlando_scripted.score import chunks
from parlando_scripted.script import Script
from tests.unit.router.cast import description, voice
from tests.unit.router.virtual_time import LoopClock

RATE = 8_000
"""Output rate of every call, and the workers' own where a test does not say."""


# The fragmenter


class ScriptedFragmenter:
    """Cuts text behind every full stop, exclamation and question mark.

    Args:
        pause: seconds after each fragment.
        delay: seconds before each fragment comes out.
        failure: what reading raises, once `fail_after` fragments of a stream have come out.
        back_after: seconds after its first failure from which on nothing fails any more.
        language: of every fragment.
        hanging: how many streams, the first, stay open and say nothing more after `fail_after` fragments.
        deaf: those take no text either.
    """

    def __init__(
        self,
        *,
        pause: float = 0.1,
        delay: float = 0.0,
        failure: ParlandoError | None = None,
        fail_after: int = 0,
        back_after: float = math.inf,
        language: str = "",
        hanging: int = 0,
        deaf: bool = False,
    ) -> None:
        self.pause = pause
        self.hanging = hanging
        self.deaf = deaf
        self.delay = delay
        self.failure = failure
        self.fail_after = fail_after
        self.back_after = back_after
        self.failed_at: float | None = None
        self.language = language
        self.streams: list[ScriptedFragments] = []

    async def open(self, config: FragmentConfig) -> ScriptedFragments:
        """Begin an epoch."""
        stream = ScriptedFragments(self, config)
        self.streams.append(stream)
        return stream

    async def cut(
        self, config: FragmentConfig, text: str, *, audio_queued: float = 0.0, real_time_factor: float = 0.0
    ) -> list[Fragment]:
        """Return the fragments of a text that is all there."""
        stream = await self.open(config)
        stream.at_once = True
        try:
            if real_time_factor:
                await stream.send_hint(audio_queued, real_time_factor)
            await stream.send_text(text)
            await stream.send_end()
            async with asyncio.timeout(FRAGMENTER_SECONDS):
                return await stream.rest()
        except TimeoutError:
            raise ParlandoError(Reason.DEPENDENCY_UNAVAILABLE, "too late", retry_after=1.0) from None
        finally:
            stream.close()

    def fail(self, given: int) -> None:
        """Raise the failure where a stream that has given so many fragments is to fail now."""
        if self.failure is None or given < self.fail_after:
            return
        now = asyncio.get_running_loop().time()
        if self.failed_at is None:
            self.failed_at = now
        elif now - self.failed_at > self.back_after:
            return
        raise self.failure


class ScriptedFragments:
    """One epoch's text."""

    def __init__(self, script: ScriptedFragmenter, config: FragmentConfig) -> None:
        self.config = config
        self.closed = False
        self.at_once = False
        self.opened = asyncio.get_running_loop().time()
        self.hints: list[tuple[float, float]] = []
        self._script = script
        self._at = config.source_offset
        self._text = ""
        self._out: asyncio.Queue[Fragment | FlushDone | ParlandoError | None] = asyncio.Queue()
        self._given = 0
        self._hangs = len(script.streams) < script.hanging

    async def send_text(self, text: str) -> None:
        """Append text."""
        if self._hangs and self._script.deaf:
            await asyncio.Event().wait()
        for character in text:
            self._text += character
            if character in ".!?":
                self._cut()

    async def send_hint(self, audio_queued: float, real_time_factor: float) -> None:
        """Note a hint."""
        self.hints.append((audio_queued, real_time_factor))

    async def send_flush(self, flush_id: int) -> None:
        """Give out everything there is."""
        self._cut()
        self._out.put_nowait(FlushDone(flush_id))

    async def send_end(self) -> None:
        """Give out the rest, and end."""
        self._cut()
        self._out.put_nowait(None)

    async def next(self) -> Fragment | FlushDone | None:
        """Return what comes next."""
        self._script.fail(self._given)
        if self._hangs and self._given >= self._script.fail_after:
            await asyncio.Event().wait()
        item = await self._out.get()
        if isinstance(item, ParlandoError):
            raise item
        if isinstance(item, Fragment):
            await asyncio.sleep(self._script.delay)
            self._given += 1
        return item

    async def rest(self) -> list[Fragment]:
        """Return all fragments that come."""
        fragments: list[Fragment] = []
        while isinstance(item := await self.next(), Fragment):
            fragments.append(item)
        return fragments

    def lose(self, failure: ParlandoError) -> None:
        """Fail behind all that has come."""
        self._out.put_nowait(failure)

    def close(self) -> None:
        """Note that nobody reads any more."""
        self.closed = True

    def _cut(self) -> None:
        text, self._text = self._text, ""
        if not text:
            return
        source = Span(self._at, self._at + len(text))
        self._at = source.end
        spoken = text.strip() if any(character.isalnum() for character in text) else ""
        lead = len(text) - len(text.lstrip()) if spoken else len(text)
        fragment = Fragment(
            source=source,
            spoken_text=spoken,
            text_kind=TextKind.PLAIN,
            text_map=SpanMap(_pieces(source, lead, len(spoken))),
            pause_after=self._script.pause,
            ends_sentence=text.rstrip()[-1:] in set(".!?"),
            language=self._script.language,
        )
        self._out.put_nowait(fragment)


def _pieces(source: Span, lead: int, length: int) -> Iterator[Piece]:
    begin, end = source.start + lead, source.start + lead + length
    yield Piece(Span(source.start, begin), Span(0, 0), verbatim=False)
    yield Piece(Span(begin, end), Span(0, length), verbatim=True)
    yield Piece(Span(end, source.end), Span(length, length), verbatim=False)


# The workers


@dataclass(frozen=True)
class Play:
    """How a synthesis goes; times in seconds.

    Attributes:
        character: audio of a character of a word; `GAP_MS` of silence follow every word.
        chunk: audio a message.
        first: time before anything is said.
        factor: time the engine takes per second of audio.
        refusal: what it answers at once.
        fail_after: audio after which it fails, with `failure`.
        hang_after: audio after which it stands still.
        finishes: False to end without finishing.
        silent: True to make no audio.
        fails_at_end: what comes behind the end.
        starts: False to leave out the start.
        odd: True to lose the last byte of every message.
        disorder: True to time words backwards.
        late_words: True to time them after all audio.
        stop_time: time from a stop until the engine is idle.
        gain_db: how much louder than others it speaks.
        stop_outcome: how a stop of it ends.
        unread: seconds of audio that it had made by then and nobody read.
        price: of a character, in billionths of a dollar.
    """

    rate: int = RATE
    quality: TimingQuality = TimingQuality.EXACT
    voice: str = "alto"
    character: float = 0.02
    chunk: float = 0.04
    first: float = 0.0
    factor: float = 0.0
    refusal: ParlandoError | None = None
    fail_after: float | None = None
    failure: ParlandoError | None = None
    hang_after: float | None = None
    finishes: bool = True
    silent: bool = False
    fails_at_end: ParlandoError | None = None
    starts: bool = True
    odd: bool = False
    disorder: bool = False
    late_words: bool = False
    stop_time: float = 0.0
    gain_db: float = 0.0
    stop_outcome: StopOutcome = StopOutcome.STOPPED
    unread: float = 0.02
    price: float = 0.0

    def sound(self, text: str) -> Iterator[tuple[bytes, tuple[SpokenWord, ...]]]:
        """Yield the audio of a text, and the words that end in it."""
        script = Script(character_ms=self.character * 1_000, chunk_ms=self.chunk * 1_000)
        for pcm, words in chunks(text, script, 1.0, self.rate):
            yield pcm, tuple(replace(word, quality=self.quality) for word in words)


Direction = Callable[[SynthesisRequest, int], Play]
"""Returns how a synthesis goes, given its request and how many came before it."""


class ScriptedWorker:
    """A worker whose syntheses follow a script.

    Attributes:
        requests: all it was asked for, in order.
        live: ids of the syntheses its engine is busy with.
        stops: ids it was asked to stop, in order.
        abandoned: ids that were given up, in order.
        finished: how many syntheses it completed.
        idle_at: when the last one that was stopped had ended.
    """

    def __init__(self, direction: Play | Direction | None = None) -> None:
        play = direction or Play()
        self._direction: Direction = (lambda _request, _number: play) if isinstance(play, Play) else play
        self.requests: list[SynthesisRequest] = []
        self.live: set[str] = set()
        self.stops: list[str] = []
        self.abandoned: list[str] = []
        self.finished = 0
        self.idle_at = -math.inf

    def synthesize(self, request: SynthesisRequest) -> ScriptedSynthesis:
        """Begin a synthesis."""
        play = self._direction(request, len(self.requests))
        self.requests.append(request)
        self.live.add(request.synthesis_id)
        return ScriptedSynthesis(self, request, play)

    async def phonemize(self, text: str, voice: str, language: str) -> Pronunciation:
        """Refuse: no script tells how a text is pronounced."""
        raise AssertionError(f"{len(text)} code points in {language} were to be pronounced by {voice}")


class ScriptedSynthesis:
    """One synthesis under way."""

    def __init__(self, worker: ScriptedWorker, request: SynthesisRequest, play: Play) -> None:
        self._worker = worker
        self._id = request.synthesis_id
        self._play = play
        self._samples = 0
        self._lost = False
        self._abandoned = asyncio.Event()
        self._steps = self._score(request.text)

    async def next(self) -> SynthesisEvent | None:
        """Return what comes next."""
        step = next(self._steps, None)
        while isinstance(step, float):
            with suppress(TimeoutError):
                async with asyncio.timeout(step):
                    await self._abandoned.wait()
                raise ParlandoError(Reason.ENGINE_FAILED, "it was abandoned")
            step = next(self._steps, None)
        if isinstance(step, ParlandoError):
            self._worker.live.discard(self._id)
            self._lost = step.reason is Reason.DEPENDENCY_UNAVAILABLE
            raise step
        if step is None or isinstance(step, SynthesisFinished):
            self._worker.live.discard(self._id)
            self._worker.finished += step is not None
        if isinstance(step, SynthesisAudio):
            self._samples += len(step.pcm) // 2
        return step

    async def stop(self) -> StopResult:
        """End it."""
        self._worker.stops.append(self._id)
        if self._lost:
            return StopResult(StopOutcome.WORKER_LOST)
        if self._id not in self._worker.live:
            return StopResult(StopOutcome.ALREADY_FINISHED, self._samples)
        await asyncio.sleep(self._play.stop_time)
        self._worker.live.discard(self._id)
        self._worker.idle_at = LoopClock().now()
        if self._play.stop_outcome is StopOutcome.WORKER_LOST:
            return StopResult(StopOutcome.WORKER_LOST)
        made = self._samples + round(self._play.unread * self._play.rate)
        return StopResult(self._play.stop_outcome, made, self._play.stop_time)

    def abandon(self) -> None:
        """End it, unasked for an answer."""
        self._abandoned.set()
        self._worker.live.discard(self._id)
        self._worker.abandoned.append(self._id)

    def _score(self, text: str) -> Iterator[SynthesisEvent | float | ParlandoError]:
        play = self._play
        if play.refusal is not None:
            yield play.refusal
        if play.starts:
            yield SynthesisStarted(play.voice, play.rate, play.quality, ())
        yield play.first
        made = 0.0
        words: list[SpokenWord] = []
        for pcm, timed in () if play.silent else play.sound(text):
            if play.fail_after is not None and made >= play.fail_after and play.failure is not None:
                yield play.failure
            if play.hang_after is not None and made >= play.hang_after:
                yield 1e9
            seconds = len(pcm) / 2 / play.rate
            yield seconds * play.factor
            made += seconds
            words += timed
            if words and not play.late_words and len(words) > play.disorder:
                yield SynthesisWords(tuple(reversed(words) if play.disorder else words))
                words.clear()
            loud = louder(pcm, play.gain_db)
            yield SynthesisAudio(loud[:-1] if play.odd else loud)
        if words:
            yield SynthesisWords(tuple(words))
        if play.finishes:
            cost = Cost("USD", round(play.price * len(text))) if play.price else None
            yield SynthesisFinished(made * play.factor, len(text), cost)
        if play.fails_at_end is not None:
            yield play.fails_at_end


# The caller


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
        self._inbox: asyncio.Queue[Message | None] = asyncio.Queue()
        self._arrived = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def begin(self, utterance: Utterance) -> None:
        """Let the utterance run."""
        self.task = asyncio.ensure_future(utterance.run(self._commands()))

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

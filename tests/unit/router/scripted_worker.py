"""Workers whose syntheses follow a script, on virtual time."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import SpokenWord, TimingQuality
from parlando_router.loudness import louder
from parlando_router.ports import (
    Cost,
    Pronunciation,
    StopOutcome,
    StopResult,
    SynthesisAudio,
    SynthesisEvent,
    SynthesisFinished,
    SynthesisRequest,
    SynthesisStarted,
    SynthesisWords,
)
from parlando_scripted.score import chunks
from parlando_scripted.script import Script
from tests.unit.router.virtual_time import LoopClock

RATE = 8_000
"""Output rate of every call, and the workers' own where a test does not say."""


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


def once(play: Play) -> ScriptedWorker:
    """Return a worker whose first synthesis goes badly, and no other."""
    return ScriptedWorker(lambda _, number: play if number == 0 else Play())

"""One epoch of an utterance: its text to fragments, its fragments to syntheses, one after another."""

from __future__ import annotations

import asyncio
import math
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import SpokenWord
from parlando_kit.queues import BoundedQueue, QueueClosed
from parlando_kit.tasks import finish
from parlando_router.engines import Candidate, Engines
from parlando_router.events import EngineChanged, Flushed, Started
from parlando_router.playout import Playout
from parlando_router.ports import (
    FlushDone,
    Fragment,
    FragmentConfig,
    Fragmenter,
    FragmentStream,
    StopOutcome,
    StopResult,
    SynthesisAudio,
    SynthesisFinished,
    SynthesisRequest,
    SynthesisStarted,
    SynthesisWords,
)
from parlando_router.request import SpeechSettings
from parlando_router.speak_protocol import Append, FlushEpoch
from parlando_router.tally import Speaker, Tally
from parlando_router.track import Put, Track

SETTLE_SECONDS = 0.030
"""How long the end of a fragment waits for the next one to be joined to, before it is given out alone."""

_RETRY = {
    Reason.DEPENDENCY_UNAVAILABLE,
    Reason.DRAINING,
    Reason.NO_ENGINE_AVAILABLE,
    Reason.OVERLOADED,
    Reason.ENGINE_FAILED,
}
"""Failures that another worker may not have."""


@dataclass(frozen=True, slots=True)
class Line:
    """What the epochs of one utterance share.

    Attributes:
        seconds_left: returns how long the caller's deadline leaves; infinite without one.
    """

    fragmenter: Fragmenter
    engines: Engines
    track: Track
    playout: Playout
    tally: Tally
    put: Put
    seconds_left: Callable[[], float] = lambda: math.inf


@dataclass(slots=True)
class _Reading:
    """How far a synthesis was read. Words wait for the sound they come with."""

    started: SynthesisStarted | None = None
    words: tuple[SpokenWord, ...] = ()
    samples: int = 0
    finished: bool = False

    @property
    def rate(self) -> int:
        return self.started.sample_rate_hz if self.started is not None else 0

    @property
    def seconds(self) -> float:
        return self.samples / self.rate if self.rate else 0.0


@dataclass(frozen=True, slots=True)
class _Hint:
    """How playback stands, for the fragmenter; see `FragmentStream.send_hint`."""

    audio_queued: float
    real_time_factor: float


class Epoch:
    """Speaks the text appended to it, in order, until it ends or its task is cancelled.

    When `run` is cancelled, the synthesis under way is stopped, and confirmed stopped, before it returns;
    then `stopped` is what the worker said of it, `unread_seconds` the audio it had made that nobody read,
    and `received` the fragments it had been given.

    Args:
        number: the epoch's number.
        settings: how to speak.
        source_offset: offset of its first code point in the utterance.
        line: what it shares with the utterance's other epochs.
    """

    def __init__(self, number: int, settings: SpeechSettings, source_offset: int, line: Line) -> None:
        self.number = number
        self.received = 0
        self.stopped = StopResult(StopOutcome.ALREADY_FINISHED)
        self.unread_seconds = 0.0
        self._settings = settings
        self._line = line
        self._config = FragmentConfig(
            source_offset=source_offset,
            language=settings.language,
            markup=settings.markup,
            schedule=settings.schedule,
            flush_after=settings.flush_after,
        )
        self._text: BoundedQueue[Append | FlushEpoch | _Hint] = BoundedQueue(
            unit="code points of text",
            high=200_000,
            low=100_000,
            cost=lambda item: len(item.text) if isinstance(item, Append) else 0,
        )
        self._previous_text = ""

    async def append(self, item: Append | FlushEpoch) -> None:
        """Take text or a flush; waits while far more text has arrived than was spoken."""
        await self._text.put(item)

    def end(self) -> None:
        """Take no more text. Idempotent."""
        self._text.close()

    async def run(self) -> None:
        """Speak until the text has ended and all of it is on the track.

        Raises:
            ParlandoError: what no engine could be found to make good.
        """
        # Names that nobody has are refused at once, before any text has come.
        self._line.engines.candidates(self._settings, self._settings.language)
        stream = await self._line.fragmenter.open(self._config)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._feed(stream))
                while (item := await self._next(stream)) is not None:
                    if isinstance(item, FlushDone):
                        self._line.track.settle()
                        self._line.put(self.number, Flushed(item.flush_id))
                    else:
                        await self._speak(item)
            self._line.track.settle()
        finally:
            stream.close()

    async def _feed(self, stream: FragmentStream) -> None:
        while True:
            try:
                item = await self._text.get()
            except QueueClosed:
                await stream.send_end()
                return
            match item:
                case Append(text):
                    await stream.send_text(text)
                case FlushEpoch(flush_id):
                    await stream.send_flush(flush_id)
                case _Hint(audio_queued, real_time_factor):
                    await stream.send_hint(audio_queued, real_time_factor)

    def _hint(self) -> None:
        """Tell the fragmenter how playback stands, behind the text that waits: one task sends."""
        with suppress(QueueClosed):  # no more text, and nothing to be told
            self._text.put_nowait(_Hint(self._line.playout.unheard(), self._line.tally.real_time_factor))

    async def _next(self, stream: FragmentStream) -> Fragment | FlushDone | None:
        """Return what the fragmenter gives; while it keeps us waiting, let out the end of the last one."""
        following = asyncio.ensure_future(stream.next())
        try:
            await asyncio.wait({following}, timeout=SETTLE_SECONDS)
            if not following.done():
                self._line.track.settle()
            return await following
        finally:
            following.cancel()

    async def _speak(self, fragment: Fragment) -> None:
        line = self._line
        if not fragment.spoken_text:
            line.track.skip(self.number, fragment, fragment.pause_after / self._settings.speed)
            return
        self.received += 1
        await line.playout.room()
        failure: ParlandoError | None = None
        language, candidates = self._candidates(fragment)
        for candidate in candidates:
            try:
                await self._synthesize(candidate, fragment, language, failure)
            except ParlandoError as error:
                if error.reason not in _RETRY:
                    raise
                line.engines.report_failure(candidate, error)
                if line.track.speaking:  # some of it may have been heard: it cannot be said again
                    raise
                failure = error
            else:
                self._previous_text = fragment.spoken_text
                self._hint()
                return
        if failure is not None:
            raise failure

    def _candidates(self, fragment: Fragment) -> tuple[str, list[Candidate]]:
        """Return the language to speak a fragment in, and who could, the best first.

        A language that was guessed, and that nobody speaks, is left to the voice.
        """
        language = fragment.language or self._settings.language
        try:
            return language, self._line.engines.candidates(self._settings, language)
        except ParlandoError as error:
            if error.reason is not Reason.LANGUAGE_NOT_FOUND or self._settings.language:
                raise
            return "", self._line.engines.candidates(self._settings, "")

    async def _synthesize(
        self, candidate: Candidate, fragment: Fragment, language: str, failure: ParlandoError | None
    ) -> None:
        """Have one worker speak the fragment, and put it on the track as it comes.

        Raises:
            ParlandoError: the worker failed; `track.speaking` tells whether the fragment had begun.
        """
        settings, line = self._settings, self._line
        request = SynthesisRequest(
            synthesis_id=uuid.uuid4().hex,
            text=fragment.spoken_text,
            text_kind=fragment.text_kind,
            voice=candidate.voice,
            language=language,
            speed=settings.speed,
            pitch_semitones=settings.pitch_semitones,
            volume_db=settings.volume_db,
            emotion=settings.emotion,
            emotion_intensity=settings.emotion_intensity,
            previous_text=self._previous_text,
            seed=settings.seed,
            audio_queued=line.playout.unheard(),
            engine_options=settings.engine_options,
            seconds_left=line.seconds_left(),
        )
        reading = _Reading()
        with candidate.engaged():
            synthesis = candidate.worker.synthesize(request)
            try:
                while (event := await synthesis.next()) is not None:
                    if isinstance(event, SynthesisStarted):
                        reading.started = event
                    elif isinstance(event, SynthesisWords):
                        reading.words += event.words
                    else:
                        if not line.track.speaking:
                            begun = reading.started or _broken("the engine spoke before it had started")
                            self._announce(candidate, begun, fragment, failure)
                            line.track.begin(self.number, fragment, begun, request.synthesis_id)
                        self._take(event, reading, fragment, candidate.engine)
                if not reading.finished:
                    _broken("the engine ended without finishing")
            except asyncio.CancelledError:
                self.stopped = await finish(synthesis.stop())
                unread = max(self.stopped.samples_made - reading.samples, 0)
                self.unread_seconds = unread / reading.rate if reading.rate else 0.0
                raise
            except BaseException:
                await finish(synthesis.stop())
                raise

    def _take(
        self,
        event: SynthesisAudio | SynthesisFinished,
        reading: _Reading,
        fragment: Fragment,
        engine: str,
    ) -> None:
        line = self._line
        line.track.words(reading.words)
        reading.words = ()
        if isinstance(event, SynthesisAudio):
            reading.samples += len(event.pcm) // 2
            line.track.audio(event.pcm)
        else:
            reading.finished = True
            line.track.end(fragment.pause_after / self._settings.speed)
            line.tally.add(engine, event, reading.seconds)

    def _announce(
        self,
        candidate: Candidate,
        started: SynthesisStarted,
        fragment: Fragment,
        failure: ParlandoError | None,
    ) -> None:
        """Tell the caller who speaks, when that is new."""
        line = self._line
        before, now = line.tally.speaker, Speaker(candidate.engine, started.voice, candidate.replica.address)
        line.tally.speaker = now
        if before is None:
            line.track.announce(self.number, Started(candidate.engine, started.voice, started.ignored))
        elif before.name != now.name or (failure is not None and before != now):
            changed = EngineChanged(
                engine=candidate.engine,
                voice=started.voice,
                first_sample=line.track.next_sample,
                source_offset=fragment.source.start,
                reason=failure.reason.value if failure is not None else "",
                seam_quality=started.timing_quality,
            )
            line.track.announce(self.number, changed)


def _broken(message: str) -> NoReturn:
    raise ParlandoError(Reason.ENGINE_FAILED, message)

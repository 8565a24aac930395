"""One fragment after another, each spoken by as many engines as it takes.

An engine that fails, stands still, says what cannot be, or is too slow for playback is left for the next
candidate, which goes on at the first word of which nothing may be sent: the ledger says which one that is.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NoReturn

from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_kit.spans import Span
from parlando_kit.tasks import finish
from parlando_router.alarm import Alarm
from parlando_router.engines import Candidate, Engines
from parlando_router.events import EngineChanged, Started
from parlando_router.patience import MOST_SECONDS
from parlando_router.playout import Playout
from parlando_router.ports import (
    Cost,
    Fragment,
    StopOutcome,
    StopResult,
    Synthesis,
    SynthesisAudio,
    SynthesisEvent,
    SynthesisFinished,
    SynthesisRequest,
    SynthesisStarted,
    SynthesisWords,
)
from parlando_router.remainder import Passage, remainder
from parlando_router.request import PlayoutMode, SpeechSettings
from parlando_router.tally import Speaker, Tally
from parlando_router.track import Track
from parlando_router.turn import Reading, Turn

RETRIED = frozenset(
    {
        Reason.DEPENDENCY_UNAVAILABLE,
        Reason.DRAINING,
        Reason.NO_ENGINE_AVAILABLE,
        Reason.OVERLOADED,
        Reason.ENGINE_FAILED,
        Reason.ENGINE_KEY_REFUSED,
        Reason.MODEL_NOT_FOUND,
        Reason.QUOTA_SPENT,
    }
)
"""Failures that another worker may not have."""

FULL_SECONDS = 0.25
"""How long to wait before an engine that was full is asked again, where it speaks already."""

LEAST_FULL_SECONDS = 0.5
"""How long that may go on even where the listener has no audio left: a voice that changes is worse."""

_CALMER = 4
_SLOW_AFTER_SECONDS = 1.0
_SLOW = 0.9
_RATES = range(8_000, 48_001)


@dataclass(frozen=True, slots=True)
class Stand:
    """What a speaker works with.

    Attributes:
        seconds_left: returns how long the caller's deadline leaves; infinite without one.
    """

    engines: Engines
    clock: Clock
    track: Track
    playout: Playout
    tally: Tally
    seconds_left: Callable[[], float]


class FragmentSpeaker:
    """Has the fragments of one epoch spoken.

    When `speak` is cancelled, the synthesis under way is stopped, and confirmed stopped, before it returns;
    then `stopped` is what the worker said of it, and `unread_seconds` the audio it had made that nobody read.

    Args:
        epoch: the epoch's number.
        settings: how to speak.
        stand: what it works with.
    """

    def __init__(self, epoch: int, settings: SpeechSettings, stand: Stand) -> None:
        self.stopped = StopResult(StopOutcome.ALREADY_FINISHED)
        self.unread_seconds = 0.0
        self._epoch = epoch
        self._settings = settings
        self._stand = stand
        self._previous_text = ""

    async def speak(self, fragment: Fragment) -> None:
        """Speak a fragment in which there is something to be said.

        Raises:
            ParlandoError: what nobody could make good. What may be sent of the fragment is on the track.
        """
        stand = self._stand
        turn = Turn(fragment, fragment.language or self._settings.language, Passage(fragment.spoken_text))
        while turn.passage.text:
            candidate = await self._next(turn)
            self._moved(turn, candidate)
            reading = Reading()
            try:
                await self._synthesize(candidate, turn, reading)
            except ParlandoError as error:
                self._break_off(turn, candidate)
                if error.reason not in RETRIED:
                    raise
                if not reading.mute:
                    stand.engines.report_failure(candidate, error, silent=reading.silent)
                turn.failed, turn.failure, turn.mute = candidate, error, reading.mute
                turn.tried.add(candidate.replica.address)
            else:
                stand.engines.report_success(candidate, reading.seconds)
                break
        else:
            stand.track.complete(fragment, turn.seam or TimingQuality.EXACT, self._pause(fragment))
        self._previous_text = fragment.spoken_text

    # Who is next

    async def _next(self, turn: Turn) -> Candidate:
        """Return who is to speak what is left.

        Raises:
            ParlandoError: nobody is left; it is the last failure, where there was one.
        """
        while True:
            found, error = self._found(turn)
            left = [each for each in found if each.replica.address not in turn.tried]
            if turn.failure is not None and turn.failure.reason is Reason.OVERLOADED:
                engaged = self._stand.tally.engaged.get(turn.language, "")
                changes = not left or left[0].engine != engaged
                if engaged and changes and await self._waited(turn, turn.failure):
                    continue
            if left:
                turn.alone = len(found) == 1
                return left[0]
            if not found or turn.again or (turn.failure or error).reason is Reason.OVERLOADED:
                raise turn.failure or error
            turn.again = True  # all have failed, and some live: they may only have been too slow for once
            turn.tried.clear()

    def _found(self, turn: Turn) -> tuple[list[Candidate], ParlandoError]:
        """Return who could speak, and the error that nobody can.

        A language that was guessed, and that nobody speaks, is left to the voice.
        """
        tally = self._stand.tally
        error = ParlandoError(Reason.NO_ENGINE_AVAILABLE, "every engine that could speak this has failed")
        while True:
            like, engaged = tally.voices.get(turn.language, ""), tally.engaged.get(turn.language, "")
            try:
                found = self._stand.engines.candidates(
                    self._settings, turn.language, like=like, engaged=engaged
                )
            except ParlandoError as refusal:
                guessed = turn.language and not self._settings.language
                if refusal.reason is Reason.LANGUAGE_NOT_FOUND and guessed:
                    turn.language = ""
                    continue
                return [], refusal
            return found, error

    async def _waited(self, turn: Turn, full: ParlandoError) -> bool:
        """Wait for an engine that speaks already and is full, while the listener has audio."""
        pause = min(full.retry_after or FULL_SECONDS, FULL_SECONDS)
        if turn.waited + pause > max(self._stand.playout.queued(), LEAST_FULL_SECONDS):
            return False
        turn.waited += pause
        turn.tried.clear()
        await self._stand.clock.sleep(pause)
        return True

    # What became of it

    def _moved(self, turn: Turn, candidate: Candidate) -> None:
        """Count it when a candidate takes over from one that failed."""
        failed, failure = turn.failed, turn.failure
        if failed is None or failure is None or failed.replica is candidate.replica:
            return
        self._stand.engines.statistics.left(failed.engine)
        if failed.engine != candidate.engine and not turn.mute:
            self._stand.engines.report_loss(failed, failure)

    def _break_off(self, turn: Turn, candidate: Candidate) -> None:
        """Keep what may be sent of a fragment that has begun, and see what is left of it."""
        stand = self._stand
        if not stand.track.speaking:
            return
        point = stand.track.break_off()
        turn.seam = point.quality
        stand.engines.statistics.seam(candidate.engine, point.quality)
        if point.spoken_offset > turn.passage.offset:
            # Those who failed at another place may do better at this one.
            turn.tried.clear()
            turn.again = False
        turn.passage = remainder(turn.fragment.spoken_text, turn.fragment.text_kind, point.spoken_offset)

    # One synthesis

    async def _synthesize(self, candidate: Candidate, turn: Turn, reading: Reading) -> None:
        """Have one worker speak what is left, and put it on the track as it comes.

        Raises:
            ParlandoError: the worker failed; `track.speaking` tells whether it had begun.
        """
        request = self._request(candidate, turn)
        with self._stand.engines.engaged(candidate):
            synthesis = candidate.worker.synthesize(request)
            try:
                await self._read(synthesis, candidate, turn, reading, request.synthesis_id)
            except asyncio.CancelledError:
                await finish(self._stop(synthesis, candidate, request, reading))
                raise
            except BaseException:
                synthesis.abandon()
                raise

    async def _stop(
        self, synthesis: Synthesis, candidate: Candidate, request: SynthesisRequest, reading: Reading
    ) -> None:
        """Stop a synthesis, and keep what the worker says of it."""
        self.stopped = await synthesis.stop()
        unread = max(self.stopped.samples_made - reading.samples, 0)
        self.unread_seconds = unread / reading.rate if reading.rate else 0.0
        if self.stopped.samples_made and not reading.finished:
            self._stand.tally.add(candidate.engine, _charge(candidate, request), 0.0)

    async def _read(
        self, synthesis: Synthesis, candidate: Candidate, turn: Turn, reading: Reading, synthesis_id: str
    ) -> None:
        stand = self._stand
        patience = stand.engines.patience(candidate.engine)
        about = candidate.replica.description
        silence = 0.0 if about is None else about.longest_silence

        def ring() -> None:
            reading.silent = True
            synthesis.abandon()

        alarm, since = Alarm(ring), stand.clock.now()
        try:
            while True:
                wait = patience.wait(begun=reading.samples > 0)
                limit = wait.limit(stand.playout.ahead(), silence) * (_CALMER if turn.again else 1)
                alarm.set(MOST_SECONDS if turn.alone else limit)
                try:
                    event = await synthesis.next()
                except ParlandoError:
                    if reading.finished:  # all was said: how the call ends changes nothing
                        return
                    if reading.silent:
                        wait.took(limit)
                    raise
                if event is None:
                    break
                if isinstance(event, SynthesisAudio):  # what else comes, comes with it
                    wait.took(stand.clock.now() - since)
                    since = stand.clock.now()
                self._take(event, candidate, turn, reading, synthesis_id)
        finally:
            alarm.clear()
        if not reading.finished:
            _broken("the engine ended without finishing")

    def _request(self, candidate: Candidate, turn: Turn) -> SynthesisRequest:
        settings, stand = self._settings, self._stand
        said = turn.fragment.spoken_text[: turn.passage.offset]
        voice, language = candidate.voice, turn.language
        if language and not settings.language:
            voice, language = candidate.replica.cast_guess(voice, language, asked=bool(settings.voice))
        return SynthesisRequest(
            synthesis_id=uuid.uuid4().hex,
            text=turn.passage.text,
            text_kind=turn.fragment.text_kind,
            voice=voice,
            language=language,
            speed=settings.speed,
            pitch_semitones=settings.pitch_semitones,
            volume_db=settings.volume_db,
            emotion=settings.emotion,
            emotion_intensity=settings.emotion_intensity,
            previous_text=said or self._previous_text,
            seed=settings.seed,
            audio_queued=stand.playout.queued(),
            engine_options=settings.engine_options,
            seconds_left=stand.seconds_left(),
        )

    def _take(
        self,
        event: SynthesisEvent,
        candidate: Candidate,
        turn: Turn,
        reading: Reading,
        synthesis_id: str,
    ) -> None:
        stand = self._stand
        match event:
            case SynthesisStarted():
                if event.sample_rate_hz not in _RATES:
                    _broken("the engine speaks at a rate that cannot be")
                reading.started = event
                return
            case SynthesisWords():
                if any(word.spoken.end > len(turn.passage.text) for word in event.words):
                    _broken("the engine timed words that it was not given")
                reading.words += tuple(
                    replace(word, spoken=turn.passage.in_spoken(word.spoken)) for word in event.words
                )
                return
        if isinstance(event, SynthesisFinished):
            _require_sound(turn, reading)
        if not stand.track.speaking:
            self._begin(candidate, turn, reading.started, synthesis_id)
        stand.track.words(reading.words)
        reading.words = ()
        if isinstance(event, SynthesisAudio):
            self._require_pace(turn, reading)
            reading.samples += len(event.pcm) // 2
            stand.track.audio(event.pcm)
        else:
            reading.finished = True
            stand.track.end(self._pause(turn.fragment))
            stand.tally.add(candidate.engine, event, reading.seconds)
            candidate.replica.took(event.engine_time, reading.seconds)

    def _begin(
        self, candidate: Candidate, turn: Turn, started: SynthesisStarted | None, synthesis_id: str
    ) -> None:
        if started is None:
            _broken("the engine spoke before it had started")
        stand, voice = self._stand, f"{candidate.engine}:{started.voice}"
        self._announce(candidate, started, turn)
        stand.tally.engaged[turn.language] = candidate.engine
        like = stand.tally.voices.setdefault(turn.language, voice)
        gain_db = stand.engines.voice_map.gain_db(like, voice)
        if turn.seam is None:
            stand.track.begin(self._epoch, turn.fragment, started, synthesis_id, gain_db)
        else:
            stand.track.resume(turn.fragment, started, synthesis_id, gain_db)

    def _require_pace(self, turn: Turn, reading: Reading) -> None:
        """Refuse an engine by which playback has run dry, where there is another one to ask."""
        playout, now = self._stand.playout, self._stand.clock.now()
        reading.first_audio_at = reading.first_audio_at or now
        elapsed = now - reading.first_audio_at
        if (
            elapsed < _SLOW_AFTER_SECONDS
            or reading.seconds > _SLOW * elapsed
            or playout.mode is PlayoutMode.UNPACED
            or playout.ahead() > 0
            or turn.alone
            or turn.hurried
        ):
            return
        turn.hurried = True
        _broken("the engine speaks more slowly than it is played")

    def _announce(self, candidate: Candidate, started: SynthesisStarted, turn: Turn) -> None:
        """Tell the caller who speaks, when that is new."""
        track, tally = self._stand.track, self._stand.tally
        before, now = tally.speaker, Speaker(candidate.engine, started.voice, candidate.replica.address)
        tally.speaker = now
        if before is None:
            track.announce(self._epoch, Started(candidate.engine, started.voice, started.ignored))
        elif before.name != now.name or (turn.failure is not None and before != now):
            offset = turn.passage.offset
            place = (
                turn.fragment.text_map.to_source(Span(offset, offset + 1)) if offset else turn.fragment.source
            )
            changed = EngineChanged(
                engine=candidate.engine,
                voice=started.voice,
                first_sample=track.next_sample,
                source_offset=place.start,
                reason=turn.failure.reason.value if turn.failure is not None else "",
                seam_quality=turn.seam or started.timing_quality,
            )
            track.announce(self._epoch, changed)

    def _pause(self, fragment: Fragment) -> float:
        return fragment.pause_after / self._settings.speed


def _charge(candidate: Candidate, request: SynthesisRequest) -> SynthesisFinished:
    """Return what a synthesis took that was stopped: all of its text was given to the engine."""
    characters, said = len(request.text), candidate.replica.description
    if said is None or not said.currency:
        return SynthesisFinished(0.0, characters, None)
    return SynthesisFinished(0.0, characters, Cost(said.currency, round(characters * said.price_nanos)))


def _require_sound(turn: Turn, reading: Reading) -> None:
    """Refuse an engine that said nothing, where there is another one to ask.

    It may have lost the words, or there were none that it can say: nobody is blamed.
    """
    asked = any(map(str.isalnum, turn.passage.text)) and not turn.alone and not turn.again
    reading.mute = asked and not reading.samples
    if reading.mute:
        _broken("the engine said nothing")


def _broken(message: str) -> NoReturn:
    raise ParlandoError(Reason.ENGINE_FAILED, message)

"""One synthesis, read as it comes and put on the track.

An engine that stands still, says what cannot be, says nothing, or is too slow for playback is refused here:
what is read then ends with an error, as it does where the worker itself fails.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import NoReturn

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.spans import Span
from parlando_kit.tasks import finish
from parlando_router.alarm import Alarm
from parlando_router.asking import charge, request_of
from parlando_router.candidate import Candidate
from parlando_router.events import EngineChanged, Started
from parlando_router.patience import LEAST_FIRST_SECONDS, LEAST_NEXT_SECONDS, MOST_SECONDS
from parlando_router.ports import (
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
from parlando_router.request import PlayoutMode, SpeechSettings
from parlando_router.stand import Stand
from parlando_router.tally import Speaker
from parlando_router.turn import Reading, Turn

_CALMER = 4
_SLOW_AFTER_SECONDS = 1.0
_SLOW = 0.9
_RATES = range(8_000, 48_001)


class Reader:
    """Has workers speak, and reads what they say.

    When `read` is cancelled, the synthesis under way is stopped, and confirmed stopped, before it returns;
    then `stopped` is what the worker said of it, `idle_at` when it had said so, and `unread_seconds` the
    audio it had made that nobody read.

    Args:
        epoch: the epoch's number.
        settings: how to speak.
        stand: what it works with.
    """

    def __init__(self, epoch: int, settings: SpeechSettings, stand: Stand) -> None:
        self.stopped = StopResult(StopOutcome.ALREADY_FINISHED)
        self.idle_at: float | None = None
        self.unread_seconds = 0.0
        self._epoch = epoch
        self._settings = settings
        self._stand = stand

    async def read(self, candidate: Candidate, turn: Turn, reading: Reading, previous_text: str) -> None:
        """Have one worker speak what is left, and put it on the track as it comes.

        Args:
            candidate: who is asked.
            turn: the fragment.
            reading: is told how far it went.
            previous_text: what was said before the fragment.

        Raises:
            ParlandoError: the worker failed; `track.speaking` tells whether it had begun.
        """
        request = request_of(candidate, turn, self._settings, self._stand, previous_text)
        with self._stand.engines.engaged(candidate):
            synthesis = candidate.worker.synthesize(request)
            try:
                await self._follow(synthesis, candidate, turn, reading, request.synthesis_id)
            except asyncio.CancelledError:
                await finish(self._stop(synthesis, candidate, request, reading))
                raise
            except BaseException:
                synthesis.abandon()
                if reading.samples and not reading.finished:
                    self._took(candidate, reading, charge(candidate, request))
                raise
            finally:
                if reading.sample is not None:
                    self._stand.engines.heard.take(reading.sample)

    async def _stop(
        self, synthesis: Synthesis, candidate: Candidate, request: SynthesisRequest, reading: Reading
    ) -> None:
        """Stop a synthesis, and keep what the worker says of it."""
        self.stopped = await synthesis.stop()
        # Noted here: on a full machine it takes many turns of the loop until this task has ended.
        self.idle_at = self._stand.clock.now()
        unread = max(self.stopped.samples_made - reading.samples, 0)
        self.unread_seconds = unread / reading.rate if reading.rate else 0.0
        goes_on = self.stopped.outcome is StopOutcome.ABANDONED  # and is billed
        made = self.stopped.samples_made or reading.samples  # a worker that is lost does not say
        if (made or goes_on) and not reading.finished:
            self._took(candidate, reading, charge(candidate, request))

    def _took(
        self, candidate: Candidate, reading: Reading, spent: SynthesisFinished, audio: float = 0.0
    ) -> None:
        """Count what a synthesis took that made `audio` seconds in all; 0 where it was broken off."""
        about = candidate.replica.description  # names the model, where the engine has several
        if candidate.agreed is not None:  # the worker knows of no policy
            spent = replace(spent, cost=candidate.cost(spent.characters))
        reading.spent = spent
        self._stand.tally.add(candidate.engine, spent, audio, about.model if about is not None else "")

    async def _follow(
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
                begun = reading.samples > 0
                wait = patience.wait(begun=begun)
                median = None if begun else candidate.replica.first_chunk
                least = LEAST_FIRST_SECONDS if stand.tally.speaker is None else LEAST_NEXT_SECONDS
                limit = wait.limit(stand.playout.ahead(), silence, median=median, heir=turn.heir, least=least)
                limit *= _CALMER if turn.again else 1
                alarm.set(MOST_SECONDS if turn.alone else limit)
                try:
                    event = await synthesis.next()
                except ParlandoError:
                    if reading.finished:  # all was said: how the call ends changes nothing
                        return
                    if reading.silent:
                        wait.gave_up(since, stand.clock.now(), alone=turn.alone)
                    raise
                if event is None:
                    break
                if isinstance(event, SynthesisAudio):  # what else comes, comes with it
                    wait.took(stand.clock.now() - since, alone=turn.alone)
                    since = stand.clock.now()
                self._take(event, candidate, turn, reading, synthesis_id)
        finally:
            alarm.clear()
        if not reading.finished:
            _broken("the engine ended without finishing")

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
                words = event.words
                if not turn.passage.whole:
                    words = tuple(replace(word, spoken=turn.passage.in_spoken(word.spoken)) for word in words)
                reading.words += words
                return
        if isinstance(event, SynthesisFinished):
            _require_sound(turn, reading)
        if not stand.track.speaking:
            self._begin(candidate, turn, reading, synthesis_id)
        stand.track.words(reading.words)
        reading.words = ()
        if isinstance(event, SynthesisAudio):
            self._require_pace(turn, reading)
            reading.samples += len(event.pcm) // 2
            stand.track.audio(event.pcm)
            if reading.sample is not None:
                reading.sample.add(event.pcm)
        else:
            reading.finished = True
            stand.track.end(turn.pause, last=turn.last)
            self._took(candidate, reading, event, reading.seconds)
            candidate.replica.took(event.engine_time, reading.seconds)

    def _begin(self, candidate: Candidate, turn: Turn, reading: Reading, synthesis_id: str) -> None:
        started = reading.started
        if started is None:
            _broken("the engine spoke before it had started")
        stand, voice = self._stand, f"{candidate.engine}:{started.voice}"
        self._announce(candidate, started, turn)
        stand.tally.engaged[turn.language] = candidate.engine
        like = stand.tally.voices.setdefault(turn.language, voice)
        gain_db = stand.engines.gain_db(like, voice)
        if self._settings.volume_db == 0 and stand.engines.voice_map.loudness(voice) is None:
            reading.sample = stand.engines.heard.listen(voice, started.sample_rate_hz)
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

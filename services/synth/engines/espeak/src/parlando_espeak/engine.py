"""espeak-ng as an engine: real speech in over a hundred languages, with nothing to download."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import espeakng_loader

from parlando_espeak.emotions import felt
from parlando_espeak.library import SAMPLE_RATE
from parlando_espeak.manner import FASTEST, FASTEST_MARKED, SLOWEST, Manner
from parlando_espeak.markup import ELEMENTS, read_markup
from parlando_espeak.passages import Passage, is_silent, plain, simplified
from parlando_espeak.process import ProcessLost, SpeakingProcess, TextRefused
from parlando_espeak.recital import Recital
from parlando_espeak.settings import EspeakSettings
from parlando_espeak.voices import DEFAULT_VOICE, LICENCE, VoiceTable
from parlando_espeak.wire import Utterance
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_synth.description import EngineDescription
from parlando_synth.engine import BlockingEngine, Engine, Instance
from parlando_synth.events import EngineEvent, Started
from parlando_synth.feelings import EMOTIONS
from parlando_synth.job import Job, TextKind
from parlando_synth.stop_flag import StopFlag
from parlando_synth.threaded import ThreadedEngine
from parlando_synth.voice import Voice

LONGEST_TEXT = 3000
"""Code points of one job: about four minutes of speech, made in a quarter of a second."""


class EspeakInstance(Instance):
    """One copy of the library, in a process of its own.

    Args:
        process: the process.
        voices: the library's voices.
    """

    def __init__(self, process: SpeakingProcess, voices: VoiceTable) -> None:
        self._process = process
        self._voices = voices

    def synthesize(self, job: Job, stop: StopFlag, emit: Callable[[EngineEvent], None]) -> None:
        """Speak a job; see `Instance.synthesize`.

        A clause that brings the library down is spoken once more with its symbols left out. Where that does
        not help, the job ends with ENGINE_FAILED; the next job finds the instance whole.
        """
        voice = self._voices.find(job.voice)
        if voice is None:
            raise ParlandoError(
                Reason.VOICE_NOT_FOUND, "voice is not known: name one of those in ListVoices", field="voice"
            )
        passages, ignored = self._passages(job, voice)
        emit(Started(voice.id, SAMPLE_RATE, TimingQuality.EXACT, ignored))
        recital = Recital(emit)
        for passage in passages:
            recital.pause(passage.pause, lambda: stop.requested)
            if stop.requested:
                return
            if not is_silent(passage.text):
                self._speak(passage, recital, stop)

    def close(self) -> None:
        """End the process."""
        self._process.close()

    def _passages(self, job: Job, voice: Voice) -> tuple[Sequence[Passage], tuple[str, ...]]:
        """Return what to speak, and the paths of what is left out."""
        wanted = Manner(job.speed, job.pitch_semitones, job.volume_db)
        fastest = FASTEST_MARKED if job.text_kind is TextKind.SSML else FASTEST
        manner = wanted.held(fastest)
        ignored = [
            path
            for path, kept in (
                ("prosody.speed", manner.speed == wanted.speed),
                ("prosody.pitch_semitones", manner.semitones == wanted.semitones),
                ("prosody.volume_db", manner.decibels == wanted.decibels),
            )
            if not kept
        ]
        ignored += [f"engine_options.{name}" for name in job.options]
        manner = felt(manner, job.emotion, job.emotion_intensity).held(fastest)
        if job.text_kind is not TextKind.SSML:
            return [plain(job.text, voice.id, manner)], tuple(ignored)
        reading = read_markup(job.text, voice.id, manner, self._voices)
        if not reading.complete:
            ignored.append("text")
        return reading.passages, tuple(ignored)

    def _speak(self, passage: Passage, recital: Recital, stop: StopFlag) -> None:
        recital.begin(passage)
        try:
            self._utter(passage, passage.text, recital, stop)
        except ProcessLost:
            self._speak_again(passage, recital, stop)
        if not stop.requested:
            recital.end()

    def _speak_again(self, passage: Passage, recital: Recital, stop: StopFlag) -> None:
        """Speak what the process broke off before, if the audio ends with a clause."""
        place = recital.resume()
        if stop.requested:
            return
        if place is None:
            raise _failed()
        try:
            self._utter(passage, simplified(passage.text, place), recital, stop)
        except ProcessLost:
            raise _failed() from None

    def _utter(self, passage: Passage, text: str, recital: Recital, stop: StopFlag) -> None:
        wanted = passage.manner.parameters()
        utterance = Utterance(
            text=text,
            voice=passage.voice,
            rate=wanted.rate,
            volume=wanted.volume,
            pitch=wanted.pitch,
            pitch_range=wanted.pitch_range,
        )
        try:
            self._process.speak(utterance, recital.take, lambda: stop.requested)
        except TextRefused:
            raise ParlandoError(
                Reason.ENGINE_FAILED, "the library does not load this voice: choose another", field="voice"
            ) from None


class EspeakEngine(BlockingEngine):
    """The engine. Its instances share nothing but the table of voices.

    Args:
        instances: how many will be opened.
    """

    def __init__(self, *, instances: int) -> None:
        self._instances = instances
        self._lock = threading.Lock()  # instances are opened at the same time
        self._table: VoiceTable | None = None
        self._version = ""

    def describe(self) -> EngineDescription:
        """Return what espeak-ng can do."""
        return EngineDescription(
            name="espeak",
            version=self._version,
            licence=LICENCE,
            default_voice=DEFAULT_VOICE,
            timing_quality=TimingQuality.EXACT,
            max_live=self._instances,
            max_text_code_points=LONGEST_TEXT,
            text_kinds=(TextKind.PLAIN, TextKind.SSML),
            ssml_elements=ELEMENTS,
            speed=True,
            min_speed=SLOWEST,
            max_speed=FASTEST,
            pitch=True,
            volume=True,
            emotions=EMOTIONS,
        )

    def voices(self) -> Sequence[Voice]:
        """Return the voices; their variants are found by name (`find_voice`)."""
        return self._known().voices

    def find_voice(self, name: str) -> Voice | None:
        """Return the voice of that id or alias, with a variant where one is named: "en-us+f3"."""
        return self._known().find(name)

    def open(self) -> EspeakInstance:
        """Start a process, and have it say a word."""
        library = Path(espeakng_loader.get_library_path())
        if not library.exists():
            raise ParlandoError(
                Reason.MODEL_NOT_FOUND, "libespeak-ng is not there: install espeakng-loader again"
            )
        data = espeakng_loader.get_data_path()
        try:
            process = SpeakingProcess(str(library), data)
            process.speak(Utterance("ready", DEFAULT_VOICE), lambda _: None, lambda: False)
        except (ProcessLost, TextRefused):
            raise ParlandoError(
                Reason.ENGINE_FAILED,
                "libespeak-ng does not start; this says why: "
                f"python -m parlando_espeak.voicebox {library} {data}",
            ) from None
        with self._lock:
            if self._table is None:
                self._table = VoiceTable(process.greeting.voices, process.greeting.variants)
                self._version = process.greeting.version
            return EspeakInstance(process, self._table)

    def _known(self) -> VoiceTable:
        if self._table is None:
            raise ParlandoError(Reason.ENGINE_FAILED, "the engine is not loaded")
        return self._table


def create() -> Engine:
    """Return the engine as its settings say."""
    settings = EspeakSettings()
    return ThreadedEngine(EspeakEngine(instances=settings.instances), instances=settings.instances)


def _failed() -> ParlandoError:
    return ParlandoError(
        Reason.ENGINE_FAILED,
        "libespeak-ng broke off; it has been started anew: send the text without unusual symbols",
    )

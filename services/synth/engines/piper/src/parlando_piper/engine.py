"""Piper as an engine: sentence by sentence, taken in turns by all who listen."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from piper.config import PhonemeType

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_piper.scales import RANGES, scales
from parlando_piper.sentences import LONGEST, MARKS, sentences
from parlando_piper.settings import PiperSettings
from parlando_piper.shelf import Shelf
from parlando_piper.voices import Speaker, VoiceFolder
from parlando_synth.description import EngineDescription
from parlando_synth.engine import BlockingEngine, Engine, Instance
from parlando_synth.events import EngineEvent, Started
from parlando_synth.job import Job, TextKind
from parlando_synth.narration import Narration
from parlando_synth.networks import pcm
from parlando_synth.pronunciation import Pronunciation
from parlando_synth.reading import Reading, read, read_phonemes
from parlando_synth.shared import Shared
from parlando_synth.spelling import SpellingProcess
from parlando_synth.stop_flag import StopFlag
from parlando_synth.threaded import ThreadedEngine
from parlando_synth.turns import Turns
from parlando_synth.voice import Voice

LICENCE = "GPL-3.0-or-later"
"""Of piper and the espeak-ng in it. Each voice has a licence of its own, which its card states."""

LONGEST_TEXT = 3000
"""Code points of one job: about four minutes of speech."""

SLOWEST, FASTEST = 0.5, 2.0
"""Rates at which `length_scale` is 2 and a half: beyond, the networks were never trained."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What all instances share."""

    folder: VoiceFolder
    shelf: Shelf
    speller: SpellingProcess
    turns: Turns
    timed: bool  # the default voice is

    def speaker(self, job: Job) -> Speaker:
        """Return who speaks a job.

        Raises:
            ParlandoError: VOICE_NOT_FOUND.
        """
        speaker = self.folder.speaker(job.voice)
        if speaker is None:
            raise ParlandoError(
                Reason.VOICE_NOT_FOUND, "voice is not known: name one of those in ListVoices", field="voice"
            )
        return speaker

    def read(self, job: Job, speaker: Speaker) -> Reading:
        """Return what is spoken."""
        config = speaker.config
        if job.text_kind is TextKind.PHONEMES:
            return read_phonemes(job.text, config.phoneme_id_map, MARKS)

        def spell(texts: Sequence[str]) -> Sequence[str]:
            if config.phoneme_type is PhonemeType.TEXT:
                return [unicodedata.normalize("NFD", text) for text in texts]
            return self.speller.spell(config.espeak_voice, texts)

        return read(job.text, spell, config.phoneme_id_map, MARKS)


class PiperInstance(Instance):
    """One synthesis at a time; the networks themselves are shared.

    Args:
        loaded: what is shared.
        leave: called when the instance is closed.
    """

    def __init__(self, loaded: _Loaded, leave: Callable[[], None]) -> None:
        self._loaded = loaded
        self._leave = leave

    def synthesize(self, job: Job, stop: StopFlag, emit: Callable[[EngineEvent], None]) -> None:
        """Speak a job; see `Instance.synthesize`."""
        shared = self._loaded
        began = time.monotonic()
        speaker = shared.speaker(job)
        asked = scales(speaker.config, speaker.number, job.speed, job.options)
        network = shared.shelf.network(speaker)
        reading = shared.read(job, speaker)
        ignored = [f"engine_options.{name}" for name in job.options if name not in RANGES]
        ignored += [] if reading.complete else ["text"]
        quality = TimingQuality.EXACT if network.timed else TimingQuality.ESTIMATED
        emit(Started(speaker.voice.id, speaker.config.sample_rate, quality, tuple(ignored)))
        narration = Narration(
            reading,
            sample_rate=speaker.config.sample_rate,
            quality=quality,
            dry_at=began + job.audio_queued,
            emit=emit,
        )
        stop.on_set(shared.turns.wake)
        # Spoken slowly, as many symbols would take longer than the longest run is said to take.
        for start, end in sentences(reading, round(LONGEST * min(job.speed, 1.0))):
            with shared.turns.turn(narration.dry_at, stop) as granted:
                run = network.run(reading.symbols[start:end], asked, stop) if granted else None
            if run is None:
                return
            known = TimingQuality.EXACT if run.exact else TimingQuality.ESTIMATED
            narration.place(start, run.edges.tolist(), known)
            narration.say(pcm(run.samples, job.volume_db), end, time.monotonic())
        narration.finish()

    def close(self) -> None:
        """Leave what is shared."""
        self._leave()


class PiperEngine(BlockingEngine):
    """The engine.

    Args:
        settings: where its voices are, and how much it may take.
    """

    def __init__(self, settings: PiperSettings) -> None:
        self._settings = settings
        self._shared = Shared(self._load, lambda loaded: loaded.speller.close())

    def describe(self) -> EngineDescription:
        """Return what Piper can do."""
        shared = self._shared.loaded
        return EngineDescription(
            name="piper",
            version=version("piper-tts"),
            licence=LICENCE,
            default_voice=shared.folder.default.voice.id,
            timing_quality=TimingQuality.EXACT if shared.timed else TimingQuality.ESTIMATED,
            max_live=self._settings.live,
            max_text_code_points=LONGEST_TEXT,
            text_kinds=(TextKind.PLAIN, TextKind.PHONEMES),
            speed=True,
            min_speed=SLOWEST,
            max_speed=FASTEST,
            volume=True,
            phonemizes=True,
            max_phonemes_per_run=LONGEST,
            # Runs that go on at the same time slow one another down.
            longest_silence=shared.shelf.longest_silence * self._settings.runs,
        )

    def voices(self) -> Sequence[Voice]:
        """Return the voices: each speaker of each file."""
        return self._shared.loaded.folder.voices

    def phonemize(self, job: Job) -> Pronunciation:
        """Return how a job's text would be pronounced."""
        shared = self._shared.loaded
        speaker = shared.speaker(job)
        return shared.read(job, speaker).pronunciation(speaker.voice.id)

    def open(self) -> PiperInstance:
        """Load the default voice with the first instance, and let it speak."""
        return PiperInstance(self._shared.enter(), self._shared.leave)

    def _load(self) -> _Loaded:
        settings = self._settings
        folder = VoiceFolder(settings.voices.expanduser(), settings.default_voice)
        shelf = Shelf(settings.loaded, settings.threads)
        timed = shelf.network(folder.default).timed
        return _Loaded(folder, shelf, SpellingProcess("parlando_piper.speller"), Turns(settings.runs), timed)


def create() -> Engine:
    """Return the engine as its settings say."""
    settings = PiperSettings()
    return ThreadedEngine(PiperEngine(settings), instances=settings.live)

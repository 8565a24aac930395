"""Piper as an engine: sentence by sentence, taken in turns by all who listen."""

from __future__ import annotations

import threading
import time
import unicodedata
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
from piper.config import PhonemeType

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import SpokenWord, TimingQuality
from parlando_piper.network import interruption
from parlando_piper.scales import RANGES, scales
from parlando_piper.sentences import LONGEST, MARKS, sentences
from parlando_piper.settings import PiperSettings
from parlando_piper.shelf import Shelf
from parlando_piper.voices import Speaker, VoiceFolder
from parlando_synth.engine import (
    Audio,
    BlockingEngine,
    Engine,
    EngineDescription,
    EngineEvent,
    Instance,
    Job,
    Progress,
    Started,
    StopFlag,
    TextKind,
    Voice,
    Words,
)
from parlando_synth.reading import Reading, read, read_phonemes
from parlando_synth.spelling import SpellingProcess
from parlando_synth.threaded import ThreadedEngine
from parlando_synth.turns import Turns

LICENCE = "GPL-3.0-or-later"
"""Of piper and the espeak-ng in it. Each voice has a licence of its own, which its MODEL_CARD states."""

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
        speaker = shared.folder.speaker(job.voice)
        if speaker is None:
            raise ParlandoError(
                Reason.VOICE_NOT_FOUND, "voice is not known: name one of those in ListVoices", field="voice"
            )
        asked = scales(speaker.config, speaker.number, job.speed, job.options)
        network = shared.shelf.network(speaker)
        reading = self._reading(job, speaker)
        ignored = [f"engine_options.{name}" for name in job.options if name not in RANGES]
        ignored += [] if reading.complete else ["text"]
        quality = TimingQuality.EXACT if network.timed else TimingQuality.ESTIMATED
        emit(Started(speaker.voice.id, speaker.config.sample_rate, quality, tuple(ignored)))
        interrupt = interruption(stop)
        stop.on_set(shared.turns.wake)
        words = deque(reading.words)
        edges = np.zeros(len(reading.symbols) + 1, np.int64)  # first sample of each symbol
        made = 0
        for start, end in sentences(reading):
            dry_at = began + job.audio_queued + made / speaker.config.sample_rate
            with shared.turns.turn(dry_at, stop) as granted:
                run = network.run(reading.symbols[start:end], asked, interrupt) if granted else None
            if run is None:
                return
            edges[start : end + 1] = made + run.edges
            made += len(run.samples)
            edges[end + 1 :] = made
            emit(Audio(run.pcm(10 ** (job.volume_db / 20))))
            timed: list[SpokenWord] = []
            while words and words[0].end <= end:
                word = words.popleft()
                first, last = int(edges[word.start]), int(edges[word.end])
                known = TimingQuality.EXACT if run.exact else TimingQuality.ESTIMATED
                timed.append(SpokenWord(word.spoken, first, last - first, known))
            emit(Words(tuple(timed)))
            emit(Progress(end / len(reading.symbols)))
        if words:  # nothing of them can be spoken
            emit(Words(tuple(SpokenWord(word.spoken, made, 0, quality) for word in words)))

    def close(self) -> None:
        """Leave what is shared."""
        self._leave()

    def _reading(self, job: Job, speaker: Speaker) -> Reading:
        config = speaker.config
        if job.text_kind is TextKind.PHONEMES:
            return read_phonemes(job.text, config.phoneme_id_map, MARKS)

        def spell(texts: Sequence[str]) -> Sequence[str]:
            if config.phoneme_type is PhonemeType.TEXT:
                return [unicodedata.normalize("NFD", text) for text in texts]
            return self._loaded.speller.spell(config.espeak_voice, texts)

        return read(job.text, spell, config.phoneme_id_map, MARKS)


class PiperEngine(BlockingEngine):
    """The engine.

    Args:
        settings: where its voices are, and how much it may take.
    """

    def __init__(self, settings: PiperSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()  # instances are opened at the same time
        self._loaded: _Loaded | None = None
        self._open = 0

    def describe(self) -> EngineDescription:
        """Return what Piper can do."""
        shared = self._known()
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
            max_phonemes_per_run=LONGEST,
            # Runs that go on at the same time slow one another down.
            longest_silence=shared.shelf.longest_silence * self._settings.runs,
        )

    def voices(self) -> Sequence[Voice]:
        """Return the voices: each speaker of each file."""
        return self._known().folder.voices

    def open(self) -> PiperInstance:
        """Load the default voice with the first instance, and let it speak."""
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            self._open += 1
            return PiperInstance(self._loaded, self._leave)

    def _load(self) -> _Loaded:
        settings = self._settings
        folder = VoiceFolder(settings.voices.expanduser(), settings.default_voice)
        shelf = Shelf(settings.loaded, settings.threads)
        timed = shelf.network(folder.default).timed
        return _Loaded(folder, shelf, SpellingProcess("parlando_piper.speller"), Turns(settings.runs), timed)

    def _leave(self) -> None:
        """Give back what is shared, with the last instance."""
        with self._lock:
            self._open -= 1
            if self._open == 0 and self._loaded is not None:
                self._loaded.speller.close()
                self._loaded = None

    def _known(self) -> _Loaded:
        if self._loaded is None:
            raise ParlandoError(Reason.ENGINE_FAILED, "the engine is not loaded")
        return self._loaded


def create() -> Engine:
    """Return the engine as its settings say."""
    settings = PiperSettings()
    return ThreadedEngine(PiperEngine(settings), instances=settings.live)

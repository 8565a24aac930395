"""Chatterbox as an engine: sentence by sentence, each heard while its speech tokens are still being found."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from parlando_chatterbox import loudness
from parlando_chatterbox.alignment import AlignedHeads
from parlando_chatterbox.conditioning import Conditioning
from parlando_chatterbox.interruption import Interrupted, Interruption
from parlando_chatterbox.library import T3Cond
from parlando_chatterbox.models import MODELS, Chatterbox, Model
from parlando_chatterbox.portions import portions
from parlando_chatterbox.settings import ChatterboxSettings
from parlando_chatterbox.silences import longest_silence
from parlando_chatterbox.speaking import Delivery, Speaking
from parlando_chatterbox.speech_tokens import RATE as TOKEN_RATE
from parlando_chatterbox.voices import LICENCE, VoiceBook
from parlando_chatterbox.watermark import Watermark
from parlando_chatterbox.wave import RATE
from parlando_chatterbox.windows import windows_within
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_synth.cloned_voice import VoiceChange, VoiceUpload
from parlando_synth.description import EngineDescription
from parlando_synth.engine import BlockingEngine, Engine, Instance
from parlando_synth.events import Audio, EngineEvent, Progress, Started, Words
from parlando_synth.job import Job
from parlando_synth.pace import Pace, PacedWords
from parlando_synth.stop_flag import StopFlag
from parlando_synth.threaded import ThreadedEngine
from parlando_synth.voice import Voice

LONGEST_TEXT = 3_000
"""Code points of one job: about four minutes of speech."""

_log = logging.getLogger(__name__)
_SEEDS = 2**31
_WARM_UP = "Hello there, how are you today?"


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What all instances share."""

    model: Model
    chatterbox: Chatterbox
    book: VoiceBook
    conditioning: Conditioning
    watermark: Watermark
    interruption: Interruption
    heads: AlignedHeads | None
    speaking: Speaking
    pace: Pace


class ChatterboxInstance(Instance):
    """One synthesis at a time; the networks themselves are shared, and hold nothing of it.

    Args:
        loaded: what is shared.
        candidates: takes of a portion that may be made; with 1 it is heard as it is made.
        leave: called when the instance is closed.
    """

    def __init__(self, loaded: _Loaded, candidates: int, leave: Callable[[], None]) -> None:
        self._loaded = loaded
        self._candidates = candidates
        self._leave = leave

    def synthesize(self, job: Job, stop: StopFlag, emit: Callable[[EngineEvent], None]) -> None:
        """Speak a job; see `Instance.synthesize`."""
        model = self._loaded.model
        voice = self._loaded.book.find(job.voice)
        if voice is None:
            raise ParlandoError(
                Reason.VOICE_NOT_FOUND, "voice is not known: name one of those in ListVoices", field="voice"
            )
        manner = model.manner.of(job)
        ignored = tuple(f"engine_options.{name}" for name in job.options if name not in manner.options)
        emit(Started(voice.id, RATE, TimingQuality.ESTIMATED, ignored))
        language = (job.language or voice.languages[0]).partition("-")[0].lower()
        seed = secrets.randbelow(_SEEDS) if job.seed is None else job.seed
        # What has a seed is to come out the same, whatever somebody has to hear meanwhile.
        queued = job.audio_queued if job.seed is None else 0.0
        pace, speaks = self._loaded.pace, f"{voice.id} {language}"
        made = 0
        try:
            with self._loaded.interruption.by(stop):
                speaker, clip, own = self._loaded.conditioning.voice(voice.id, manner.exaggeration)
                delivery, gain = Delivery(speaker, clip, manner, language), own * 10 ** (job.volume_db / 20)
                for place, portion in enumerate(portions(job.text)):
                    first, text = made, job.text[portion.start : portion.end]
                    words = PacedWords(job.text, pace.of(speaks) * RATE, portion, first)
                    windows = windows_within((queued + made / RATE) * TOKEN_RATE)
                    for samples in self._spoken(text, delivery, (seed + place) % _SEEDS, windows):
                        self._loaded.interruption.check()
                        made += len(samples)
                        emit(Words(words.made(made)))  # ahead of their sound: who hears it has them
                        emit(Audio(_pcm(samples, gain)))
                    self._loaded.interruption.check()
                    emit(Words(words.end(made)))
                    emit(Progress(portion.end / len(job.text)))
                    pace.spoke(speaks, words.code_points, (made - first) / RATE)
        except Interrupted:
            return

    def close(self) -> None:
        """Leave what is shared."""
        self._leave()

    def _spoken(
        self, text: str, delivery: Delivery, seed: int, windows: int
    ) -> Iterable[NDArray[np.float32]]:
        """Return the sound of a portion, in pieces."""
        if self._candidates > 1:
            return self._loaded.speaking.best(text, delivery, seed, self._candidates).sound
        return self._loaded.speaking.streamed(text, delivery, seed, windows)


class ChatterboxEngine(BlockingEngine):
    """The engine.

    Args:
        settings: which model, where its files are, and how much it may take.
        load: loads the model; by default from its files.
    """

    def __init__(
        self, settings: ChatterboxSettings, load: Callable[[Model], Chatterbox] | None = None
    ) -> None:
        self._settings = settings
        self._load_model = load or self._from_files
        self._lock = threading.Lock()  # instances are opened at the same time
        self._loaded: _Loaded | None = None
        self._open = 0
        self._longest_silence = 0.0

    def describe(self) -> EngineDescription:
        """Return what Chatterbox can do."""
        shared = self._known()
        return EngineDescription(
            name="chatterbox",
            version=version("chatterbox-tts"),
            licence=LICENCE,
            model=shared.model.name,
            default_voice=shared.book.default,
            timing_quality=TimingQuality.ESTIMATED,
            max_live=self._settings.live,
            max_text_code_points=LONGEST_TEXT,
            volume=True,
            emotions=shared.model.manner.emotions,
            voice_cloning=True,
            default_moves=True,
            repeatable=True,
            longest_silence=self._longest_silence,
        )

    def voices(self) -> Sequence[Voice]:
        """Return the voices."""
        return self._known().book.voices

    def add_voice(self, upload: VoiceUpload) -> Voice:
        """Clone a voice."""
        return self._known().book.add(upload)

    def change_voice(self, voice: str, change: VoiceChange) -> Voice:
        """Change what is said of a cloned voice."""
        return self._known().book.change(voice, change)

    def remove_voice(self, voice: str) -> None:
        """Remove a cloned voice."""
        self._known().book.remove(voice)

    def open(self) -> ChatterboxInstance:
        """Load the model with the first instance, and let it speak."""
        torch.set_num_threads(self._settings.threads)  # of this thread's own team
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            instance = ChatterboxInstance(self._loaded, self._settings.candidates, self._leave)
            self._open += 1
            if self._open == 1:
                self._warm(instance)
            return instance

    def _load(self) -> _Loaded:
        settings = self._settings
        model = MODELS[settings.model]
        chatterbox = self._load_model(model)
        book = VoiceBook(model, settings.voices.expanduser(), built_in=chatterbox.conds is not None)
        heads = AlignedHeads(chatterbox.t3) if chatterbox.t3.hp.is_multilingual else None
        watermark = Watermark(chatterbox.device, RATE)
        speaking = Speaking(model, chatterbox, watermark, heads)
        interruption = Interruption(chatterbox.t3, chatterbox.s3gen)

        def gain(speaker: T3Cond, clip: dict[str, Any]) -> float:
            if settings.loudness == "own":
                return 1.0
            take = speaking.take(_WARM_UP, Delivery(speaker, clip, model.manner, "en"), seed=0)
            return loudness.gain(np.concatenate(take.sound), settings.loudness)

        return _Loaded(
            model,
            chatterbox,
            book,
            Conditioning(chatterbox, interruption, book, settings.voices_kept, model.clip_options, gain),
            watermark,
            interruption,
            heads,
            speaking,
            Pace(),
        )

    def _warm(self, instance: ChatterboxInstance) -> None:
        """Let it speak, and learn how long it may be silent; without a voice it can do neither."""
        shared = self._known()
        voice = shared.book.default
        if not voice:
            _log.warning("there is no voice yet: the first is spoken with unprepared, and takes longer")
            return
        for _ in range(2):  # the first run lays out memory
            began, samples = time.monotonic(), [0]

            def count(event: EngineEvent, samples: list[int] = samples) -> None:
                if isinstance(event, Audio):
                    samples.append(len(event.pcm) // 2)

            instance.synthesize(Job(_WARM_UP, voice), StopFlag(), count)
            took = time.monotonic() - began
        self._longest_silence = longest_silence(self._settings, took, sum(samples) / RATE)

    def _from_files(self, model: Model) -> Chatterbox:
        return model.load(self._settings.folder.expanduser(), _device(self._settings.device))

    def _leave(self) -> None:
        """Give back what is shared, with the last instance."""
        with self._lock:
            self._open -= 1
            if self._open == 0 and self._loaded is not None:
                self._loaded.interruption.close()
                if self._loaded.heads is not None:
                    self._loaded.heads.close()
                self._loaded = None

    def _known(self) -> _Loaded:
        if self._loaded is None:
            raise ParlandoError(Reason.ENGINE_FAILED, "the engine is not loaded")
        return self._loaded


def create() -> Engine:
    """Return the engine as its settings say."""
    settings = ChatterboxSettings()
    return ThreadedEngine(ChatterboxEngine(settings), instances=settings.live)


def _device(wanted: str) -> str:
    """Return where the networks run."""
    if wanted != "auto":
        return wanted
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _pcm(samples: NDArray[np.float32], gain: float) -> bytes:
    """Return signed 16-bit little-endian samples; what is beyond full scale is held there."""
    pcm: bytes = np.clip(samples * (gain * 32_767), -32_768, 32_767).round().astype("<i2").tobytes()
    return pcm

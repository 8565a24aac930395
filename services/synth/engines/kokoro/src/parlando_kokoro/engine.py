"""Kokoro as an engine: runs of the network, small first, taken in turns by all who listen."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_kokoro.company import Company
from parlando_kokoro.model import Model
from parlando_kokoro.network import SAMPLE_RATE, Network
from parlando_kokoro.runs import LONGEST, Pace, next_cut, next_sentence
from parlando_kokoro.settings import KokoroSettings
from parlando_kokoro.splice import Spliced, spliced
from parlando_kokoro.symbols import MARKS, trained
from parlando_kokoro.voices import LICENCE, VoiceBook, spelling_language
from parlando_kokoro.warming import warm_up
from parlando_kokoro.windowed import WindowedModel
from parlando_synth.cloned_voice import VoiceChange
from parlando_synth.description import EngineDescription
from parlando_synth.engine import BlockingEngine, Engine, Instance
from parlando_synth.events import EngineEvent, Started
from parlando_synth.job import Job, TextKind
from parlando_synth.lanes import Lanes
from parlando_synth.mixed_voice import VoiceMix
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

LONGEST_TEXT = 3000
"""Code points of one job: about four minutes of speech."""

SLOWEST, FASTEST = 0.5, 2.0
"""Rates at which the network still speaks clearly, as its makers state."""

_WAITING = 0.5
"""Seconds of audio: a listener who has less is waited for by nobody else's run."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What all instances share."""

    model: Network
    book: VoiceBook
    speller: SpellingProcess
    turns: Turns
    lanes: Lanes
    company: Company
    longest_run: float

    def close(self) -> None:
        """End the threads and the process."""
        self.lanes.close()
        self.speller.close()

    def end_of_run(self, reading: Reading, start: int, queued: float, speed: float) -> int:
        """Return where the run that begins at a symbol ends, for a listener who has so many seconds left."""
        if self.model.windowed:
            return next_sentence(reading, start)
        pace = self.company.pace(alone=self.company.alone)
        return next_cut(reading, start, pace.size(queued, speed=speed))

    def speed(self, asked: float) -> float:
        """Return the speed that the network can do, for the one that was asked for."""
        return max(round(asked), 1) if self.model.whole_speeds else asked

    def run(self, symbols: str, voice: Voice, speed: float, stop: StopFlag) -> Spliced | None:
        """Run the network on symbols of its vocabulary; None where the job was stopped meanwhile."""
        numbers = [self.model.vocabulary[symbol] for symbol in symbols]
        run = self.model.run(numbers, self.book.style(voice, len(symbols)), speed, stop)
        return spliced(run, symbols) if run is not None else None

    def read(self, job: Job) -> tuple[Voice, Reading]:
        """Return who speaks a job, and what.

        Raises:
            ParlandoError: VOICE_NOT_FOUND; ENGINE_FAILED, the text brought the speller down.
        """
        voice = self.book.find(job.voice)
        if voice is None:
            raise ParlandoError(
                Reason.VOICE_NOT_FOUND, "voice is not known: name one of those in ListVoices", field="voice"
            )
        vocabulary = self.model.vocabulary
        if job.text_kind is TextKind.PHONEMES:
            return voice, read_phonemes(job.text, vocabulary, MARKS)
        language = spelling_language(voice)

        def spell(texts: Sequence[str]) -> Sequence[str]:
            return [trained(spelled, language) for spelled in self.speller.spell(language, texts)]

        return voice, read(job.text, spell, vocabulary, MARKS)


class KokoroInstance(Instance):
    """One synthesis at a time; the network itself is shared.

    Args:
        loaded: what is shared.
        leave: called when the instance is closed.
    """

    def __init__(self, loaded: Loaded, leave: Callable[[], None]) -> None:
        self._loaded = loaded
        self._leave = leave

    def synthesize(self, job: Job, stop: StopFlag, emit: Callable[[EngineEvent], None]) -> None:
        """Speak a job; see `Instance.synthesize`."""
        shared = self._loaded
        began = time.monotonic()
        voice, reading = shared.read(job)
        ignored = [f"engine_options.{name}" for name in job.options]
        ignored += ["text"] if not reading.complete else []
        speed = shared.speed(job.speed)
        ignored += ["prosody.speed"] if speed != job.speed else []
        quality = TimingQuality.EXACT if shared.model.timed else TimingQuality.ESTIMATED
        emit(Started(voice.id, SAMPLE_RATE, quality, tuple(ignored)))
        narration = Narration(
            reading,
            sample_rate=SAMPLE_RATE,
            quality=quality,
            dry_at=began + job.audio_queued,
            emit=emit,
        )
        stop.on_set(shared.turns.wake)
        with shared.company.joined():
            if self._speak(reading, voice, job, speed, narration, stop):
                narration.finish()

    def _speak(
        self, reading: Reading, voice: Voice, job: Job, speed: float, narration: Narration, stop: StopFlag
    ) -> bool:
        """Speak a reading in runs; return whether all of it was spoken."""
        shared = self._loaded
        start = 0
        while start < len(reading.symbols):
            waits, alone = time.monotonic(), shared.company.alone
            with shared.turns.turn(narration.dry_at, stop) as granted:
                if not granted:
                    return False
                queued = narration.dry_at - time.monotonic()
                end = shared.end_of_run(reading, start, queued, speed)
                run = partial(shared.run, reading.symbols[start:end], voice, speed, stop)
                piece = shared.lanes.run(run, urgent=queued < _WAITING)
            if piece is None:
                return False
            now = time.monotonic()
            pace = shared.company.pace(alone=alone and shared.company.alone)
            pace.learn(end - start, now - waits, speed=speed)
            narration.place(start, piece.edges.tolist(), piece.quality)
            made = len(piece.first)
            narration.say(pcm(piece.first, job.volume_db), start + piece.symbols_by(made), now)
            while made < piece.length:
                with shared.turns.turn(narration.dry_at, stop) as granted:
                    urgent = narration.dry_at - time.monotonic() < _WAITING
                    following = partial(next, piece.windows, None)
                    window = shared.lanes.run(following, urgent=urgent) if granted else None
                if window is None:
                    return False
                made += len(window)
                said = start + piece.symbols_by(made)
                narration.say(pcm(window, job.volume_db), said, time.monotonic())
            start = end + 1 if reading.symbols[end : end + 1] == " " else end
        return True

    def close(self) -> None:
        """Leave what is shared."""
        self._leave()


class KokoroEngine(BlockingEngine):
    """The engine.

    Args:
        settings: where its files are, and how much it may take.
        name: what it is called.
        load: loads the network as settings say; on the CPU where it is left out.
    """

    def __init__(
        self, settings: KokoroSettings, *, name: str = "kokoro", load: Callable[[], Network] | None = None
    ) -> None:
        self._settings = settings
        self._name = name
        self._load_network = load or self._on_cpu
        self._shared = Shared(self._load, Loaded.close)

    def describe(self) -> EngineDescription:
        """Return what Kokoro can do."""
        shared = self._shared.loaded
        return EngineDescription(
            name=self._name,
            version=version("kokoro-onnx"),
            licence=LICENCE,
            model=self._settings.model.stem,
            default_voice=shared.book.default,
            timing_quality=TimingQuality.EXACT if shared.model.timed else TimingQuality.ESTIMATED,
            max_live=self._settings.live,
            max_text_code_points=LONGEST_TEXT,
            text_kinds=(TextKind.PLAIN, TextKind.PHONEMES),
            speed=True,
            min_speed=SLOWEST,
            max_speed=FASTEST,
            volume=True,
            voice_mixing=True,
            phonemizes=True,
            max_phonemes_per_run=LONGEST,
            longest_silence=shared.longest_run,
        )

    def voices(self) -> Sequence[Voice]:
        """Return the voices, kept mixtures among them; others are found by name (`find_voice`)."""
        return self._shared.loaded.book.voices

    def find_voice(self, name: str) -> Voice | None:
        """Return the voice of that id or alias, or a mixture: "af_bella(2)+af_sky(1)"."""
        return self._shared.loaded.book.find(name)

    def mix_voice(self, mix: VoiceMix) -> Voice:
        """Keep a mixture as a voice."""
        return self._shared.loaded.book.mix(mix)

    def change_voice(self, voice: str, change: VoiceChange) -> Voice:
        """Change what is said of a kept mixture."""
        return self._shared.loaded.book.change(voice, change)

    def remove_voice(self, voice: str) -> None:
        """Remove a kept mixture."""
        self._shared.loaded.book.remove(voice)

    def phonemize(self, job: Job) -> Pronunciation:
        """Return how a job's text would be pronounced."""
        voice, reading = self._shared.loaded.read(job)
        return reading.pronunciation(voice.id)

    def open(self) -> KokoroInstance:
        """Load the network with the first instance, and speak a word."""
        return KokoroInstance(self._shared.enter(), self._shared.leave)

    def _load(self) -> Loaded:
        settings = self._settings
        model = self._load_network()
        book = VoiceBook(settings.voices.expanduser(), settings.mixes.expanduser())
        pace = Pace(settings.first_run_seconds)
        warm_up(model, book, pace)
        # Runs at the same time slow one another down; and a first run may take its time in any case.
        longest_run = max(pace.estimate(LONGEST), settings.first_run_seconds) * settings.runs
        return Loaded(
            model=model,
            book=book,
            speller=SpellingProcess("parlando_kokoro.speller"),
            turns=Turns(settings.runs),
            lanes=Lanes(settings.runs),
            company=Company(pace),
            longest_run=longest_run,
        )

    def _on_cpu(self) -> Network:
        settings = self._settings
        model = WindowedModel if settings.windowed else Model
        return model(settings.model.expanduser(), threads=settings.threads)


def create() -> Engine:
    """Return the engine as its settings say."""
    settings = KokoroSettings()
    return ThreadedEngine(KokoroEngine(settings), instances=settings.live)

"""The port that engines implement.

An engine is one of two kinds:

- *blocking* and local, on the CPU or a GPU: implement `BlockingEngine` and wrap it in
  `parlando_synth.threaded.ThreadedEngine`, which gives each instance a thread of its own;
- a *remote stream*: implement `Engine` itself, on asyncio.

The worker drives `Engine` alone. Nothing here knows gRPC, and timings refer to the spoken text.
An engine is found by its name among the entry points of group "parlando.engines"; the entry point is a
callable without arguments that returns an `Engine`.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import SpokenWord, TimingQuality
from parlando_kit.spans import Span
from parlando_synth.cloned_voice import VoiceChange, VoiceUpload
from parlando_synth.mixed_voice import VoiceMix
from parlando_synth.voice import Voice, named_voice, revision_of


class TextKind(Enum):
    """How a text is to be read."""

    PLAIN = "plain"
    SSML = "ssml"
    PHONEMES = "phonemes"


@dataclass(frozen=True, slots=True)
class Price:
    """What a million characters cost, and when that was last confirmed (ISO date)."""

    currency: str
    per_million_characters: Decimal
    as_of: str


@dataclass(frozen=True, slots=True)
class EngineDescription:
    """What an engine is and can do. Fields as in `parlando.synth.v1.DescribeEngineResponse`.

    Attributes:
        max_live: syntheses at a time.
        max_text_code_points: longest text of one job.
        min_speed: slowest rate; slower jobs are spoken at this rate and reported as ignored.
        max_speed: fastest rate, likewise.
        max_phonemes_per_run: longest run in the engine's own unit; 0 where it has none.
        longest_silence: seconds that the longest run takes, without audio; 0 where audio comes as it is made.
        stoppable: True when a stop ends the work; False when it can only be abandoned.
        phonemizes: it says how a text would be pronounced (`phonemize`).
    """

    name: str
    version: str
    licence: str
    default_voice: str
    timing_quality: TimingQuality
    max_live: int
    max_text_code_points: int
    model: str = ""
    streams: bool = True
    text_kinds: tuple[TextKind, ...] = (TextKind.PLAIN,)
    ssml_elements: tuple[str, ...] = ()
    speed: bool = False
    min_speed: float = 1.0
    max_speed: float = 1.0
    pitch: bool = False
    volume: bool = False
    emotions: tuple[str, ...] = ()
    voice_mixing: bool = False
    voice_cloning: bool = False
    stoppable: bool = True
    repeatable: bool = False
    phonemizes: bool = False
    max_phonemes_per_run: int = 0
    longest_silence: float = 0.0
    price: Price | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One fragment to synthesise. Checked by the worker: ranges hold, and the voice exists.

    Attributes:
        text: 1 to `max_text_code_points` code points, without NUL.
        voice: the id of a voice that the engine's `find_voice` returned.
        language: BCP 47 tag; "" is the voice's first language.
        speed: in proportion to the voice's own rate, 0.25 to 4.0.
        pitch_semitones: from the voice's own, -12 to 12.
        volume_db: from the voice's own, -40 to 12.
        emotion: its name, or "".
        emotion_intensity: 0 to 1.
        audio_queued: seconds of audio the listener still has; the smallest is the most urgent.
    """

    text: str = field(repr=False)
    voice: str
    text_kind: TextKind = TextKind.PLAIN
    language: str = ""
    speed: float = 1.0
    pitch_semitones: float = 0.0
    volume_db: float = 0.0
    emotion: str = ""
    emotion_intensity: float = 0.5
    previous_text: str = field(default="", repr=False)
    next_text: str = field(default="", repr=False)
    seed: int | None = None
    audio_queued: float = 0.0
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PronouncedWord:
    """A word and its phonemes, in the engine's own notation; "" where nothing of it would be spoken."""

    spoken: Span
    phonemes: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """How a text would be pronounced.

    Attributes:
        voice: that would speak.
        phonemes: all of it with spaces and punctuation: what `TextKind.PHONEMES` is.
        words: in order.
    """

    voice: str
    phonemes: str = field(repr=False)
    words: tuple[PronouncedWord, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Started:
    """The first event: who speaks, at what rate, and what of the job cannot be done (field paths)."""

    voice: str
    sample_rate_hz: int
    timing_quality: TimingQuality
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Audio:
    """Samples as they are made: signed 16-bit little-endian PCM, one channel, following on from the last."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class Words:
    """Times of words, in order, each once its last sample is known; samples from the start of the job."""

    words: tuple[SpokenWord, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the job is, 0 to 1."""

    fraction: float


@dataclass(frozen=True, slots=True)
class Charge:
    """What the vendor says the job cost. Remote engines only."""

    characters: int
    currency: str
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What a stop left behind at a vendor, for this job alone: work that goes on and is billed, or none.

    The last event of a job that was stopped, before its iterator ends. Remote engines only; without it a
    stop is what `EngineDescription.stoppable` says.
    """

    goes_on: bool


@dataclass(frozen=True, slots=True)
class Deviation:
    """How what was said differs from the text, where an engine can tell: words left out, words put in.

    For models that are asked to read and may do something else. Said once, at the end.
    """

    missing: int
    added: int


EngineEvent = Started | Audio | Words | Progress | Charge | Aftermath | Deviation


class StopFlag:
    """Set once, from any thread; an engine reads `requested` often, at least once per 50 ms of work."""

    __slots__ = ("_callbacks", "_lock", "_requested")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requested = False
        self._callbacks: list[Callable[[], object]] = []

    @property
    def requested(self) -> bool:
        """True once the job is to end."""
        return self._requested

    def set(self) -> None:
        """Ask the job to end."""
        with self._lock:
            self._requested = True
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def on_set(self, callback: Callable[[], object]) -> None:
        """Have `callback` called once, by the thread that sets the flag; at once where it is set already.

        For what waits rather than works: a job without a free instance, a read from a remote engine.
        """
        with self._lock:
            if not self._requested:
                self._callbacks.append(callback)
                return
        callback()


class Instance(ABC):
    """One loaded copy of an engine, used by one thread at a time, always the same one."""

    @abstractmethod
    def synthesize(self, job: Job, stop: StopFlag, emit: Callable[[EngineEvent], None]) -> None:
        """Speak a job, giving out Started first, then audio and words as they are made.

        It pushes rather than yields, because native engines call back from inside a call that blocks.
        `emit` returns at once and may be called from this thread only.

        Returns early, without an error, once `stop` is requested. After a job has ended in any way the
        instance is ready for the next.

        Raises:
            ParlandoError: the job cannot be done (BAD_MARKUP, NOT_SUPPORTED …) or the engine failed
                (ENGINE_FAILED).
        """

    @abstractmethod
    def close(self) -> None:
        """Give back what the instance holds."""


@dataclass(frozen=True, slots=True)
class Warmth:
    """How much is kept ready that nobody uses.

    Attributes:
        least: instances that are held however long they are not used, 1 or more.
        idle: seconds after which an instance beyond those is released, once nobody uses it.
    """

    least: int = 1
    idle: float = 600.0


class BlockingEngine(ABC):
    """A local engine whose calls block. All but `open` may be called from any thread.

    Attributes:
        rehearsal: what is spoken to nobody once the engine is loaded, in its default voice, to measure how
            much it can do at once; "" where that is not to be measured.
    """

    rehearsal: str = "One more word, then we begin."

    @abstractmethod
    def describe(self) -> EngineDescription:
        """Return what the engine is and can do. Valid once an instance has been opened."""

    @abstractmethod
    def voices(self) -> Sequence[Voice]:
        """Return the voices, sorted by id. Valid once an instance has been opened."""

    def find_voice(self, name: str) -> Voice | None:
        """Return the voice to use for a name a caller gave, or None when there is none.

        Engines that make voices by name, by mixing or by variant, override this; the id of the voice
        returned is what `Job.voice` will hold.
        """
        return named_voice(name, self.voices())

    def phonemize(self, job: Job) -> Pronunciation:  # noqa: ARG002  # for those who tell
        """Return how a job's text would be pronounced. Called once an instance has been opened.

        Raises:
            ParlandoError: NOT_SUPPORTED, it does not tell.
        """
        raise _untold()

    def add_voice(self, upload: VoiceUpload) -> Voice:  # noqa: ARG002  # for those who clone
        """Clone a voice, keep it, and return it. The same clip by the same id is the same voice.

        Raises:
            ParlandoError: NOT_SUPPORTED, the engine clones none; as `reference_clip`, at field "clip";
                ID_IN_USE, at field "id".
        """
        raise _clones_none()

    def mix_voice(self, mix: VoiceMix) -> Voice:  # noqa: ARG002  # for those who mix
        """Keep a mix as a voice, and return it. The same mix by the same id is the same voice.

        Raises:
            ParlandoError: NOT_SUPPORTED, the engine mixes none; VOICE_NOT_FOUND, at field "mix";
                ID_IN_USE, at field "id".
        """
        raise _mixes_none()

    def change_voice(self, voice: str, change: VoiceChange) -> Voice:  # noqa: ARG002  # likewise
        """Change what is said of a voice that was cloned or mixed, and return it.

        Raises:
            ParlandoError: NOT_SUPPORTED, the engine clones none, or the voice came with it;
                VOICE_NOT_FOUND; OUT_OF_RANGE, at the field.
        """
        raise _clones_none()

    def remove_voice(self, voice: str) -> None:  # noqa: ARG002  # likewise
        """Remove a voice that was cloned or mixed. Who is speaking with it may finish.

        Raises:
            ParlandoError: NOT_SUPPORTED, the engine clones none, or the voice came with it;
                VOICE_NOT_FOUND.
        """
        raise _clones_none()

    @abstractmethod
    def open(self) -> Instance:
        """Load and warm one instance, on the thread that will use it.

        Raises:
            ParlandoError: MODEL_NOT_FOUND or ENGINE_FAILED, saying what to do.
        """


class Engine(ABC):
    """What the worker drives."""

    @property
    def rehearsal(self) -> str:
        """What the worker has it speak to nobody once it is loaded; "" where each word has a price."""
        return ""

    @property
    def held(self) -> int:
        """Instances that are loaded now; 0 for an engine without any."""
        return 0

    async def keep(self, warmth: Warmth) -> None:  # noqa: B027  # remote engines have nothing to keep
        """Hold so many instances however long nobody uses them, from `load` on.

        Raises:
            ParlandoError: one of them does not open.
        """

    @abstractmethod
    async def load(self) -> None:
        """Make ready: load, connect, warm. The worker is not SERVING before this returns.

        Raises:
            ParlandoError: it cannot be made ready; the message says what to do.
        """

    @abstractmethod
    def describe(self) -> EngineDescription:
        """Return what the engine is and can do. Valid after `load`."""

    @abstractmethod
    def voices(self) -> Sequence[Voice]:
        """Return the voices, sorted by id. Valid after `load`."""

    def find_voice(self, name: str) -> Voice | None:
        """Return the voice to use for a name a caller gave, or None when there is none.

        Engines that make voices by name, by mixing or by variant, override this; the id of the voice
        returned is what `Job.voice` will hold.
        """
        return named_voice(name, self.voices())

    @abstractmethod
    def synthesize(self, job: Job, stop: StopFlag) -> AsyncGenerator[EngineEvent, None]:
        """Speak a job: Started first, then audio and words as they are made.

        The iterator ends early, without an error, once `stop` is requested, and when it has ended, or
        `aclose` has returned, the engine is idle for this job. A slow reader never holds the engine up
        for others.

        Raises:
            ParlandoError: as `Instance.synthesize`.
        """

    async def phonemize(self, job: Job) -> Pronunciation:  # noqa: ARG002  # for those who tell
        """Return how a job's text would be pronounced.

        Raises:
            ParlandoError: NOT_SUPPORTED, it does not tell.
        """
        raise _untold()

    async def voices_revision(self) -> str:
        """Return what tells whether the voices have changed. Valid after `load`."""
        return revision_of(self.voices())

    async def add_voice(self, upload: VoiceUpload) -> Voice:  # noqa: ARG002  # for those who clone
        """Clone a voice; see `BlockingEngine.add_voice`."""
        raise _clones_none()

    async def mix_voice(self, mix: VoiceMix) -> Voice:  # noqa: ARG002  # for those who mix
        """Keep a mix as a voice; see `BlockingEngine.mix_voice`."""
        raise _mixes_none()

    async def change_voice(self, voice: str, change: VoiceChange) -> Voice:  # noqa: ARG002  # likewise
        """Change what is said of a voice; see `BlockingEngine.change_voice`."""
        raise _clones_none()

    async def remove_voice(self, voice: str) -> None:  # noqa: ARG002  # likewise
        """Remove a voice; see `BlockingEngine.remove_voice`."""
        raise _clones_none()

    @abstractmethod
    async def close(self) -> None:
        """Give back everything. Called once no job is live."""


def _untold() -> ParlandoError:
    return ParlandoError(
        Reason.NOT_SUPPORTED, "the engine does not tell how it pronounces: ask one that phonemizes"
    )


def _clones_none() -> ParlandoError:
    return ParlandoError(
        Reason.NOT_SUPPORTED, "the engine has its voices and clones none: ask one with voice_cloning"
    )


def _mixes_none() -> ParlandoError:
    return ParlandoError(
        Reason.NOT_SUPPORTED, "the engine has its voices and mixes none: ask one with voice_mixing"
    )

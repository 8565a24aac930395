"""The port that engines implement.

An engine is one of two kinds:

- *blocking* and local, on the CPU or a GPU: implement `BlockingEngine` and wrap it in
  `parlando_synth.threaded.ThreadedEngine`, which gives each instance a thread of its own;
- a *stream*, from a service elsewhere or a process: implement `Engine` itself, on asyncio; where it has
  instances, `parlando_synth.pooled.PooledEngine`.

The worker drives `Engine` alone. Nothing here knows gRPC, and timings refer to the spoken text.
An engine is found by its name among the entry points of group "parlando.engines"; the entry point is a
callable without arguments that returns an `Engine`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.cloned_voice import VoiceChange, VoiceUpload
from parlando_synth.description import EngineDescription
from parlando_synth.events import EngineEvent
from parlando_synth.job import Job
from parlando_synth.mixed_voice import VoiceMix
from parlando_synth.pronunciation import Pronunciation
from parlando_synth.stop_flag import StopFlag
from parlando_synth.voice import Voice, named_voice, revision_of

REHEARSAL = "One more word, then we begin."
"""What an engine speaks to nobody once it is loaded, unless it says another."""


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

    rehearsal: str = REHEARSAL

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

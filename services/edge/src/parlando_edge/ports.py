"""What the edge needs of the router, in its own terms. Adapters translate to its messages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol

from parlando_edge.formats import AudioFormat
from parlando_kit.ledger import Word
from parlando_kit.spans import Span


@dataclass(frozen=True, slots=True)
class SpeechSettings:
    """How a text is to be spoken.

    Attributes:
        voice: a voice's id, also as "engine:voice"; "" is the default.
        engine: an engine's name; "" lets the router choose.
        language: BCP 47 tag; "" is guessed.
        speed: in proportion to the voice's own, 0.25 to 4.
        audio: how it is delivered.
        session_id: the session it belongs to; "" for none.
        emotion: a feeling's name, for engines that have it; "" for none.
        instructions: sentences on how to speak, for engines that read them; "" for none.
        engine_field: what the caller named the engine by, as errors call it.
    """

    voice: str = ""
    engine: str = ""
    language: str = ""
    speed: float = 1.0
    audio: AudioFormat = field(default_factory=AudioFormat)
    session_id: str = ""
    emotion: str = ""
    instructions: str = field(default="", repr=False)
    engine_field: str = field(default="model", compare=False)


@dataclass(frozen=True, slots=True)
class Started:
    """An engine was chosen.

    Attributes:
        engine: its name.
        voice: the voice that speaks.
        ignored: what was asked and cannot be done by it, as the router names its fields.
    """

    engine: str
    voice: str
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FragmentBegun:
    """A stretch of the text is about to be heard."""

    source: Span


@dataclass(frozen=True, slots=True)
class AudioMade:
    """Bytes in the format asked for; `sample_count` samples of sound, 0 for a trailer."""

    data: bytes
    sample_count: int


@dataclass(frozen=True, slots=True)
class WordsTimed:
    """When words are heard, in samples from the start at the rate asked for."""

    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """What one engine did.

    Attributes:
        engine: its name.
        characters: what it was given.
        engine_seconds: how long it worked.
        currency: of what it cost; "" for an engine without a price.
        nanos: what it cost, in billionths of the currency's unit.
    """

    engine: str
    characters: int
    engine_seconds: float
    currency: str = ""
    nanos: int = 0


@dataclass(frozen=True, slots=True)
class Finished:
    """All is said, or what was said before a cancel.

    Attributes:
        sample_count: samples sent.
        characters: code points of text that arrived.
        words: every word that was sent.
        usage: what it took, by engine.
        first_chunk: seconds from the text's arrival at the router until its first audio left it; None where
            there was none.
    """

    sample_count: int
    characters: int
    words: tuple[Word, ...]
    usage: tuple[Usage, ...] = ()
    first_chunk: float | None = None


@dataclass(frozen=True, slots=True)
class Flushed:
    """All audio of the text before a flush was told; `number` is the flush's."""

    number: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """The engines are idle after a cancel.

    Attributes:
        last_byte_after: seconds from its arrival at the router until the last audio left there.
        idle_after: seconds from its arrival at the router until they were.
        engine_time_after: seconds that they worked once the stop had reached them.
    """

    last_byte_after: float
    idle_after: float
    engine_time_after: float


SpeechEvent = Started | FragmentBegun | AudioMade | WordsTimed | Flushed | Stopped | Finished


class Utterance(Protocol):
    """One text being spoken."""

    def __aiter__(self) -> AsyncIterator[SpeechEvent]:
        """Return what happens, in order, up to Finished. A failure is raised as ParlandoError."""
        ...

    def cancel(self) -> None:
        """Have the engines stop. What was said of it follows as Finished; audio may still be under way."""
        ...


class GrowingUtterance(Utterance, Protocol):
    """An utterance whose text is written to it. None of it waits: the caller bounds it."""

    def write(self, text: str) -> None:
        """Append text."""
        ...

    def flush(self, number: int) -> None:
        """Speak what there is without waiting for more; Flushed follows its last audio."""
        ...

    def end(self) -> None:
        """Say that no more text follows."""
        ...


Gender = Literal["female", "male", "neutral", ""]
"""Of a voice, as its maker states it; "" where it is not stated."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice that can be asked for.

    Attributes:
        id: what to ask for.
        name: for people.
        engine: that has it.
        languages: BCP 47 tags, the best first.
        names: all it answers to, in lower case.
        gender: as its maker states it.
        cloned: it was made from a recording.
        licence: under which it may be used; "" where it is not known.
        description: a sentence about it, for people.
        mix: what it is mixed of; "" for none.
    """

    id: str
    name: str
    engine: str
    languages: tuple[str, ...]
    names: frozenset[str]
    gender: Gender = ""
    cloned: bool = False
    licence: str = ""
    description: str = ""
    mix: str = ""


@dataclass(frozen=True, slots=True)
class WantedVoices:
    """Which voices are to be listed; what is left as it is asks for all.

    Attributes:
        language: BCP 47 tag that they speak; "en" also means "en-GB".
        engine: the one that has them.
        gender: that they have.
        cloned: made from a recording, or not.
        text: in their id, name or description.
    """

    language: str = ""
    engine: str = ""
    gender: Gender = ""
    cloned: bool | None = None
    text: str = ""


ALL_VOICES = WantedVoices()
"""Whatever there is."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker's own word of itself.

    Attributes:
        serving: whether it would be given work now.
        detail: why not, for people.
        state: its engine's state in lower case. Example: "ready".
        version: its engine's version.
        model: its model; "" where the engine has one only, or none.
        first_chunk: seconds until its first audio, as predicted; None when not known.
    """

    serving: bool
    detail: str = ""
    state: str = "unknown"
    version: str = ""
    model: str = ""
    first_chunk: float | None = None


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine with its workers; `name` is "" while none of them has answered."""

    name: str
    primary: bool
    workers: tuple[Worker, ...]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a text would take.

    Attributes:
        engine: the engine that would speak.
        voice: its voice.
        characters: what the engine would count.
        audio: seconds of sound, as far as can be told.
        currency: of what it would cost; "" for an engine without a price.
        nanos: what it would cost, in billionths of the currency's unit.
    """

    engine: str
    voice: str
    characters: int
    audio: float
    currency: str = ""
    nanos: int = 0


class Speaker(Protocol):
    """The router. Every method raises ParlandoError when it fails."""

    def say(self, text: str, settings: SpeechSettings) -> AbstractAsyncContextManager[Utterance]:
        """Speak as fast as it is read. Leaving the block before its end stops the engines."""
        ...

    def speak(self, settings: SpeechSettings) -> AbstractAsyncContextManager[GrowingUtterance]:
        """Speak what is written to it, a little ahead of playback. Leaving the block stops the engines."""
        ...

    async def voices(self, wanted: WantedVoices = ALL_VOICES) -> Sequence[Voice]:
        """Return the voices of all engines that are up."""
        ...

    async def preview(self, engine: str, voice: str) -> bytes:
        """Return a short sentence by a voice, as a WAV file."""
        ...

    async def engines(self) -> Sequence[Engine]:
        """Return the engines, the first choice first."""
        ...

    async def estimate(self, text: str, settings: SpeechSettings) -> Estimate:
        """Return what a text would take, without speaking it."""
        ...

    async def serving(self) -> bool:
        """Return whether the router says that it serves."""
        ...

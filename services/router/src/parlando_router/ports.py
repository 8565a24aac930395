"""What the router needs of other services, in its own words: fragments from one, syntheses from others."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

from parlando_kit.ledger import SpokenWord, TimingQuality
from parlando_kit.spans import Span, SpanMap
from parlando_router.request import Markup, Schedule


class TextKind(IntEnum):
    """How a spoken text is to be read; the numbers of `parlando.synth.v1.TextKind`."""

    PLAIN = 1
    SSML = 2
    PHONEMES = 3


@dataclass(frozen=True, slots=True)
class FragmentConfig:
    """How to fragment one epoch. Units as in `parlando.fragmenter.v1.FragmentConfig`."""

    source_offset: int
    language: str
    markup: Markup
    schedule: Schedule
    flush_after: float | None
    disabled_rules: Collection[str] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Fragment:
    """Something that can be spoken. Fields as in `parlando.fragmenter.v1.Fragment`; pause in seconds."""

    source: Span
    spoken_text: str = field(repr=False)
    text_kind: TextKind
    text_map: SpanMap
    pause_after: float
    ends_sentence: bool
    language: str
    emotion: str = ""


@dataclass(frozen=True, slots=True)
class FlushDone:
    """Everything before the flush with this id has been given out."""

    flush_id: int


class FragmentStream(Protocol):
    """One epoch's text on its way through the fragmenter. One task sends, one iterates."""

    async def send_text(self, text: str) -> None:
        """Append text, as fast as the fragmenter takes it."""
        ...

    async def send_hint(self, audio_queued: float, real_time_factor: float) -> None:
        """Say how playback stands, in seconds and in engine time per second of audio."""
        ...

    async def send_flush(self, flush_id: int) -> None:
        """Ask for everything there is."""
        ...

    async def send_end(self) -> None:
        """Say that no more text follows."""
        ...

    async def next(self) -> Fragment | FlushDone | None:
        """Return what comes next, or None after the last fragment.

        Raises:
            ParlandoError: what the fragmenter answered, or DEPENDENCY_UNAVAILABLE.
        """
        ...

    def close(self) -> None:
        """Drop the stream, whatever is under way. Idempotent."""
        ...


class Fragmenter(Protocol):
    """The fragmenter."""

    async def open(self, config: FragmentConfig) -> FragmentStream:
        """Begin an epoch."""
        ...

    async def cut(
        self, config: FragmentConfig, text: str, *, audio_queued: float = 0.0, real_time_factor: float = 0.0
    ) -> Sequence[Fragment]:
        """Return the fragments of a text that is all there, up to 4,000 code points.

        Args:
            config: how to fragment it.
            text: all of it.
            audio_queued: how playback stands, as in `FragmentStream.send_hint`.
            real_time_factor: likewise; 0 says nothing.

        Raises:
            ParlandoError: as `FragmentStream.next`.
        """
        ...


@dataclass(frozen=True, slots=True)
class SynthesisRequest:
    """One fragment to synthesise. Units as in `parlando.synth.v1.SynthesizeRequest`."""

    synthesis_id: str
    text: str = field(repr=False)
    text_kind: TextKind
    voice: str
    language: str
    speed: float = 1.0
    pitch_semitones: float = 0.0
    volume_db: float = 0.0
    emotion: str = ""
    emotion_intensity: float = 0.5
    previous_text: str = field(default="", repr=False)
    seed: int | None = None
    audio_queued: float = 0.0
    engine_options: Mapping[str, str] = field(default_factory=dict)
    seconds_left: float = math.inf  # until the caller's own deadline


@dataclass(frozen=True, slots=True)
class SynthesisStarted:
    """Who speaks, at what rate, with what timings, and what cannot be done."""

    voice: str
    sample_rate_hz: int
    timing_quality: TimingQuality
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SynthesisAudio:
    """Signed 16-bit little-endian PCM, one channel, following on from the last."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class SynthesisWords:
    """Times of words from the start of the synthesis, at its own rate."""

    words: tuple[SpokenWord, ...]


@dataclass(frozen=True, slots=True)
class SynthesisFinished:
    """What it took: seconds of engine time, characters, money; and words that were left out or put in."""

    engine_time: float
    characters: int
    cost: Cost | None
    words_missing: int = 0
    words_added: int = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """An amount of money in billionths of a unit of an ISO 4217 currency."""

    currency: str
    nanos: int


SynthesisEvent = SynthesisStarted | SynthesisAudio | SynthesisWords | SynthesisFinished


class StopOutcome(IntEnum):
    """How a stop ended, the worst last; the numbers of `parlando.synth.v1.StopOutcome` bar the order."""

    STOPPED = 1
    ABANDONED = 2
    ALREADY_FINISHED = 3
    UNCONFIRMED = 4
    WORKER_LOST = 5


@dataclass(frozen=True, slots=True)
class StopResult:
    """What a worker said of a stop: samples at its own rate, times in seconds."""

    outcome: StopOutcome
    samples_made: int = 0
    engine_time_after_stop: float = 0.0


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """How a text would be pronounced: by whom, all of it, and its words' phonemes by spans of that text."""

    voice: str
    phonemes: str = field(repr=False)
    words: Sequence[tuple[Span, str]] = field(repr=False)


class Synthesis(Protocol):
    """One synthesis under way on one worker."""

    async def next(self) -> SynthesisEvent | None:
        """Return what comes next, or None after the last event.

        Raises:
            ParlandoError: what the worker answered; DEPENDENCY_UNAVAILABLE when it is gone.
        """
        ...

    async def stop(self) -> StopResult:
        """End it, and return when the engine is idle for it, or after 2 s with UNCONFIRMED."""
        ...

    def abandon(self) -> None:
        """End it without waiting for an answer: its worker may be in no state to give one.

        A `next` under way raises ENGINE_FAILED.
        """
        ...


class Worker(Protocol):
    """One synth worker."""

    def synthesize(self, request: SynthesisRequest) -> Synthesis:
        """Begin a synthesis."""
        ...

    async def phonemize(self, text: str, voice: str, language: str) -> Pronunciation:
        """Return how a text would be pronounced, voice and language being as in a synthesis.

        Raises:
            ParlandoError: what the worker answered; DEPENDENCY_UNAVAILABLE when it is gone.
        """
        ...

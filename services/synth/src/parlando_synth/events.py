"""What an engine tells while it does a job. Times are in samples and refer to the spoken text."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from parlando_kit.ledger import SpokenWord, TimingQuality


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

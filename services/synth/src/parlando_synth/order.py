"""What callers order, and what the worker gives back: the worker's own words for its contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from parlando_kit.ledger import TimingQuality
from parlando_synth.events import Charge, Deviation, Progress, Words
from parlando_synth.job import TextKind


@dataclass(frozen=True, slots=True)
class Order:
    """One fragment to synthesise, as a caller asks for it: unchecked. None is "as the voice is"."""

    id: str
    text: str = field(repr=False)
    text_kind: TextKind = TextKind.PLAIN
    voice: str = ""
    language: str = ""
    model: str = ""
    speed: float | None = None
    pitch_semitones: float | None = None
    volume_db: float | None = None
    emotion: str = ""
    emotion_intensity: float | None = None
    previous_text: str = field(default="", repr=False)
    next_text: str = field(default="", repr=False)
    seed: int | None = None
    audio_queued: float = 0.0
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Begun:
    """The first output of a synthesis.

    Attributes:
        ignored: what was asked and cannot be done, as field paths.
        queued: seconds spent waiting for a free instance.
    """

    voice: str
    sample_rate_hz: int
    timing_quality: TimingQuality
    ignored: tuple[str, ...]
    queued: float


@dataclass(frozen=True, slots=True)
class Samples:
    """Signed 16-bit little-endian PCM, one channel, beginning at sample `first_sample` of the synthesis."""

    pcm: bytes
    first_sample: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The last output of a synthesis that was completed.

    Attributes:
        engine_time: seconds the engine worked.
        characters: code points, as the worker counts them.
        charge: what the vendor says it cost, where it says so.
        deviation: how what was said differs from the text, where the engine has said so.
    """

    sample_count: int
    engine_time: float
    characters: int
    charge: Charge | None
    deviation: Deviation | None = None


Output = Begun | Samples | Words | Progress | Finished

Together = list[Output]
"""Outputs that are there together: at most one of each kind, in the order of `Output`."""


class StopOutcome(Enum):
    """How a stop ended; see `parlando.synth.v1.StopOutcome`."""

    STOPPED = "stopped"
    ABANDONED = "abandoned"
    ALREADY_FINISHED = "already finished"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class StopReport:
    """What a stop did.

    Attributes:
        samples_made: before the end, sent or not.
        engine_time_after_stop: seconds the engine worked after the stop arrived.
        idle_after: seconds from the arrival of the stop until the engine was idle.
    """

    outcome: StopOutcome
    samples_made: int = 0
    engine_time_after_stop: float = 0.0
    idle_after: float = 0.0

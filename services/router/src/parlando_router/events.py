"""What happens in an utterance, as its caller is told. Samples at the output rate, times in seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from parlando_kit.ledger import TimingQuality, Word
from parlando_kit.spans import Span
from parlando_router.ports import Cost, StopOutcome

Samples = NDArray[np.int16]
"""One channel of signed 16-bit samples, shape [n]."""


@dataclass(frozen=True, slots=True)
class Started:
    """It begins."""

    engine: str
    voice: str
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FragmentBegun:
    """A fragment begins."""

    fragment_index: int
    source: Span
    spoken_text: str = field(repr=False)
    first_sample: int
    ends_sentence: bool
    synthesis_id: str
    language: str


@dataclass(frozen=True, slots=True)
class Frame:
    """Audio, before it is encoded."""

    samples: Samples
    first_sample: int
    fragment_index: int
    synthesis_id: str

    @property
    def end_sample(self) -> int:
        """One past the last sample."""
        return self.first_sample + len(self.samples)


@dataclass(frozen=True, slots=True)
class AudioSent:
    """Audio as it leaves: a frame's bytes, or a container's trailer."""

    data: bytes
    first_sample: int
    sample_count: int
    fragment_index: int
    synthesis_id: str


@dataclass(frozen=True, slots=True)
class WordsTimed:
    """Times of words."""

    words: tuple[Word, ...]
    fragment_index: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is."""

    source_done: int
    source_received: int
    fraction: float
    time_left: float | None
    speaking: Span


@dataclass(frozen=True, slots=True)
class EngineChanged:
    """Another engine, voice or worker speaks from here on; `reason` is why, "" for another language."""

    engine: str
    voice: str
    first_sample: int
    source_offset: int
    reason: str
    seam_quality: TimingQuality


@dataclass(frozen=True, slots=True)
class Flushed:
    """Every frame before the flush has been sent."""

    flush_id: int


@dataclass(frozen=True, slots=True)
class Cancelled:
    """No frame of an epoch <= this one follows."""

    epoch: int
    samples_sent: int


@dataclass(frozen=True, slots=True)
class StopReport:
    """What a cancel stopped. `cancelled_at` is the router's own clock, and not told to callers."""

    epoch: int
    samples_sent: int
    fragments_dropped: int
    samples_discarded: int
    cancelled_at: float
    last_byte_after: float
    idle_after: float
    engine_time_after_stop: float
    outcome: StopOutcome


def together(reports: Sequence[StopReport]) -> StopReport:
    """Return one report of several, at least one: sums, the worst outcome, the latest times."""
    return StopReport(
        epoch=max(each.epoch for each in reports),
        samples_sent=max(each.samples_sent for each in reports),
        fragments_dropped=sum(each.fragments_dropped for each in reports),
        samples_discarded=sum(each.samples_discarded for each in reports),
        cancelled_at=min(each.cancelled_at for each in reports),
        last_byte_after=max(each.last_byte_after for each in reports),
        idle_after=max(each.idle_after for each in reports),
        engine_time_after_stop=sum(each.engine_time_after_stop for each in reports),
        outcome=max(each.outcome for each in reports),
    )


@dataclass(frozen=True, slots=True)
class Usage:
    """What one engine did for the utterance."""

    characters: int = 0
    engine_time: float = 0.0
    cost: Cost | None = None
    model: str = ""
    words_missing: int = 0
    words_added: int = 0


@dataclass(frozen=True, slots=True)
class Finished:
    """It is over."""

    sample_count: int
    words: tuple[Word, ...]
    first_chunk: float | None
    usage: Mapping[str, Usage]
    source_length: int
    most_unheard: float | None


SpeechEvent = (
    Started
    | FragmentBegun
    | AudioSent
    | WordsTimed
    | Progress
    | EngineChanged
    | Flushed
    | Cancelled
    | StopReport
    | Finished
)

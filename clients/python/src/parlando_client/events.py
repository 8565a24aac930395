"""What happens in an utterance, as `say` and `speak` return it.

Thin, typed forms of the messages in parlando/speech/v1/speech.proto, which states each field's meaning.
Times are seconds. Samples are counted from the start of the utterance at the output rate; text offsets
are code points from the start of the utterance's text, and never reset.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum


class TimingQuality(IntEnum):
    """Where a word's times come from."""

    UNSPECIFIED = 0
    EXACT = 1
    ALIGNED = 2
    ESTIMATED = 3

    @classmethod
    def _missing_(cls, _value: object) -> TimingQuality:
        return cls.UNSPECIFIED  # a quality that a later version may bring


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """How the audio of an utterance is delivered; `codec` and `container` as in `Delivery`."""

    codec: str
    container: str
    sample_rate_hz: int
    bit_rate_bps: int | None
    encoder_delay_samples: int


@dataclass(frozen=True, slots=True)
class Money:
    """An amount and its ISO 4217 currency; "" where nothing is charged."""

    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Word:
    """A word, when it is heard, and what the caller wrote for it: text[start:end]."""

    text: str
    start: int
    end: int
    first_sample: int
    sample_count: int
    quality: TimingQuality


@dataclass(frozen=True, slots=True)
class Usage:
    """What one engine did for an utterance."""

    engine: str
    characters: int
    cost: Money
    engine_time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, in order. `epoch` counts the beginnings of the text; 1 outside `speak`."""

    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(Event):
    """Text has arrived and the engine is chosen."""

    engine: str
    voice: str
    format: AudioFormat
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FragmentBegun(Event):
    """A fragment is about to be spoken: the caller's text[start:end]."""

    fragment: int
    start: int
    end: int
    spoken_text: str
    first_sample: int
    ends_sentence: bool
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio(Event):
    """Bytes in the format of `Started`."""

    data: bytes
    first_sample: int
    sample_count: int
    fragment: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Words(Event):
    """Times of words, in order, each word once."""

    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Event):
    """How far the utterance is; `fraction` is 0 to 1, `time_left` None while text still arrives."""

    source_done: int
    source_received: int
    fraction: float
    time_left: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flushed(Event):
    """Every frame before the flush with this id has been returned."""

    flush_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineChanged(Event):
    """Another engine or replica speaks from here on; `reason` is an error reason."""

    engine: str
    voice: str
    first_sample: int
    source_offset: int
    reason: str
    seam_quality: TimingQuality


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled(Event):
    """No audio of `epoch` or an earlier one follows."""

    samples_sent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StopReport(Event):
    """What the cancel of `epoch` stopped; `outcome` is a StopOutcome such as "STOPPED"."""

    samples_sent: int
    fragments_dropped: int
    samples_discarded: int
    last_byte_after: float
    idle_after: float
    engine_time_after_stop: float
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished(Event):
    """The utterance is over. Always the last event."""

    sample_count: int
    words: tuple[Word, ...]
    first_chunk: float | None
    usage: tuple[Usage, ...]
    source_length: int
    most_unheard: float | None

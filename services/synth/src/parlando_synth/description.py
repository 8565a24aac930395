"""What an engine says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from parlando_kit.ledger import TimingQuality
from parlando_synth.job import TextKind


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
        default_voice: what speaks where no voice is named; "" while there is no voice at all.
        default_moves: another voice becomes the default where it is removed.
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
    default_moves: bool = False
    stoppable: bool = True
    repeatable: bool = False
    phonemizes: bool = False
    max_phonemes_per_run: int = 0
    longest_silence: float = 0.0
    price: Price | None = None

"""What an engine is asked to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class TextKind(Enum):
    """How a text is to be read."""

    PLAIN = "plain"
    SSML = "ssml"
    PHONEMES = "phonemes"


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

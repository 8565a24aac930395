"""How a text would be pronounced."""

from __future__ import annotations

from dataclasses import dataclass, field

from parlando_kit.spans import Span


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

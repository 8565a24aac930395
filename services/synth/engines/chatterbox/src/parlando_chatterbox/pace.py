"""How long a text takes to say, as far as its script tells."""

from __future__ import annotations

import unicodedata

_SYLLABLE = 3
"""Letters that a sign of Chinese, Japanese or Korean counts as: each is a syllable or more. People say 5 to 8
syllables a second in those languages (Pellegrino, Coupé, Marsico 2011), and about 15 letters of English.
"""


def letters(text: str) -> int:
    """Return how many letters of an alphabet take as long to say as a text does."""
    return sum(map(weight, text))


def weight(sign: str) -> int:
    """Return how many letters a code point counts as."""
    return _SYLLABLE if unicodedata.east_asian_width(sign) in "WF" else 1

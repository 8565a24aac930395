"""Texts to measure with."""

from __future__ import annotations

SENTENCE = "The quick brown fox jumps over the lazy dog near the river bank."
"""12 words."""

PARAGRAPH = (
    "Early in the morning the harbour is quiet, and only the gulls are awake. "
    "A fisherman mends his net by the light of a lamp, slowly, knot after knot, without looking up. "
    "When the sun comes over the hill the first boats go out, one behind another, and their wakes cross. "
    "By noon they are back, and the whole town smells of salt, of tar and of frying fish."
)
"""60 words or so, in four sentences."""


def long_text(words: int) -> str:
    """Return at least so many words of prose."""
    times = -(-words // len(PARAGRAPH.split()))
    return " ".join([PARAGRAPH] * times)

"""Which symbols are which word's, where a text has no marks; engines test what espeak-ng makes of words."""

import time
from collections.abc import Sequence

from parlando_synth.reading import Reading, read

_VOCABULARY = frozenset("abcdefghijklmnopqrstuvwxyz ")


def _spelled(texts: Sequence[str]) -> list[str]:
    """Spell words as they are written, and run some together, as espeak-ng does."""
    return [text.replace("of the", "ofthe") for text in texts]


def _read(text: str) -> Reading:
    return read(text, _spelled, _VOCABULARY, {})


def _seconds(text: str) -> float:
    began = time.process_time()
    _read(text)
    return time.process_time() - began


def test_a_long_text_without_marks_has_each_words_symbols() -> None:
    text = ("of the end " * 250).strip()
    reading = _read(text)
    said = [(word.spoken.start, reading.symbols[word.start : word.end]) for word in reading.words]
    assert [symbols for _, symbols in said] == text.split()
    assert all(text.startswith(symbols, start) for start, symbols in said)


def test_four_times_the_text_takes_four_times_as_long() -> None:
    ratios = [_seconds("of the end " * 200) / max(_seconds("of the end " * 50), 1e-4) for _ in range(3)]
    assert min(ratios) < 9.0  # quadratic work takes sixteen times as long

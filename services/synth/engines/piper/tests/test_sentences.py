"""Where a reading is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlando_kit.spans import Span
from parlando_piper.sentences import sentences
from parlando_synth.reading import Reading, ReadWord


def reading_of(symbols: str) -> Reading:
    words, start = [], 0
    for part in symbols.split(" "):
        core = part.rstrip(".!?,;:")
        if core:
            words.append(ReadWord(Span(start, start + len(core)), start, start + len(core)))
        start += len(part) + 1
    return Reading(symbols, words)


def cuts(symbols: str, longest: int) -> list[str]:
    return [symbols[start:end] for start, end in sentences(reading_of(symbols), longest)]


@pytest.mark.parametrize(
    ("symbols", "parts"),
    [
        ("", []),
        ("...", []),
        ("aa bb", ["aa bb"]),
        ("aa bb. cc, dd! ee? ff", ["aa bb.", "cc, dd!", "ee?", "ff"]),
        ("... aa. ... bb. !", ["aa.", "bb."]),
        ("aaa bbb, ccc ddd eee fff", ["aaa bbb,", "ccc ddd eee", "fff"]),
        ("aaa bbb ccc, ddd eee", ["aaa bbb ccc,", "ddd eee"]),
        ("aaaaaaaaaaaaaaaaaaaa bb", ["aaaaaaaaaaaaa", "aaaaaaa bb"]),
    ],
)
def test_a_sentence_is_whole_unless_it_is_long(symbols: str, parts: list[str]) -> None:
    assert cuts(symbols, 13) == parts


@given(st.text("ab .,?", max_size=300), st.integers(5, 60))
def test_every_word_is_in_a_sentence(symbols: str, longest: int) -> None:
    symbols = " ".join(symbols.split())
    reading = reading_of(symbols)
    found = list(sentences(reading, longest))
    assert all(0 < end - start <= longest for start, end in found)
    covered = {place for start, end in found for place in range(start, end)}
    assert {place for word in reading.words for place in range(word.start, word.end)} <= covered

"""Sentences, and words that are timed by their length."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlando_kit.spans import Span
from parlando_synth.untimed import estimated, sentences


def parts(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" ... - ! ", []),
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ('She said "no." He\nleft…  and 3.14 stays', ['She said "no."', "He\nleft…", "and 3.14 stays"]),
        ("你好。再见。", ["你好。", "再见。"]),
    ],
)
def test_a_text_is_cut_after_each_sentence(text: str, expected: list[str]) -> None:
    assert parts(text) == expected


@given(st.text('ab1 .!?\n"。', max_size=80))
def test_every_letter_is_in_a_sentence(text: str) -> None:
    covered = {place for span in sentences(text) for place in range(span.start, span.end)}
    assert {place for place, character in enumerate(text) if character.isalnum()} <= covered


@given(st.text("ab1 .!?\n", max_size=80), st.integers(0, 10_000), st.integers(0, 100_000))
def test_words_share_the_audio_of_their_sentence(text: str, first: int, samples: int) -> None:
    for sentence in sentences(text):
        words = estimated(text, sentence, first, samples)
        assert words[0].first_sample == first
        assert words[-1].end_sample == first + samples
        assert all(a.end_sample == b.first_sample for a, b in pairwise(words))
        assert all(a.spoken.end <= b.spoken.start for a, b in pairwise(words))


def test_a_long_word_lasts_longer() -> None:
    short, long = estimated("a - lighthouse", Span(0, 14), 0, 1100)
    assert (short.sample_count, long.sample_count) == (100, 1000)

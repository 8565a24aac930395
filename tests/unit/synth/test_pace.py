"""Words get times in order, within the sound, all of them, however fast a voice speaks."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlando_kit.ledger import SpokenWord, TimingQuality
from parlando_kit.spans import Span
from parlando_synth.pace import Pace, PacedWords

TEXT = "one, two - three and forty-four (five)"


def _check(timed: list[SpokenWord], samples: int) -> None:
    assert [TEXT[word.spoken.start : word.spoken.end] for word in timed] == [
        word for word in TEXT.split() if word != "-"
    ]
    assert all(word.quality is TimingQuality.ESTIMATED for word in timed)
    for word, following in pairwise(timed):
        assert word.end_sample <= following.first_sample
    assert timed[-1].end_sample == samples


@given(st.lists(st.integers(1, 20_000), min_size=1, max_size=20), st.floats(0.1, 5_000))
def test_every_word_is_timed_within_the_sound(pieces: list[int], per_code_point: float) -> None:
    words, made, timed = PacedWords(TEXT, per_code_point), 0, list[SpokenWord]()
    for piece in pieces:
        made += piece
        timed += words.made(made)
        assert all(word.end_sample <= made for word in timed)
    timed += words.end(made)
    _check(timed, made)
    assert words.end(made) == ()


def test_a_word_is_timed_once_its_end_is_thought_to_be_made() -> None:
    words = PacedWords("abc defg hi", 100)
    assert [word.end_sample for word in words.made(299)] == []
    assert [word.end_sample for word in words.made(300)] == [300]
    assert [(word.first_sample, word.end_sample) for word in words.made(5_000)] == [(300, 700)]
    assert [(word.first_sample, word.end_sample) for word in words.end(5_000)] == [(700, 5_000)]


def test_words_of_a_part_are_timed_from_where_it_begins() -> None:
    text = "Not this. But that one."
    words = PacedWords(text, 100, Span(10, 23), begins=1_000)
    assert words.made(1_299) == ()
    timed = [*words.made(1_300), *words.end(2_000)]
    assert [text[word.spoken.start : word.spoken.end] for word in timed] == ["But", "that", "one."]
    assert [(word.first_sample, word.end_sample) for word in timed] == [
        (1_000, 1_300),
        (1_300, 1_650),
        (1_650, 2_000),
    ]
    assert PacedWords(text, 100, Span(9, 9)).code_points == 0


def test_a_text_without_words_has_none() -> None:
    words = PacedWords("- ... !", 100)
    assert (words.code_points, words.made(1_000), words.end(1_000)) == (0, (), ())


def test_a_voice_is_remembered_by_how_fast_it_was() -> None:
    pace = Pace()
    usual = pace.of("a")
    pace.spoke("a", 10, 1.0)
    assert pace.of("a") == pytest.approx(0.1)
    pace.spoke("a", 10, 2.0)
    assert 0.1 < pace.of("a") < 0.2
    assert pace.of("b") == usual
    for number in range(1_000):
        pace.spoke(str(number), 10, 1.0)
    assert pace.of("a") == usual, "only so many voices are remembered"
    pace.spoke("c", 0, 1.0)
    assert pace.of("c") == usual

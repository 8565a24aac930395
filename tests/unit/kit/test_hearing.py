"""What was heard of a text whose ledger is gone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlando_kit.hearing import heard_of
from parlando_kit.ledger import TimingQuality, Word
from parlando_kit.spans import Span

TEXT = "Well, yes!"
WORDS = (
    Word(Span(0, 4), 0, Span(0, 4), 10, 20, TimingQuality.EXACT),
    Word(Span(6, 9), 0, Span(6, 9), 40, 20, TimingQuality.ALIGNED),
)


def heard(played: int, words: tuple[Word, ...] = WORDS, *, whole: bool) -> str:
    """Return the text that was heard."""
    found = heard_of(words, played, sample_count=70, length=len(TEXT), whole=whole)
    assert found.words == tuple(word for word in words if word.source.end <= found.source_offset)
    return TEXT[: found.source_offset]


@pytest.mark.parametrize(
    ("played", "text"), [(0, ""), (19, ""), (20, "Well, "), (49, "Well, "), (50, TEXT), (999, TEXT)]
)
def test_a_word_is_heard_by_its_half(played: int, text: str) -> None:
    assert heard(played, whole=True) == text


def test_what_follows_the_last_word_of_a_broken_turn_was_not_heard() -> None:
    assert heard(70, whole=False) == "Well, yes"
    assert heard(70, WORDS[:1], whole=False) == "Well"
    assert heard(70, (), whole=False) == ""


def test_text_without_words_is_heard_once_all_of_it_was_played() -> None:
    assert heard(69, (), whole=True) == ""
    assert heard(70, (), whole=True) == TEXT


@given(st.integers(0, 100), st.integers(0, 100), st.booleans())
def test_more_played_is_never_less_heard(earlier: int, later: int, whole: bool) -> None:  # noqa: FBT001  # drawn
    first, second = sorted((earlier, later))
    assert heard(second, whole=whole).startswith(heard(first, whole=whole))

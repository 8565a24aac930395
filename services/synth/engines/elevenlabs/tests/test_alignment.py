"""Characters' times made words'."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from parlando_elevenlabs.alignment import Alignment
from parlando_kit.ledger import TimingQuality


def test_a_word_comes_once_all_its_characters_are_known() -> None:
    alignment = Alignment("One two.", 1_000)
    alignment.add("One t", [0, 10, 20, 30, 40], [10, 20, 30, 40, 50])
    [one] = alignment.done(60)
    assert (one.first_sample, one.sample_count, one.quality) == (0, 30, TimingQuality.EXACT)
    assert not alignment.whole
    alignment.add("wo.", [50, 60, 70], [60, 70, 80])
    [two] = alignment.done(90)
    assert (two.first_sample, two.end_sample) == (40, 80)
    assert alignment.whole
    assert alignment.rest(90) == ()


def test_characters_that_are_not_told_of_are_passed_over() -> None:
    alignment = Alignment("One «two» three", 1_000)
    alignment.add("One two three", list(range(0, 130, 10)), list(range(10, 140, 10)))
    words = alignment.done(200)
    assert [word.first_sample for word in words] == [0, 40, 80]


@given(
    st.text(st.characters(codec="utf-8"), max_size=40),
    st.lists(st.tuples(st.text(max_size=1), st.integers(-100, 900), st.integers(-100, 900)), max_size=40),
    st.integers(0, 800),
)
def test_whatever_is_told_words_are_in_order_and_within_the_sound(
    text: str, told: list[tuple[str, int, int]], made: int
) -> None:
    alignment = Alignment(text, 1_000)
    characters, starts, ends = [list(column) for column in zip(*told, strict=True)] if told else ([], [], [])
    alignment.add(characters, starts, ends)
    words = (*alignment.done(made), *alignment.rest(made))
    tokens = [token for token in text.split() if any(map(str.isalnum, token))]
    assert len(words) == len(tokens)
    at = 0
    for word in words:
        assert word.first_sample >= at
        assert word.sample_count >= 0
        assert word.end_sample <= max(made, word.first_sample)
        at = word.first_sample

"""From events to words, without the library."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlando_espeak.timing import WordTimer
from parlando_espeak.tokens import tokens_of
from parlando_kit.ledger import SpokenWord, TimingQuality

EXACT, ESTIMATED = TimingQuality.EXACT, TimingQuality.ESTIMATED
Timed = list[tuple[str, int, int, TimingQuality]]


def _timed(text: str, words: list[SpokenWord]) -> Timed:
    return [
        (text[word.spoken.start : word.spoken.end], word.first_sample, word.end_sample, word.quality)
        for word in words
    ]


def _play(text: str, *events: tuple[str, int, int], end: int = 1_000) -> Timed:
    """Return the words of a text; events are ("word" or "end", position, sample)."""
    timer = WordTimer(text, tokens_of(text))
    words: list[SpokenWord] = []
    for kind, position, sample in events:
        words += timer.word(position, sample) if kind == "word" else timer.clause_end(position, sample)
    return _timed(text, words + timer.finish(end))


def test_a_word_ends_where_the_next_begins() -> None:
    assert _play("one two", ("word", 0, 0), ("word", 4, 400), ("end", 7, 900)) == [
        ("one", 0, 400, EXACT),
        ("two", 400, 900, EXACT),
    ]


def test_a_word_is_told_of_once_its_end_is_known() -> None:
    timer = WordTimer("one two", tokens_of("one two"))
    assert timer.word(0, 0) == []
    assert _timed("one two", timer.word(4, 400)) == [("one", 0, 400, EXACT)]
    assert _timed("one two", timer.clause_end(7, 900)) == [("two", 400, 900, EXACT)]
    assert timer.finish(1_000) == []


def test_several_events_of_one_token_are_one_word() -> None:
    events = [("word", position, sample) for position, sample in ((0, 0), (2, 50), (1, 90), (0, 120))]
    assert _play("1234 x", *events, ("word", 5, 300), ("end", 6, 500)) == [
        ("1234", 0, 300, EXACT),
        ("x", 300, 500, EXACT),
    ]


def test_a_token_without_an_event_shares_with_the_one_before_it_in_its_clause() -> None:
    assert _play("of the day", ("word", 0, 0), ("word", 7, 500), ("end", 10, 800)) == [
        ("of", 0, 200, ESTIMATED),
        ("the", 200, 500, ESTIMATED),
        ("day", 500, 800, EXACT),
    ]
    assert _play("in the, day", ("word", 0, 0), ("end", 8, 600), ("word", 8, 700)) == [
        ("in", 0, 200, ESTIMATED),
        ("the,", 200, 600, ESTIMATED),
        ("day", 700, 1_000, EXACT),
    ]


def test_where_none_was_before_it_a_token_shares_with_the_next() -> None:
    assert _play("zz one. zz two", ("word", 3, 100), ("end", 8, 500), ("word", 11, 600)) == [
        ("zz", 100, 233, ESTIMATED),
        ("one.", 233, 500, ESTIMATED),
        ("zz", 600, 760, ESTIMATED),
        ("two", 760, 1_000, ESTIMATED),
    ]


def test_what_is_never_spoken_has_a_place_and_no_length() -> None:
    assert _play("one. zz", ("word", 0, 0), ("end", 5, 400)) == [
        ("one.", 0, 400, EXACT),
        ("zz", 1_000, 1_000, ESTIMATED),
    ]
    assert _play("zz") == [("zz", 1_000, 1_000, ESTIMATED)]


def test_a_symbol_is_a_word_where_the_next_token_has_an_event_of_its_own() -> None:
    assert _play("a & b", ("word", 0, 0), ("word", 2, 100), ("word", 4, 200)) == [
        ("a", 0, 100, EXACT),
        ("&", 100, 200, EXACT),
        ("b", 200, 1_000, EXACT),
    ]
    # The library reports the word after a dash at the dash.
    assert _play("a -- b c", ("word", 0, 0), ("word", 2, 100), ("word", 7, 200)) == [
        ("a", 0, 100, EXACT),
        ("b", 100, 200, EXACT),
        ("c", 200, 1_000, EXACT),
    ]


def test_an_event_in_white_space_is_the_next_tokens_unless_it_follows_on() -> None:
    assert _play("a b c", ("word", 0, 0), ("word", 3, 200)) == [
        ("a", 0, 100, ESTIMATED),
        ("b", 100, 200, ESTIMATED),
        ("c", 200, 1_000, EXACT),
    ]
    assert _play("☺ b", ("word", 0, 0), ("word", 1, 50), ("word", 2, 200)) == [
        ("☺", 0, 200, EXACT),
        ("b", 200, 1_000, EXACT),
    ]


def test_without_spaces_each_event_begins_a_word() -> None:
    text = "今天2024年。我"
    events = [("word", position, 100 * position) for position in (0, 1, 2, 3, 6)]
    assert _play(text, *events, ("end", 8, 750), ("word", 8, 800)) == [
        ("今", 0, 100, EXACT),
        ("天", 100, 200, EXACT),
        ("2024", 200, 600, EXACT),
        ("年。", 600, 750, EXACT),
        ("我", 800, 1_000, EXACT),
    ]


def test_a_clause_that_ends_within_a_token_does_not_end_it() -> None:
    assert _play("wait…what now", ("word", 0, 0), ("end", 5, 300), ("word", 5, 400), ("word", 10, 700)) == [
        ("wait…what", 0, 700, EXACT),
        ("now", 700, 1_000, EXACT),
    ]


@pytest.mark.parametrize("text", ["", " \n", "… — !"])
def test_what_has_neither_letter_nor_event_is_no_word(text: str) -> None:
    assert _play(text, ("end", 1, 20)) == []


@given(
    text=st.text("ab1 .&-世界\u0301😀", max_size=30),
    moves=st.lists(st.tuples(st.booleans(), st.integers(-2, 33), st.integers(0, 50)), max_size=30),
)
def test_whatever_is_reported_each_worded_token_is_timed_in_order(
    text: str, moves: list[tuple[bool, int, int]]
) -> None:
    timer = WordTimer(text, tokens_of(text))
    words: list[SpokenWord] = []
    now = 0
    for is_word, position, later in moves:
        now += later
        words += timer.word(position, now) if is_word else timer.clause_end(position, now)
    words += timer.finish(now)
    assert all(word.end_sample <= now for word in words)
    for word, following in pairwise(words):
        assert word.end_sample <= following.first_sample
        assert word.spoken.end <= following.spoken.start
    covered = "".join(text[word.spoken.start : word.spoken.end] for word in words)
    worded = [token for token in text.split() if any(character.isalnum() for character in token)]
    assert all(character in covered for token in worded for character in token)

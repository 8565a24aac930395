"""How strong boundaries are, and when they are known."""

import pytest

from parlando_fragmenter.gap import Strength
from parlando_fragmenter.segmenter import WIDEST_GAP, Boundary, Segmenter
from tests.unit.fragmenter.feeding import boundaries_of

_GLUE, _WORD, _CLAUSE = Strength.GLUE, Strength.WORD, Strength.CLAUSE
_SENTENCE, _PARAGRAPH = Strength.SENTENCE, Strength.PARAGRAPH


@pytest.mark.parametrize(
    ("text", "strengths"),
    [
        ("one two", [_WORD]),
        ("one, two; three: four", [_CLAUSE, _CLAUSE, _CLAUSE]),
        ("one \u2014 two \u2013 three - four", [_CLAUSE, _CLAUSE, _CLAUSE]),
        ("one\u2014two", [_CLAUSE]),
        ("one (two) three", [_CLAUSE, _CLAUSE]),
        ("f(x) is", [_WORD]),
        ("one... two", [_CLAUSE]),
        ('"One," two', [_CLAUSE]),
        ("the cat", [_GLUE]),
        ("20 cats", [_GLUE]),
        ("Dr. Who", [_GLUE]),
        ("- one", []),
        ("1. one", []),
        ("one\u00a0two", []),
        ("1,000 and 3:45", [_WORD, _GLUE]),
        ("one.\n\nTwo", [_PARAGRAPH]),
        ("\u6f22\uff0c\u5b57", [_CLAUSE]),
        ("\uff11\uff0c\uff10", []),
        ("\u300c\u6f22\u3002\u5b57\u300d", [_CLAUSE]),
    ],
)
def test_a_gap_is_as_strong_as_what_stands_in_it(text: str, strengths: list[Strength]) -> None:
    assert [boundary.strength for boundary in boundaries_of(text)][:-1] == strengths


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("one t", 3),
        ("one, t", 4),
        ("One! t", 4),
        ("One. T", 4),
        ("one.\n\n", 4),
        ("Co. This ", 3),
        ("Co. Ti", 3),
        ('"One!" s', 6),
        ("\u597d\u3002\u597d", 2),
        ("1) one 2) ", 6),
        ("1) one 3", 6),
    ],
)
def test_a_boundary_is_known_with_the_last_code_point_its_rule_needs(text: str, end: int) -> None:
    segmenter = Segmenter()
    before = [boundary.end for boundary in segmenter.feed(text[:-1])]
    assert end not in before
    assert [boundary.end for boundary in segmenter.feed(text[-1])] == [end]


def test_a_boundary_lies_between_the_word_before_and_the_word_after() -> None:
    assert boundaries_of("One.  Two") == [Boundary(4, 6, _SENTENCE), Boundary(9, 9, _WORD)]


def test_the_end_of_a_text_decides_what_waits() -> None:
    segmenter = Segmenter()
    assert segmenter.feed("Ask the Co. Th") == [Boundary(3, 4, _WORD), Boundary(7, 8, _GLUE)]
    assert segmenter.settled == 11
    assert segmenter.flush() == [Boundary(11, 12, _GLUE), Boundary(14, 14, _WORD)]
    assert segmenter.settled == 14


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("Hello wor", [5]),
        ("Hello there.", [5, 12]),
        ("Hello there. ", [5, 12]),
        ("Hello 3.", [5]),
        ("Hello, 3,", [6]),
        ("Hello", []),
    ],
)
def test_a_pause_decides_all_but_a_word_that_may_grow(text: str, ends: list[int]) -> None:
    segmenter = Segmenter()
    found = segmenter.feed(text) + segmenter.pause()
    assert [boundary.end for boundary in found] == ends


def test_a_word_goes_on_after_a_pause() -> None:
    segmenter = Segmenter()
    segmenter.feed("Hello wor")
    segmenter.pause()
    assert segmenter.feed("ld. Next") == [Boundary(12, 13, _SENTENCE)]


def test_very_wide_white_space_ends_a_paragraph() -> None:
    segmenter = Segmenter()
    assert segmenter.feed("one" + " " * (WIDEST_GAP - 1)) == []
    assert segmenter.feed(" ") == [Boundary(3, 3 + WIDEST_GAP, _PARAGRAPH)]


def test_brackets_left_open_hold_no_longer_than_their_line() -> None:
    text = "\u300c\u6f22\u3002\n\u5b57\u3002\u5b57"
    assert [boundary.strength for boundary in boundaries_of(text)][:-1] == [_CLAUSE, _SENTENCE]

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlando_edge.subtitles import LONGEST_LINE, MOST_LINES, Cue, Cues, written
from parlando_kit.ledger import TimingQuality, Word
from parlando_kit.spans import Span

RATE = 1_000


def _words(text: str) -> list[Word]:
    """Return words of letters and digits, 10 ms a character."""
    return [
        Word(
            Span(*found.span()),
            0,
            Span(*found.span()),
            found.start() * 10,
            len(found[0]) * 10,
            TimingQuality.EXACT,
        )
        for found in re.finditer(r"[\w$]+", text)
    ]


def _cues(text: str, *, words: bool = False) -> list[Cue]:
    cues = Cues(text, RATE, words=words)
    return [*(cue for word in _words(text) for cue in cues.add([word])), *cues.end()]


def test_a_cue_ends_with_its_sentence() -> None:
    cues = _cues('He left. "Go on!" she said (twice).')
    assert [cue.lines for cue in cues] == [("He left.",), ('"Go on!"',), ("she said (twice).",)]
    assert [(cue.number, cue.start_ms, cue.end_ms) for cue in cues] == [
        (1, 0, 70),
        (2, 100, 150),
        (3, 180, 330),
    ]


def test_a_long_sentence_is_cut_between_words() -> None:
    cues = _cues("word " * 40)
    assert [" ".join(cue.lines) for cue in cues] == [" ".join(["word"] * count) for count in (16, 16, 8)]
    assert all(len(line) <= LONGEST_LINE for cue in cues for line in cue.lines)


def test_a_cue_may_hold_one_word() -> None:
    assert [cue.lines for cue in _cues("It costs $5, you know.", words=True)] == [
        ("It",),
        ("costs",),
        ("$5,",),
        ("you",),
        ("know.",),
    ]


def test_a_word_said_as_several_stays_one() -> None:
    cues = Cues("It costs $5.", RATE, words=True)
    it, costs, five = _words("It costs $5.")
    dollars = Word(five.source, 0, Span(20, 27), five.end_sample, 300, TimingQuality.EXACT)
    *_, last = [*cues.add([it, costs, five, dollars]), *cues.end()]
    assert (last.lines, last.end_ms) == (("$5.",), 410)


def test_cues_leave_as_soon_as_the_next_has_begun() -> None:
    cues = Cues("One. Two.", RATE)
    one, two = _words("One. Two.")
    assert not list(cues.add([one]))
    assert [cue.lines for cue in cues.add([two])] == [("One.",)]


def test_nothing_heard_is_no_cue() -> None:
    assert not _cues("...")


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("srt", "3\n01:01:01,001 --> 01:01:02,000\na < b & c\n\n"),
        ("vtt", "3\n01:01:01.001 --> 01:01:02.000\na &lt; b &amp; c\n\n"),
    ],
)
def test_a_cue_is_written_as_its_format_has_it(form: str, expected: str) -> None:
    assert written(Cue(3, 3_661_001, 3_662_000, ("a < b & c",)), form) == expected  # type: ignore[arg-type]


@given(st.text(alphabet="ab .,!?\"'()-\n$5", max_size=400), st.booleans())
def test_no_character_is_lost_or_said_twice(text: str, words: bool) -> None:  # noqa: FBT001  # Hypothesis' way
    cues = _cues(text, words=words)
    if cues:
        said = "".join(line for cue in cues for line in cue.lines)
        assert re.sub(r"\s", "", said) == re.sub(r"\s", "", text)
    for cue in cues:
        assert cue.start_ms < cue.end_ms
        assert all(len(line) <= LONGEST_LINE for line in cue.lines)
        assert len(cue.lines) <= MOST_LINES or max(map(len, re.split(r"\s+", " ".join(cue.lines)))) >= 20
    for before, after in pairwise(cues):
        assert before.end_ms <= after.start_ms

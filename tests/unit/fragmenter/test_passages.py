"""Prose and chat, marked by hand: where sentences end, and how soon that is known.

Most rules need the first code point of the next word: two beyond the end, with a space between.
"""

from itertools import accumulate
from pathlib import Path

import pytest

from parlando_fragmenter.fragmenter import Fragmenter

_FILE = Path(__file__).parents[2] / "data" / "passages.txt"
_PASSAGES = [line for line in _FILE.read_text("utf-8").splitlines() if line and not line.startswith("## ")]

# An abbreviation that can end a sentence takes the next word: "Co. It ", or as much as tells it: "Inc. The".
_LONGEST_WAIT = 4


def _released(text: str) -> dict[int, int]:
    """Return the ends of sentences and how many code points had come when each was known."""
    fragmenter = Fragmenter()
    known = {}
    for count, character in enumerate(text, start=1):
        for fragment in fragmenter.feed(character):
            if fragment.ends_sentence:
                known[len(text[: fragment.source.end].rstrip())] = count
    for fragment in fragmenter.end():
        if fragment.ends_sentence:
            known[len(text[: fragment.source.end].rstrip())] = len(text)
    return known


@pytest.mark.parametrize("passage", _PASSAGES)
def test_sentences_end_at_the_marks_and_are_out_at_once(passage: str) -> None:
    ends = list(accumulate(len(sentence) for sentence in passage.split("|")))
    released = _released(passage.replace("|", ""))
    assert list(released) == ends
    waits = [released[end] - end for end in ends[:-1]]
    assert max(waits) <= _LONGEST_WAIT
    assert sum(wait > 2 for wait in waits) <= 2


def test_there_are_enough_of_them() -> None:
    assert sum(passage.count("|") for passage in _PASSAGES) >= 200

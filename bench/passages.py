"""The marked passages of tests/data, and how long a splitter of growing text makes their sentences wait."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

_FILE = Path(__file__).parents[1] / "tests" / "data" / "passages.txt"


@dataclass(frozen=True, slots=True)
class Passage:
    """A text of several sentences.

    Attributes:
        text: what is fed.
        ends: one past the last code point of each sentence, the last one included.
    """

    text: str
    ends: tuple[int, ...]


class Cut(NamedTuple):
    """Where a splitter cut, without white space, and when it did.

    Attributes:
        end: one past the last code point before the cut.
        known: code points fed when the cut was known.
        ends_sentence: whether the splitter says that a sentence ends there.
    """

    end: int
    known: int
    ends_sentence: bool


def passages() -> Iterator[Passage]:
    """Yield the passages in the order of the file."""
    for line in _FILE.read_text("utf-8").splitlines():
        if line and not line.startswith("## "):
            parts = line.split("|")
            ends = tuple(len("".join(parts[: count + 1])) for count in range(len(parts)))
            yield Passage("".join(parts), ends)


def waits(passage: Passage, cuts: list[Cut]) -> list[int]:
    """Return, for each sentence but the last, how many code points beyond its end it was out."""
    return [min(cut.known for cut in cuts if cut.end >= end) - end for end in passage.ends[:-1]]


def wrong_cuts(passage: Passage, cuts: list[Cut]) -> tuple[int, int]:
    """Return how many ends of sentences were passed over, and how many found where none is."""
    found = {cut.end for cut in cuts if cut.ends_sentence}
    return len(set(passage.ends) - found), len(found - set(passage.ends))

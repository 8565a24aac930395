"""Text as runs of one writing system each.

Most systems write one language, or a few; that of a run is what its letters tell of its language without a
model. Chinese characters and kana are one system: Japanese mixes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from parlando_fragmenter.marks import WIDE_OPENERS

LATIN = "Latin"
CHINESE = "Chinese"
THAI = "Thai"

_RANGES = {
    LATIN: "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff\uff21-\uff3a\uff41-\uff5a",
    "Greek": "\u0370-\u03ff\u1f00-\u1fff",
    "Cyrillic": "\u0400-\u052f\u1c80-\u1c8f\ua640-\ua69f",
    "Armenian": "\u0531-\u0588",
    "Hebrew": "\u05d0-\u05f2",
    "Arabic": "\u0620-\u065f\u066e-\u06d3\u06d5-\u06ef\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc",
    "Devanagari": "\u0900-\u0963\u0970-\u097f",
    "Bengali": "\u0980-\u09e3\u09f0-\u09ff",
    "Gurmukhi": "\u0a00-\u0a65\u0a70-\u0a7f",
    "Gujarati": "\u0a80-\u0ae5\u0af0-\u0aff",
    "Odia": "\u0b00-\u0b65\u0b70-\u0b7f",
    "Tamil": "\u0b80-\u0be5\u0bf0-\u0bff",
    "Telugu": "\u0c00-\u0c65\u0c70-\u0c7f",
    "Kannada": "\u0c80-\u0ce5\u0cf0-\u0cff",
    "Malayalam": "\u0d00-\u0d65\u0d70-\u0d7f",
    "Sinhala": "\u0d80-\u0ddf\u0df0-\u0df3",
    THAI: "\u0e01-\u0e3a\u0e40-\u0e4e",
    "Lao": "\u0e80-\u0ecf\u0edc-\u0edf",
    "Burmese": "\u1000-\u103f\u1050-\u109f",
    "Georgian": "\u10a0-\u10ff\u1c90-\u1cbf",
    "Ethiopic": "\u1200-\u135f\u1380-\u139f",
    "Khmer": "\u1780-\u17d3",
    "Hangul": "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af",
    CHINESE: "\u3005\u3041-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9d"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af",
}
_NAMES = tuple(_RANGES)
_RUN = re.compile("|".join(f"([{letters}]+)" for letters in _RANGES.values()))
_NOT_LATIN = re.compile("[" + "".join(letters for name, letters in _RANGES.items() if name != LATIN) + "]")
_OPENERS = WIDE_OPENERS | frozenset("([{\u00a1\u00bf\u201c\u2018\u201e\u00ab")

# A voice of any language gets through a few words in Latin letters: fewer than this, in text of another
# system, stay with it. A letter or two of other alphabets in Latin text are symbols; characters that are
# words or syllables are none.
_FEW_WORDS = 3
_FEW_LETTERS = 2
_WHOLE_WORDS = frozenset({CHINESE, "Hangul"})


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one writing system, with what follows it that belongs to none.

    Attributes:
        start: its first code point.
        end: one past its last.
        system: a name of the system; "" where no letter belongs to one.
        letters: how many it has.
        words: how many runs of letters of the system it has.
    """

    start: int
    end: int
    system: str
    letters: int = 0
    words: int = 0


def letters_of(system: str) -> str:
    """Return the letters of a writing system, as they stand within brackets of a pattern."""
    return _RANGES[system]


def runs(text: str, system: str = "") -> list[Run]:
    """Return the runs of a text, in order; they cover it, and neighbours differ. Empty text has none.

    A run that is too short for a voice of its own goes with its neighbour.

    Args:
        text: the text.
        system: what the text before it is mainly written in; "" is not known.
    """
    if not text:
        return []
    if _NOT_LATIN.search(text) is None:
        return [Run(0, len(text), LATIN if _RUN.search(text) else "", len(text), len(text.split()))]
    found = _joined(_found(text))
    if len(found) > 1:
        systems = {run.system for run in found}
        main = system if system in systems else found[0].system
        strong = [run for run in found if not _is_weak(run, main, text)]
        found = _covering(strong or [max(found, key=lambda run: run.letters)], len(text))
    return found


def _found(text: str) -> Iterator[Run]:
    """Yield the runs as they stand, each up to the next."""
    start, end, system, letters = 0, 0, "", 0
    for match in _RUN.finditer(text):
        if system:
            cut = _between(text, end, match.start())
            yield Run(start, cut, system, letters, 1)
            start = cut
        system, letters, end = _NAMES[(match.lastindex or 1) - 1], len(match.group()), match.end()
    yield Run(start, len(text), system, letters, 1)


def _between(text: str, end: int, start: int) -> int:
    """Return where to part two runs: after the last white space, or before what opens the second."""
    for at in range(start, end, -1):
        if text[at - 1].isspace():
            return at
    while start > end and text[start - 1] in _OPENERS:
        start -= 1
    return start


def _joined(parts: Iterator[Run]) -> list[Run]:
    """Join neighbours of one system."""
    joined: list[Run] = []
    for system, group in groupby(parts, key=lambda run: run.system):
        members = list(group)
        letters = sum(run.letters for run in members)
        joined.append(Run(members[0].start, members[-1].end, system, letters, len(members)))
    return joined


def _is_weak(run: Run, main: str, text: str) -> bool:
    if run.system in _WHOLE_WORDS:
        return False
    if run.system != LATIN:
        return run.letters < _FEW_LETTERS
    attached = not text[run.end - 1].isspace() and run.end < len(text)
    return run.words < _FEW_WORDS and (main != LATIN or attached)


def _covering(strong: Sequence[Run], length: int) -> list[Run]:
    """Stretch runs over what lies between them."""
    covering: list[Run] = []
    for run in strong:
        if covering and covering[-1].system == run.system:
            last = covering.pop()
            letters, words = last.letters + run.letters, last.words + run.words
            covering.append(Run(last.start, run.end, run.system, letters, words))
        else:
            start = run.start if covering else 0
            if covering:
                covering[-1] = replace(covering[-1], end=start)
            covering.append(replace(run, start=start))
    covering[-1] = replace(covering[-1], end=length)
    return covering

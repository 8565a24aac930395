"""A text in portions: sentences, and long ones cut where it is heard least."""

from __future__ import annotations

import re
from collections.abc import Iterator

from parlando_kit.spans import Span
from parlando_synth.untimed import sentences

LONGEST = 300
"""Code points of a portion: some 20 s of speech. The network loses its way in much more at a time."""

_BREAKS = (re.compile(r"[,;:،、，；：][\"'”’)\]]*\s*"), re.compile(r"\s+"))


def portions(text: str, longest: int = LONGEST) -> Iterator[Span]:
    """Yield what is spoken at a time: each holds a letter or a digit, and none is longer than `longest`."""
    for sentence in sentences(text):
        start = sentence.start
        while sentence.end - start > longest:
            cut = _cut(text, start, start + longest)
            yield from _spoken(text, start, cut)
            start = cut
        yield from _spoken(text, start, sentence.end)


def _cut(text: str, start: int, end: int) -> int:
    """Return where to cut: behind the last mark in the later half, else the last space, else at the end."""
    for pattern in _BREAKS:
        ends = [match.end() for match in pattern.finditer(text, start, end)]
        if ends and ends[-1] > start + (end - start) // 2:
            return ends[-1]
    return end


def _spoken(text: str, start: int, end: int) -> Iterator[Span]:
    part = text[start:end]
    if any(character.isalnum() for character in part):
        first = start + len(part) - len(part.lstrip())
        yield Span(first, start + len(part.rstrip()))

"""A text in portions: sentences, and long ones cut where it is heard least."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate, takewhile

from parlando_chatterbox.pace import weight
from parlando_kit.spans import Span
from parlando_synth.untimed import sentences

LONGEST = 300
"""Letters of a portion (`pace`): some 20 s of speech. The network loses its way in much more at a time."""

_BREAKS = (re.compile(r"[,;:،、，；：][\"'”’)\]]*\s*"), re.compile(r"\s+"))


def portions(text: str, longest: int = LONGEST) -> Iterator[Span]:
    """Yield what is spoken at a time: each holds a letter or a digit, and none is longer than `longest`."""
    for sentence in sentences(text):
        start = sentence.start
        while (reach := _reach(text, start, sentence.end, longest)) < sentence.end:
            cut = _cut(text, start, reach)
            yield from _spoken(text, start, cut)
            start = cut
        yield from _spoken(text, start, sentence.end)


def _reach(text: str, start: int, end: int, longest: int) -> int:
    """Return the end of what may be spoken at a time from `start` on."""
    said = accumulate(map(weight, text[start:end]))
    return start + sum(1 for _ in takewhile(lambda letters: letters <= longest, said))


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

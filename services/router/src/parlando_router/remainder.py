"""What is left to say of a spoken text, for the engine that goes on with it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from parlando_kit.spans import Span
from parlando_router.ports import TextKind

# What a word that was said leaves behind: it closes that word, and opens nothing.
_CLOSING = re.compile(r"(?:\s|[,;:!?…)\]}»”]|\.(?!\d))+")
_TAG = re.compile(r"<(/?)([^\s/>!?]*)[^>]*?(/?)>")


@dataclass(frozen=True, slots=True)
class Passage:
    """Text for an engine, taken from a fragment's spoken text.

    Attributes:
        text: what it is to say; empty when nothing is left.
        offset: where in the spoken text it begins.
        lead: code points ahead of that which were added: elements of markup that are open there.
    """

    text: str = field(repr=False)
    offset: int = 0
    lead: int = 0

    @property
    def whole(self) -> bool:
        """Whether it is all of the spoken text, and its spans are that text's."""
        return not self.offset

    def in_spoken(self, span: Span) -> Span:
        """Return where a span of this text lies in the spoken text."""
        by = self.offset - self.lead
        return Span(max(span.start + by, 0), max(span.end + by, 0))


def remainder(spoken_text: str, kind: TextKind, offset: int) -> Passage:
    """Return what is left of a spoken text from `offset` on, where a word ends or all begins."""
    if not offset:
        return Passage(spoken_text)
    if kind is TextKind.SSML:
        return _marked_up(spoken_text, offset)
    if closing := _CLOSING.match(spoken_text, offset):
        offset = closing.end()
    return Passage(spoken_text[offset:], offset)


def _marked_up(text: str, offset: int) -> Passage:
    """Elements that are open at the offset are opened again, but for those that end there."""
    opened: list[tuple[str, str]] = []
    for tag in _TAG.finditer(text, 0, offset):
        _follow(tag, opened)
    while True:
        if closing := _CLOSING.match(text, offset):
            offset = closing.end()
        ending = _TAG.match(text, offset)
        if ending is None or not ending[1]:
            break
        _follow(ending, opened)
        offset = ending.end()
    if not _TAG.sub("", text[offset:]).strip():
        return Passage("", offset)
    lead = "".join(whole for _, whole in opened)
    return Passage(lead + text[offset:], offset, len(lead))


def _follow(tag: re.Match[str], opened: list[tuple[str, str]]) -> None:
    closes, name, empty = tag.groups()
    if closes:
        if opened:
            opened.pop()
    elif name and not empty:
        opened.append((name, tag[0]))

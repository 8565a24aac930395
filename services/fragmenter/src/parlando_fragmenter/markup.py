"""What a reader of markup gives: the words that are written, and where blocks end.

The words, joined, are the *plain* text, which is what segmentation sees. What the reader drops is written in
the source and not in the plain text; its source goes with the words around it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from parlando_fragmenter.gap import Strength
from parlando_kit.spans import Piece, Span, SpanMap


class Words(NamedTuple):
    """A piece of plain text.

    Attributes:
        plain: what it says; empty for marks, code blocks and other source that goes unsaid.
        width: code points of source that it was written with.
        verbatim: the source says just the same.
    """

    plain: str
    width: int
    verbatim: bool


class Break(NamedTuple):
    """A block ends here: a heading, an item, a row.

    Attributes:
        strength: SENTENCE or PARAGRAPH.
    """

    strength: Strength


class MarkupReader(Protocol):
    """Reads source in pieces of any size; they change nothing, `pause` and `flush` do."""

    def feed(self, text: str) -> Iterator[Words | Break]:
        """Take more source; yield what becomes known with it."""
        ...

    def pause(self) -> Iterator[Words | Break]:
        """Decide now what is no more than punctuation: no source has come for a while."""
        ...

    def flush(self) -> Iterator[Words | Break]:
        """Decide now what waits for more source."""
        ...


class Written:
    """Where the plain text that is not given out yet is written in the source.

    Args:
        source_offset: source offset of the first code point.
    """

    def __init__(self, source_offset: int) -> None:
        self._source = source_offset
        self._pieces: deque[tuple[int, int, bool]] = deque()

    def __bool__(self) -> bool:
        """Return whether there is source that was not taken."""
        return any(width for _, width, _ in self._pieces)

    def add(self, words: Words) -> None:
        """Append a piece."""
        length, width, verbatim = len(words.plain), words.width, words.verbatim
        if self._pieces:
            last_length, last_width, last_verbatim = self._pieces[-1]
            if last_verbatim is verbatim and (verbatim or not (length or last_length)):
                self._pieces[-1] = (last_length + length, last_width + width, verbatim)
                return
        self._pieces.append((length, width, verbatim))

    def take(self, length: int, *, rest: bool) -> SpanMap:
        """Take so many code points of plain text; return the map from source to them, counted from 0.

        Args:
            length: no more than there are.
            rest: take along what goes unsaid after them. It is the next words' otherwise.
        """
        pieces: list[Piece] = []
        plain = 0
        while self._pieces and (plain < length or (rest and not self._pieces[0][0])):
            size, width, verbatim = self._pieces.popleft()
            excess = plain + size - length
            if excess > 0:
                kept = excess if verbatim else 0
                self._pieces.appendleft((excess, kept, verbatim))
                size, width = size - excess, width - kept
            source = Span(self._source, self._source + width)
            pieces.append(Piece(source, Span(plain, plain + size), verbatim and size > 0))
            self._source, plain = source.end, plain + size
        return SpanMap(pieces)

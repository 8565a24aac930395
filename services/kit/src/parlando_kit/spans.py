"""Spans of text, and the map between what is written and what is said.

All offsets are Unicode code points; all spans are half-open.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range [start, end) of code points."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"a span needs 0 <= start <= end, not [{self.start}, {self.end})")

    def __len__(self) -> int:
        return self.end - self.start

    def shifted(self, by: int) -> Span:
        """Return the span moved by `by` code points."""
        return Span(self.start + by, self.end + by)


@dataclass(frozen=True, slots=True)
class Piece:
    """One step of a map: `source` is said as `spoken`.

    A verbatim piece holds the same code points on both sides and maps point by point; any other lights
    up as one. Either side may be empty: text that is not said, or speech nobody wrote.
    """

    source: Span
    spoken: Span
    verbatim: bool

    def __post_init__(self) -> None:
        if self.verbatim and len(self.source) != len(self.spoken):
            raise ValueError("a verbatim piece has the same length on both sides")


class SpanMap:
    """The map between a source text and the spoken text made from it.

    Pieces are in order and cover both texts without a gap; neighbouring verbatim pieces are joined.
    """

    __slots__ = ("_spoken_starts", "pieces")

    def __init__(self, pieces: Iterable[Piece]) -> None:
        joined: list[Piece] = []
        for piece in pieces:
            if joined:
                last = joined[-1]
                if piece.source.start != last.source.end or piece.spoken.start != last.spoken.end:
                    raise ValueError("the pieces of a map follow on from one another without a gap")
                if piece.verbatim and last.verbatim:
                    joined[-1] = Piece(
                        Span(last.source.start, piece.source.end),
                        Span(last.spoken.start, piece.spoken.end),
                        verbatim=True,
                    )
                    continue
            joined.append(piece)
        self.pieces: Sequence[Piece] = tuple(joined)
        self._spoken_starts = [piece.spoken.start for piece in joined]

    @classmethod
    def identity(cls, source: Span) -> SpanMap:
        """Return the map of a text that is said as it is written."""
        return cls([Piece(source, Span(0, len(source)), verbatim=True)])

    @property
    def source(self) -> Span:
        """What the map covers of the source."""
        if not self.pieces:
            return Span(0, 0)
        return Span(self.pieces[0].source.start, self.pieces[-1].source.end)

    @property
    def spoken(self) -> Span:
        """What the map covers of the spoken text."""
        if not self.pieces:
            return Span(0, 0)
        return Span(self.pieces[0].spoken.start, self.pieces[-1].spoken.end)

    def to_source(self, spoken: Span) -> Span:
        """Return the smallest source span that says `spoken`.

        A span that touches nothing written (it is empty, lies beyond the map, or says what nobody wrote)
        maps to an empty span at the nearest source offset.
        """
        if not self.pieces:
            return Span(0, 0)
        first = max(bisect_right(self._spoken_starts, spoken.start) - 1, 0)
        touched: list[Span] = []
        for piece in self.pieces[first:]:
            if piece.spoken.start >= spoken.end:
                break
            low = max(spoken.start, piece.spoken.start)
            high = min(spoken.end, piece.spoken.end)
            if low < high:
                if piece.verbatim:
                    shift = piece.source.start - piece.spoken.start
                    touched.append(Span(low + shift, high + shift))
                elif len(piece.source):
                    touched.append(piece.source)
        if touched:
            return Span(touched[0].start, touched[-1].end)
        nearest = self.pieces[first]
        if spoken.start >= nearest.spoken.end:
            at = nearest.source.end
        elif nearest.verbatim:
            at = nearest.source.start + max(spoken.start - nearest.spoken.start, 0)
        else:
            at = nearest.source.start
        return Span(at, at)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SpanMap) and self.pieces == other.pieces

    def __hash__(self) -> int:
        return hash(self.pieces)

    def __repr__(self) -> str:
        return f"SpanMap({list(self.pieces)!r})"

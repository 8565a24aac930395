"""Spans of text, and the map between what is written and what is said.

All offsets are Unicode code points; all spans are half-open.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple


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

    def then(self, later: SpanMap) -> SpanMap:
        """Return the map of this rewriting followed by another one of what it says.

        Where one cuts the text between them within a piece of the other, what they share lights up as one.

        Args:
            later: its source is what is spoken here, and it adds no speech where that has nothing: such
                speech would belong to what came before it or after it by the order of composing.

        Raises:
            ValueError: it rewrites another text, or adds to it.
        """
        if later.source != self.spoken:
            raise ValueError("a rewriting follows only one that says what it rewrites")
        if any(not len(piece.source) and len(piece.spoken) for piece in later.pieces):
            raise ValueError("a rewriting that follows another says something for something")
        return SpanMap(_composed(self.pieces, later.pieces))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SpanMap) and self.pieces == other.pieces

    def __hash__(self) -> int:
        return hash(self.pieces)

    def __repr__(self) -> str:
        return f"SpanMap({list(self.pieces)!r})"


class _Step(NamedTuple):
    """A piece, or what is left of it, by its lengths in the text between two maps and in the outer one."""

    inner: int
    outer: int
    verbatim: bool


def _composed(first: Sequence[Piece], second: Sequence[Piece]) -> Iterator[Piece]:
    """Yield the pieces of two rewritings, one after the other: both are walked through the text between."""
    written = [_Step(len(piece.spoken), len(piece.source), piece.verbatim) for piece in reversed(first)]
    said = [_Step(len(piece.source), len(piece.spoken), piece.verbatim) for piece in reversed(second)]
    said = [step for step in said if step.inner]
    source = first[0].source.start if first else 0
    spoken = second[0].spoken.start if second else 0
    while written:
        after, verbatim = 0, False
        if not written[-1].inner:
            before = written.pop().outer
        elif written[-1].verbatim and said[-1].verbatim:
            length, verbatim = min(written[-1].inner, said[-1].inner), True
            before, after = _take(written, length).outer, _take(said, length).outer
        else:
            before, after = _take_as_one(written, said)
        if before or after:
            yield Piece(Span(source, source + before), Span(spoken, spoken + after), verbatim)
        source, spoken = source + before, spoken + after


def _take(steps: list[_Step], length: int) -> _Step:
    """Take steps from the end of a list until so much of the text between is taken, or a little more."""
    inner = outer = 0
    while inner < length:
        step = steps.pop()
        rest = step.inner - (length - inner)
        if step.verbatim and rest > 0:
            steps.append(_Step(rest, rest, verbatim=True))
            step = _Step(step.inner - rest, step.outer - rest, verbatim=True)
        inner, outer = inner + step.inner, outer + step.outer
    return _Step(inner, outer, verbatim=False)


def _take_as_one(written: list[_Step], said: list[_Step]) -> tuple[int, int]:
    """Take as little as both can give up at once; return its lengths in the outer texts."""
    before, after = _take(written, 1), _take(said, 1)
    while before.inner != after.inner:
        if before.inner < after.inner:
            more = _take(written, after.inner - before.inner)
            before = _Step(before.inner + more.inner, before.outer + more.outer, verbatim=False)
        else:
            more = _take(said, before.inner - after.inner)
            after = _Step(after.inner + more.inner, after.outer + more.outer, verbatim=False)
    return before.outer, after.outer

"""Words and their times, in the little room that a conversation has for them."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import overload

from parlando_kit.ledger import TimingQuality, Word
from parlando_kit.spans import Span

WORD_BYTES = 64
"""What a word takes: eight numbers."""

_NUMBERS = 8


class KeptWords(Sequence[Word]):
    """Words as numbers, of which each is made again when it is asked for.

    A word is three objects. Those of every conversation are kept for as long as its connection lasts, and
    Python's search for cycles, which stops all that a service does, would look at each of them.
    """

    __slots__ = ("_numbers",)

    def __init__(self, words: Iterable[Word]) -> None:
        numbers: list[int] = []
        for word in words:
            source, spoken = word.source, word.spoken
            numbers += (source.start, source.end, word.fragment, spoken.start, spoken.end)
            numbers += (word.first_sample, word.sample_count, word.quality)
        self._numbers = array("q", numbers)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # it equals any sequence of the same words

    def __len__(self) -> int:
        return len(self._numbers) // _NUMBERS

    @overload
    def __getitem__(self, place: int) -> Word: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Word]: ...

    def __getitem__(self, place: int | slice) -> Word | Sequence[Word]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        first = range(len(self))[place] * _NUMBERS
        return _word(*self._numbers[first : first + _NUMBERS])


def _word(
    start: int,
    end: int,
    fragment: int,
    spoken_start: int,
    spoken_end: int,
    first_sample: int,
    sample_count: int,
    quality: int,
) -> Word:
    return Word(
        Span(start, end),
        fragment,
        Span(spoken_start, spoken_end),
        first_sample,
        sample_count,
        TimingQuality(quality),
    )

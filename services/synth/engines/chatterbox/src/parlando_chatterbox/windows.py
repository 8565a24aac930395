"""Which speech tokens are made into sound together: growing windows, so that the first is heard soon."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

SIZES = (8, 16, 32, 64, 128)
"""Tokens of each window, the last for all that follow: doubling stays ahead of who listens."""

CONTEXT = 12
"""Tokens before a window that are given again: further than any convolution of the vocoder reaches."""

LOOKAHEAD = 3
"""Tokens after a window that are given with it, and made anew in the next: what the encoder looks ahead."""


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens [context, until) are given, and [start, end) of them are made. All in tokens."""

    context: int
    start: int
    end: int
    until: int


def windows_within(tokens: float) -> int:
    """Return how many windows somebody was given who has so many tokens to hear."""
    return bisect_right(list(accumulate(SIZES)), tokens)


def next_window(
    made: int, number: int, there: int, *, last: bool, sizes: Sequence[int] = SIZES
) -> Window | None:
    """Return the next window, or None where it takes more tokens than there are.

    Args:
        made: tokens made by the windows before.
        number: how many windows there were.
        there: tokens there are.
        last: there will be no more.
        sizes: tokens of each window.
    """
    size = sizes[min(number, len(sizes) - 1)]
    end = there if last and there - made <= size + LOOKAHEAD else made + size
    until = min(end + LOOKAHEAD, there)
    if end <= made or (not last and end + LOOKAHEAD > there):
        return None
    return Window(max(made - CONTEXT, 0), made, end, until)

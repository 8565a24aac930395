"""First chunks by the second in which they were due: whether the slow ones come in bursts, or all along."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

_SLOWEST = 100
"""One in so many is called slow: those beyond the 99th percentile."""

Course = Sequence[tuple[float, float]]
"""First chunks: when each was due, in seconds into the run, and how many seconds it took."""


@dataclass(frozen=True, slots=True)
class Second:
    """The first chunks that were due in one second of the run; times in milliseconds."""

    second: int
    count: int
    p50: float
    max: float


def by_second(course: Course) -> list[Second]:
    """Return each second in which any was due, in order."""
    took: dict[int, list[float]] = defaultdict(list)
    for due, seconds in course:
        took[int(due)].append(seconds * 1000)
    return [
        Second(second, len(each), round(statistics.median(each), 3), round(max(each), 3))
        for second, each in sorted(took.items())
    ]


def bursts(course: Course) -> str:
    """Return in how few seconds half of the slowest hundredth were due; "" of fewer than a hundred."""
    slowest = sorted(course, key=lambda each: each[1], reverse=True)[: len(course) // _SLOWEST]
    if not slowest:
        return ""
    left, seconds = len(slowest) / 2, 0
    for _, count in Counter(int(due) for due, _ in slowest).most_common():
        if left <= 0:
            break
        left -= count
        seconds += 1
    whole = len({int(due) for due, _ in course})
    return f"half of the slowest hundredth of first chunks were due in {seconds} of {whole} seconds"

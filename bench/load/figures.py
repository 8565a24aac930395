"""What is kept of many measurements: histograms of constant size and relative error, and counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from hdrh.histogram import HdrHistogram

PERCENTILES = (50.0, 95.0, 99.0, 99.9)

_LONGEST_US = 600_000_000
_DIGITS = 3
"""Decimal digits that hold of every value: an error of at most 0.1 %."""


class Latencies:
    """Durations from 1 microsecond to ten minutes; what is outside counts as the nearer end."""

    def __init__(self) -> None:
        self._histogram = HdrHistogram(1, _LONGEST_US, _DIGITS)

    def add(self, seconds: float) -> None:
        """Take one."""
        self._histogram.record_value(min(max(round(seconds * 1e6), 1), _LONGEST_US))

    def __len__(self) -> int:
        return int(self._histogram.get_total_count())

    def percentile(self, share: float) -> float:
        """Return the seconds that `share` percent of the values do not exceed; 0 where there is none."""
        return int(self._histogram.get_value_at_percentile(share)) / 1e6 if len(self) else 0.0

    @property
    def most(self) -> float:
        """The greatest, in seconds; 0 where there is none."""
        return int(self._histogram.get_max_value()) / 1e6 if len(self) else 0.0

    def shares(self) -> list[tuple[float, float]]:
        """Return what share of the values, from 0 to 1, took at most so many seconds, in steps."""
        found: list[tuple[float, float]] = []
        for item in self._histogram.get_recorded_iterator():
            share = item.total_count_to_this_value / len(self)
            found.append((item.value_iterated_to / 1e6, share))
        return found

    def describe(self) -> dict[str, float]:
        """Return the count, and milliseconds by percentile."""
        told = {f"p{share:g}": round(self.percentile(share) * 1000, 3) for share in PERCENTILES}
        return {"count": len(self), **told, "max": round(self.most * 1000, 3)}


class Figures:
    """All that a run measures.

    Attributes:
        latencies: by name.
        counts: likewise.
        course: first chunks in the order in which they were due: seconds into the run, seconds it took.
        refused: when those that were refused were due, in seconds into the run.
        audio_seconds: length of all sound that came.
    """

    def __init__(self) -> None:
        self.latencies: dict[str, Latencies] = defaultdict(Latencies)
        self.counts: Counter[str] = Counter()
        self.course: list[tuple[float, float]] = []
        self.refused: list[float] = []
        self.audio_seconds = 0.0

    def took(self, name: str, seconds: float) -> None:
        """Take a duration."""
        self.latencies[name].add(seconds)

    def describe(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "latencies_ms": {name: self.latencies[name].describe() for name in sorted(self.latencies)},
            "counts": dict(sorted(self.counts.items())),
            "audio_seconds": round(self.audio_seconds, 3),
        }

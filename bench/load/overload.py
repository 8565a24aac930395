"""What overload does to those who are let in: before, meanwhile, and once the load has fallen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from load.figures import Figures, Latencies
from load.plan import Plan

MOST_TIMES_UNLOADED = 2.0
"""The p99 of first chunks of those who are let in, in proportion to what it is without load."""

LEAST_TIMES_SERVED = 2.0
"""As many must be asked for, in proportion to what was served meanwhile, or it was no such overload."""


@dataclass(frozen=True)
class Leg:
    """A part of the run.

    Attributes:
        asked: orders a second that came.
        firsts: of those that were let in.
        refused: how many were not.
    """

    name: str
    asked: float
    firsts: Latencies
    refused: int

    @property
    def p99(self) -> float:
        """Of first chunks, in seconds."""
        return self.firsts.percentile(99)


@dataclass(frozen=True)
class Verdict:
    """What came of an overload.

    Attributes:
        served: first chunks a second under load.
        back: seconds after the load had fallen when a second began in which nobody was refused and every
            first chunk came within twice the unloaded p99; None where there was none.
    """

    before: Leg
    loaded: Leg
    after: Leg
    served: float
    back: float | None

    @property
    def ratio(self) -> float:
        """The p99 of those who were let in, in proportion to the unloaded one."""
        return self.loaded.p99 / self.before.p99

    @property
    def times(self) -> float:
        """What was asked for, in proportion to what was served."""
        return self.loaded.asked / self.served

    @property
    def broken(self) -> list[str]:
        """What must hold and did not, in words."""
        found = []
        if self.times < LEAST_TIMES_SERVED:
            found.append(f"only {self.times:.2f} times what was served: give a higher --rate")
        if self.ratio > MOST_TIMES_UNLOADED:
            found.append(f"p99 is {self.ratio:.2f} times the unloaded one")
        if self.back is None:
            found.append("not as before once the load had fallen")
        return found

    def describe(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        legs = {
            leg.name: {
                "asked_per_second": round(leg.asked, 2),
                "refused": leg.refused,
                "first_chunk_ms": leg.firsts.describe(),
            }
            for leg in (self.before, self.loaded, self.after)
        }
        return {**legs, "times_served": self.times, "p99_ratio": self.ratio, "back_seconds": self.back}

    def table(self) -> str:
        """Return it as lines for people."""
        lines = [
            f"{'first chunks':<12}{'asked/s':>10}{'let in':>10}{'refused':>10}{'p50 ms':>10}{'p99 ms':>10}"
        ]
        lines += [
            f"{leg.name:<12}{leg.asked:10.1f}{len(leg.firsts):10}{leg.refused:10}"
            f"{leg.firsts.percentile(50) * 1000:10.1f}{leg.p99 * 1000:10.1f}"
            for leg in (self.before, self.loaded, self.after)
        ]
        back = "never" if self.back is None else f"{self.back:.0f} s after the load had fallen"
        lines += [
            f"asked for {self.times:.2f} times what was served",
            f"p99 of those let in: {self.ratio:.2f} times the unloaded one; limit {MOST_TIMES_UNLOADED:g}",
            f"as before: {back}",
        ]
        return "\n".join(lines)


def judge(plan: Plan, figures: Figures) -> Verdict:
    """Return what came of an overload with a calm before and after it.

    Args:
        plan: what was asked; it has a calm.
        figures: what was measured.

    Raises:
        ValueError: nobody was heard before, or under load: there is nothing to compare.
    """
    rises, falls = plan.calm_seconds, plan.calm_seconds + plan.seconds

    def leg(name: str, since: float, until: float) -> Leg:
        firsts = Latencies()
        for _, took in _between(figures.course, since, until):
            firsts.add(took)
        refused = sum(since <= due < until for due in figures.refused)
        return Leg(name, (len(firsts) + refused) / (until - since), firsts, refused)

    before, loaded = leg("before", 0.0, rises), leg("overloaded", rises, falls)
    if not len(before.firsts) or not len(loaded.firsts):
        raise ValueError("nobody was heard before the load, or under it")
    heard = sum(rises <= due + took < falls for due, took in figures.course)
    return Verdict(
        before,
        loaded,
        leg("after", falls, plan.lasts),
        served=heard / plan.seconds,
        back=_back(figures, falls, int(plan.calm_seconds), MOST_TIMES_UNLOADED * before.p99),
    )


def _between(course: Iterable[tuple[float, float]], since: float, until: float) -> list[tuple[float, float]]:
    return [(due, took) for due, took in course if since <= due < until]


def _back(figures: Figures, falls: float, seconds: int, limit: float) -> float | None:
    """Return the first whole second after the fall in which all were served within the limit."""
    for second in range(seconds):
        since = falls + second
        firsts = _between(figures.course, since, since + 1)
        if any(since <= due < since + 1 for due in figures.refused):
            continue
        if firsts and all(took <= limit for _, took in firsts):
            return float(second)
    return None

"""What overload does to those who are let in: before, meanwhile, and once the load has fallen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from load.figures import Figures, Latencies
from load.plan import Plan

MOST_TIMES_UNLOADED = 2.0
"""The p99 of first chunks of those who are let in, in proportion to what it is without load."""

LEAST_TIMES_SERVED = 2.0
"""As many must be asked for, in proportion to what was served meanwhile, or it was no such overload."""

TOLD_SECONDS = 2.0
"""From when the load has risen; what comes then is a burst until it is told from one."""

MOST_REFUSED_IN_CALM = 0.01
"""Of those who ask while there is room: a few who come at the same moment may find it full."""


@dataclass(frozen=True)
class Leg:
    """A part of the run.

    Attributes:
        asked: orders a second that came.
        served: first chunks a second that came meanwhile.
        firsts: of those that were let in.
        refused: how many were not.
        bottleneck: why the generator, and not the system, was measured; "" where it was not so.
    """

    name: str
    asked: float
    served: float
    firsts: Latencies
    refused: int
    bottleneck: str

    @property
    def p99(self) -> float:
        """Of first chunks, in seconds."""
        return self.firsts.percentile(99)

    @property
    def refused_share(self) -> float:
        """Of all who asked; 0 where nobody did."""
        return self.refused / max(len(self.firsts) + self.refused, 1)


@dataclass(frozen=True)
class Verdict:
    """What came of an overload.

    Attributes:
        settled: the load without its first seconds, in which a burst is let in.
        back: seconds after the load had fallen when all was as before, and stayed so to the end: in the
            second that began then nobody was refused and every first chunk came within twice the unloaded
            p99, and from then on the p99 did, and no more were refused than may be; None where it never was.
    """

    before: Leg
    loaded: Leg
    settled: Leg
    after: Leg
    back: float | None

    @property
    def unloaded(self) -> float:
        """The p99 without load, in seconds: of the calmer calm, since anything may disturb a minute."""
        return _unloaded(self.before, self.after)

    @property
    def ratio(self) -> float:
        """The p99 of those who were let in, in proportion to the unloaded one."""
        return self.loaded.p99 / self.unloaded

    @property
    def settled_ratio(self) -> float:
        """Likewise, once the load is told from a burst."""
        return self.settled.p99 / self.unloaded

    @property
    def times(self) -> float:
        """What was asked for, in proportion to what was served."""
        return self.loaded.asked / self.loaded.served

    @property
    def broken(self) -> list[str]:
        """What must hold and did not, in words."""
        found = [
            f"no verdict, for the generator was measured: {leg.name}, {leg.bottleneck}"
            for leg in self._legs
            if leg.bottleneck
        ]
        if self.before.refused_share > MOST_REFUSED_IN_CALM:
            share = f"{self.before.refused_share:.1%}; limit {MOST_REFUSED_IN_CALM:.0%}"
            found.append(f"{self.before.refused} were refused before the load: {share}")
        if self.loaded.served < self.before.served:
            served = f"{self.loaded.served:.1f} a second were served under load"
            found.append(f"only {served}, and {self.before.served:.1f} before it")
        if self.times < LEAST_TIMES_SERVED:
            found.append(f"only {self.times:.2f} times what was served: give a higher --rate")
        if self.ratio > MOST_TIMES_UNLOADED:
            found.append(f"p99 is {self.ratio:.2f} times the unloaded one")
        if self.back is None:
            found.append("not as before once the load had fallen")
        return found

    @property
    def _legs(self) -> tuple[Leg, ...]:
        return self.before, self.loaded, self.settled, self.after

    def describe(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        legs = {
            leg.name: {
                "asked_per_second": round(leg.asked, 2),
                "served_per_second": round(leg.served, 2),
                "refused": leg.refused,
                "first_chunk_ms": leg.firsts.describe(),
                "generator_was_the_bottleneck": leg.bottleneck or None,
            }
            for leg in self._legs
        }
        return {
            **legs,
            "times_served": self.times,
            "p99_ratio": self.ratio,
            "settled_p99_ratio": self.settled_ratio,
            "back_seconds": self.back,
        }

    def table(self) -> str:
        """Return it as lines for people."""
        heads = ("asked/s", "served/s", "let in", "refused", "p50 ms", "p99 ms")
        lines = [f"{'first chunks':<12}" + "".join(f"{head:>10}" for head in heads)]
        lines += [
            f"{leg.name:<12}{leg.asked:10.1f}{leg.served:10.1f}{len(leg.firsts):10}{leg.refused:10}"
            f"{leg.firsts.percentile(50) * 1000:10.1f}{leg.p99 * 1000:10.1f}"
            for leg in self._legs
        ]
        back = "never" if self.back is None else f"{self.back:.0f} s after the load had fallen"
        lines += [
            f"asked for {self.times:.2f} times what was served",
            f"p99 of those let in: {self.ratio:.2f} times the unloaded one; limit {MOST_TIMES_UNLOADED:g}",
            f"without the first {TOLD_SECONDS:g} s, when a burst is let in: {self.settled_ratio:.2f} times",
            f"as before: {back}",
        ]
        return "\n".join(lines)


def judge(plan: Plan, figures: Figures, bottleneck: Callable[[float, float], str]) -> Verdict:
    """Return what came of an overload with a calm before and after it.

    Args:
        plan: what was asked; it has a calm.
        figures: what was measured.
        bottleneck: returns why the generator was measured between two moments, in seconds into the run; ""
            where it was not so.

    Raises:
        ValueError: nobody was heard before, or under load: there is nothing to compare.
    """
    rises, falls = plan.calm_seconds, plan.calm_seconds + plan.seconds

    def leg(name: str, since: float, until: float) -> Leg:
        return _leg(name, figures, since, until, bottleneck(since, until))

    before, loaded = leg("before", 0.0, rises), leg("overloaded", rises, falls)
    if not before.served or not loaded.served:
        raise ValueError("nobody was heard before the load, or under it")
    settled = _leg("settled", figures, rises + min(TOLD_SECONDS, plan.seconds / 2), falls)
    after = leg("after", falls, plan.lasts)
    back = _back(figures, falls, int(plan.calm_seconds), MOST_TIMES_UNLOADED * _unloaded(before, after))
    return Verdict(before, loaded, settled, after, back)


def _unloaded(before: Leg, after: Leg) -> float:
    return min(leg.p99 for leg in (before, after) if len(leg.firsts))


def _leg(name: str, figures: Figures, since: float, until: float, bottleneck: str = "") -> Leg:
    firsts = Latencies()
    for _, took in _between(figures.course, since, until):
        firsts.add(took)
    refused = sum(since <= due < until for due in figures.refused)
    served = sum(since <= due + took < until for due, took in figures.course)
    seconds = until - since
    return Leg(name, (len(firsts) + refused) / seconds, served / seconds, firsts, refused, bottleneck)


def _between(course: Iterable[tuple[float, float]], since: float, until: float) -> list[tuple[float, float]]:
    return [(due, took) for due, took in course if since <= due < until]


def _back(figures: Figures, falls: float, seconds: int, limit: float) -> float | None:
    """Return when all was as before, and stayed so: see `Verdict`."""
    for second in range(seconds):
        since = falls + second
        here, rest = (_leg("", figures, since, until) for until in (since + 1, falls + seconds))
        if here.refused or not 0 < here.firsts.most <= limit:
            continue
        if rest.p99 <= limit and rest.refused_share <= MOST_REFUSED_IN_CALM:
            return float(second)
    return None

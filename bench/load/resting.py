"""What the services hold while nobody calls: after a load it is what it was before."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import psutil
from mesh import own_bytes

from load.gauges import Gauge, scraped

SETTLE_SECONDS = 90.0
"""So long after the last caller has left it may take until all is as before: a bound, and no measure."""

MOST_MORE_DESCRIPTORS = 16
"""Connections that Envoy keeps to the services for the next caller, which there are more of by chance."""

MOST_MORE_THREADS = 8
"""Threads that wait for the next piece of blocking work: pools grow to their bound as work meets in time."""

MOST_MORE_MB = 12.0
"""Of memory that is no file's, for each service: pools, caches and what Python keeps of what it has freed."""

_AGAIN_SECONDS = 0.5
_SAME = 6
"""Looks in a row that show the same."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a service holds, all of its processes together.

    Attributes:
        gauge: what it says itself; None for one that does not.
        own: bytes of memory that are no file's.
    """

    gauge: Gauge | None
    threads: int
    descriptors: int
    own: int


def held(services: Mapping[str, Sequence[psutil.Process]], ports: Mapping[str, int]) -> dict[str, Held]:
    """Return what each service holds now.

    Args:
        services: their processes.
        ports: for scrapes, of those that say what they have under way.
    """
    gauges = scraped(ports)
    return {
        name: Held(
            gauges.get(name),
            threads=sum(process.num_threads() for process in family),
            descriptors=sum(process.num_fds() for process in family),
            own=sum(map(own_bytes, family)),
        )
        for name, family in services.items()
    }


def more(before: Mapping[str, Held], after: Mapping[str, Held]) -> list[str]:
    """Return what is more than it was, in words: calls and tasks to the last one, the rest with a leeway."""
    found: list[str] = []
    for name, now in after.items():
        then = before[name]
        pairs = [
            ("threads", then.threads, now.threads, MOST_MORE_THREADS),
            ("descriptors", then.descriptors, now.descriptors, MOST_MORE_DESCRIPTORS),
            ("own MB", then.own / 1e6, now.own / 1e6, MOST_MORE_MB),
        ]
        if then.gauge is not None and now.gauge is not None:
            pairs += [
                ("calls", then.gauge.calls, now.gauge.calls, 0),
                ("tasks", then.gauge.tasks, now.gauge.tasks, 0),
            ]
        found += [
            f"{name}: {what} were {early:g} and are {late:g}"
            for what, early, late, leeway in pairs
            if late > early + leeway
        ]
    return found


def settled(look: Callable[[], dict[str, Held]], seconds: float = SETTLE_SECONDS) -> dict[str, Held]:
    """Look until nothing ends any more for some looks in a row, or the time is up; return the last."""
    until = time.monotonic() + seconds
    last, same = look(), 0
    while same < _SAME and time.monotonic() < until:
        time.sleep(_AGAIN_SECONDS)
        now = look()
        same = same + 1 if _under_way(now) == _under_way(last) else 0
        last = now
    return last


def left(
    before: Mapping[str, Held], look: Callable[[], dict[str, Held]], seconds: float = SETTLE_SECONDS
) -> tuple[dict[str, Held], list[str]]:
    """Look until nothing is more than it was, or the time is up; return the last look, and what is more."""
    until = time.monotonic() + seconds
    while (found := more(before, now := look())) and time.monotonic() < until:
        time.sleep(_AGAIN_SECONDS)
    return now, found


def _under_way(look: Mapping[str, Held]) -> list[tuple[Gauge | None, int]]:
    return [(each.gauge, each.descriptors) for each in look.values()]


def table(before: Mapping[str, Held], after: Mapping[str, Held]) -> str:
    """Return both as lines for people."""
    lines = [f"{'at rest':<12}{'calls':>12}{'tasks':>12}{'threads':>12}{'descriptors':>14}{'own MB':>18}"]
    for name, then in before.items():
        now = after[name]
        calls, tasks = "", ""
        if then.gauge is not None and now.gauge is not None:
            calls = f"{then.gauge.calls} → {now.gauge.calls}"
            tasks = f"{then.gauge.tasks} → {now.gauge.tasks}"
        threads, files = f"{then.threads} → {now.threads}", f"{then.descriptors} → {now.descriptors}"
        memory = f"{then.own / 1e6:.1f} → {now.own / 1e6:.1f}"
        lines.append(f"{name:<12}{calls:>12}{tasks:>12}{threads:>12}{files:>14}{memory:>18}")
    return "\n".join(lines)

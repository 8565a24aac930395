"""What is taken for a leak, once all callers have gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from load.gauges import Gauge
from load.resting import (
    MOST_MORE_DESCRIPTORS,
    MOST_MORE_MB,
    MOST_MORE_THREADS,
    Held,
    left,
    more,
    settled,
    table,
)

_QUIET = Held(Gauge(calls=1, tasks=10), threads=8, descriptors=30, own=50_000_000)


def test_what_is_as_before_or_less_is_nothing() -> None:
    assert more({"edge": _QUIET}, {"edge": _QUIET}) == []
    assert more({"edge": _QUIET}, {"edge": Held(Gauge(0, 9), 7, 20, 40_000_000)}) == []


@pytest.mark.parametrize(
    ("after", "what"),
    [
        (replace(_QUIET, gauge=Gauge(2, 10)), "calls were 1 and are 2"),
        (replace(_QUIET, gauge=Gauge(1, 11)), "tasks were 10 and are 11"),
        (replace(_QUIET, threads=9 + MOST_MORE_THREADS), "threads were 8"),
        (replace(_QUIET, descriptors=31 + MOST_MORE_DESCRIPTORS), "descriptors were 30"),
        (replace(_QUIET, own=50_100_000 + int(MOST_MORE_MB * 1e6)), "own MB were 50"),
    ],
)
def test_what_is_more_is_told(after: Held, what: str) -> None:
    (told,) = more({"edge": _QUIET}, {"edge": after})
    assert told.startswith(f"edge: {what}")


def test_who_says_nothing_of_calls_and_tasks_is_held_to_the_rest() -> None:
    envoy = replace(_QUIET, gauge=None)
    assert more({"envoy": envoy}, {"envoy": envoy}) == []
    (told,) = more({"envoy": envoy}, {"envoy": replace(envoy, descriptors=300)})
    assert "descriptors" in told
    assert "→" in table({"envoy": envoy, "edge": _QUIET}, {"envoy": envoy, "edge": _QUIET})


def _looks(*held: Held) -> Iterator[dict[str, Held]]:
    for each in held:
        yield {"edge": each}
    while True:
        yield {"edge": held[-1]}


def test_what_ends_a_little_later_is_waited_for_and_what_does_not_end_is_left() -> None:
    busy = replace(_QUIET, gauge=Gauge(3, 20))
    looks = _looks(busy, busy, _QUIET)
    assert left({"edge": _QUIET}, lambda: next(looks)) == ({"edge": _QUIET}, [])
    looks = _looks(busy)
    after, found = left({"edge": _QUIET}, lambda: next(looks), seconds=0)
    assert after == {"edge": busy}
    assert len(found) == 2


def test_it_has_settled_once_nothing_changes_any_more() -> None:
    looks = _looks(*(replace(_QUIET, gauge=Gauge(0, tasks)) for tasks in (20, 15, 15, 12)), _QUIET)
    assert settled(lambda: next(looks)) == {"edge": _QUIET}

"""What the waiting room does with overload, and with an engine that takes longer, on virtual time.

python bench/waiting_room.py [--runs 3]

The system is six processes that take turns on two cores, 3 ms each. An utterance is 17 steps of them, with
8 ms of CPU before its first sound and 11 after it: about what espeak-ng behind the mesh takes. The engines
that take longer speak to all at once. Nothing waits for a clock: this takes ten seconds, and says the same
anywhere.
"""

from __future__ import annotations

import argparse
import sys
from bisect import insort
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from heapq import heappop, heappush
from itertools import count
from operator import itemgetter
from random import Random
from statistics import fmean, quantiles

from parlando_kit.errors import ParlandoError
from parlando_kit.waiting import QUEUE_SECONDS, Place, WaitingRoom

_CORES = 2
_SLICE = 0.003  # seconds
_PLACES = 64

_BEFORE = (
    ("edge", 1.2),
    ("router", 1.2),
    ("fragmenter", 0.8),
    ("router", 0.8),
    ("synth", 2.2),
    ("router", 0.8),
    ("edge", 1.0),
)
"""Steps before the first sound: whose, and how many ms of a core on average."""

_AFTER = (*(("synth", 1.5), ("router", 1.0), ("edge", 0.8)) * 3, ("envoy", 1.0))
"""And after it."""


class _Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


class _Cores:
    """A system whose processes share cores, asked for utterances at random moments.

    Attributes:
        waited: when each came who was let in, and for how long it waited for its first sound, in seconds.
        refused: when others came.
    """

    def __init__(self, queue_seconds: float, seed: int) -> None:
        self.waited: list[tuple[float, float]] = []
        self.refused: list[float] = []
        self.clock = _Clock()
        self._room = WaitingRoom(_PLACES, self.clock, queue_seconds)
        self._chance = Random(seed)  # noqa: S311  # moments to come at
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._idle = _CORES
        self._ready: deque[str] = deque()  # processes that wait for a core
        self._steps: dict[str, deque[tuple[float, Callable[[], None]]]] = {}

    def come(self, rate: float, seconds: float) -> float:
        """Have so many a second come for so long; return when that began."""
        began = self.clock.time
        until = began + seconds

        def come() -> None:
            self._come()
            self._next(until, rate, come)

        self._next(until, rate, come)
        while self._due and self._due[0][0] <= until:
            self.clock.time, _, act = heappop(self._due)
            act()
        self.clock.time = until
        return began

    def waits(self, since: float, until: float) -> list[float]:
        """Return how long those waited who came in between."""
        return [waited for came, waited in self.waited if since <= came < until]

    def _next(self, until: float, rate: float, come: Callable[[], None]) -> None:
        at = self.clock.time + self._chance.expovariate(rate)
        if at < until:
            self._at(at, come)

    def _at(self, at: float, act: Callable[[], None]) -> None:
        heappush(self._due, (at, next(self._numbers), act))

    def _come(self) -> None:
        came = self.clock.time
        try:
            place = self._room.enter()
        except ParlandoError:
            self.refused.append(came)
            return
        heavy = self._chance.uniform(0.0005, 0.0015)

        def heard() -> None:
            place.leave(served=True)
            self.waited.append((came, self.clock.time - came))
            self._take(deque(_AFTER), heavy, lambda: None)

        self._take(deque(_BEFORE), heavy, heard)

    def _take(self, steps: deque[tuple[str, float]], heavy: float, then: Callable[[], None]) -> None:
        """Take one step after the other, of so many seconds for each unit, and then do that."""
        if not steps:
            then()
            return
        process, units = steps.popleft()
        waiting = self._steps.setdefault(process, deque())
        waiting.append((units * heavy, lambda: self._take(steps, heavy, then)))
        if len(waiting) == 1:
            self._ready.append(process)
            self._give_cores()

    def _give_cores(self) -> None:
        while self._idle and self._ready:
            self._idle -= 1
            self._run(self._ready.popleft())

    def _run(self, process: str) -> None:
        steps = self._steps[process]
        left, then = steps[0]
        runs = min(left, _SLICE)

        def stop() -> None:
            self._idle += 1
            done = left <= _SLICE
            if done:
                steps.popleft()
            else:
                steps[0] = left - runs, then
            if steps:
                self._ready.append(process)
            if done:
                then()
            self._give_cores()

        self._at(self.clock.time + runs, stop)


def _p99(waits: list[float]) -> float:
    return quantiles(waits, n=100)[98]


def _overload(queue_seconds: float, rate: float, runs: int) -> str:
    """Return what a minute of it does, after twenty seconds of 20 a second."""
    rows = []
    for seed in range(runs):
        system = _Cores(queue_seconds, seed)
        calm = system.come(20.0, 20.0)
        rose = system.come(rate, 60.0)
        fell = system.clock.time
        waits, settled = system.waits(rose, fell), system.waits(rose + 2.0, fell)
        unloaded = _p99(system.waits(calm, rose))
        refused = sum(at >= rose for at in system.refused) / (60.0 * rate)
        of_all = quantiles(waits, n=100)
        rows.append(
            (of_all[49] * 1000, of_all[98] * 1000, _p99(settled) / unloaded, len(waits) / 60.0, refused * 100)
        )
    p50, p99, times, served, refused = (fmean(column) for column in zip(*rows, strict=True))
    return f"{queue_seconds:8g}{rate:10g}{p50:10.1f}{p99:10.1f}{times:10.2f}{served:10.1f}{refused:10.1f}"


def _slower(queue_seconds: float, rate: float, before: float, after: float, runs: int) -> str:
    """Return what comes of a minute of an engine that takes longer, after twenty seconds of a quicker one."""
    shares, lasts = [], []
    for seed in range(runs):
        clock, chance = _Clock(), Random(seed)  # noqa: S311  # moments to come at
        room = WaitingRoom(_PLACES, clock, queue_seconds)
        ends: list[tuple[float, Place]] = []
        refused: list[float] = []
        came, at = 0, 0.0
        while at < 80.0:
            at += chance.expovariate(rate)
            while ends and ends[0][0] <= at:
                clock.time, place = ends.pop(0)
                place.leave(served=True)
            clock.time = at
            came += at >= 20.0
            takes = (before if at < 20.0 else after) * chance.uniform(0.7, 1.3)
            with suppress(ParlandoError):
                insort(ends, (at + takes, room.enter()), key=itemgetter(0))
                continue
            refused.append(at)
        shares.append(100 * len(refused) / came)
        lasts.append(refused[-1] - 20.0 if refused else 0.0)
    return f"{queue_seconds:8g}{rate:10g}{before:10g}{after:10g}{fmean(shares):10.1f}{max(lasts):10.0f}"


def _heads(*heads: str) -> str:
    return f"{'queue s':>8}" + "".join(f"{head:>10}" for head in heads)


def main() -> int:
    """Print both."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3, help="of each line, whose means are printed")
    runs = parser.parse_args().runs
    print(
        "A minute of so many a second, where 108 can be served; times: p99 from the third second on, "
        "to that of 20 a second"
    )
    print(_heads("asked/s", "p50 ms", "p99 ms", "times", "served/s", "refused %"))
    for rate in (90.0, 108.0, 130.0, 160.0, 250.0):
        for queue_seconds in (QUEUE_SECONDS, 0.0):
            print(_overload(queue_seconds, rate, runs), flush=True)
    print(
        "\nA minute of an engine that takes longer than the one before; latest: the last refusal, "
        "after the change"
    )
    print(_heads("asked/s", "before s", "after s", "refused %", "latest s"))
    for rate, before, after in (
        (100, 0.02, 0.4),
        (50, 0.02, 0.4),
        (20, 0.02, 0.4),
        (5, 0.02, 1.0),
        (100, 0.1, 0.5),
        (30, 0.02, 1.5),
    ):
        for queue_seconds in (QUEUE_SECONDS, 0.0):
            print(_slower(queue_seconds, rate, before, after, runs), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

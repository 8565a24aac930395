"""Every part of a whole system disturbed under load, alone and in pairs; writes docs/chaos.md.

    PYTHONPATH=bench python -m tests.chaos.parts [--repeats 3]      all of it
        … --trials "One of two routers"                             one of its tables
        … --only "router killed" edge                               rows that begin so

Rows that were done are written into the page, in place of those of the same name. A system runs as
`parlando up` runs it, in two tables as by `--together`, with two workers and a Redis. Callers come by
gRPC, HTTP and Realtime through Envoy, see that they hear every word once, that no call is without an
end, that nothing is left running, and that sessions, settings and turns are kept. The exit status is 1
where one of these does not hold, or where a part that was disturbed had nothing to do.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, product
from pathlib import Path

from load.plan import Plan

from tests.chaos.experiment import LOAD, disturbed, undisturbed
from tests.chaos.faults import Fault, Kind
from tests.chaos.page import PAGE, Row, page
from tests.chaos.table import TOGETHER
from tests.chaos.wired import AwayError, running_wired

_PARTS = ("synth", "router", "edge", "fragmenter", "session", "redis", "envoy")


@dataclass(frozen=True)
class Trial:
    """A system, and what befalls it.

    Attributes:
        title: of its table.
        rows: disturbances that happen at once, row by row.
        several: how many of a kind, as `running_wired` takes it.
        engine: of its workers, likewise.
        plan: what its callers ask for.
    """

    title: str
    rows: Sequence[Sequence[Fault]]
    several: Mapping[str, int] = field(default_factory=dict)
    engine: str = "espeak"
    plan: Plan = LOAD


_SEED = 2


def _drawn(seed: int) -> list[list[Fault]]:
    """Return each pair of parts, each with a kind that is drawn; both killed is a trial of its own."""
    chance = random.Random(seed)
    brief = [kind for kind in Kind if kind is not Kind.HANG]  # which is long, and a row of its own
    kinds = [pair for pair in product(brief, repeat=2) if pair != (Kind.KILL, Kind.KILL)]
    return [
        [Fault(part, kind) for part, kind in zip(pair, chance.choice(kinds), strict=True)]
        for pair in combinations(_PARTS, 2)
    ]


_BUSY = replace(LOAD, rate=10.0)
_SUDDEN = (Kind.KILL, Kind.PAUSE, Kind.CUT)

_OTHERS = [part for part in _PARTS if part != "synth"]

TRIALS = (
    Trial("One of two workers", [[Fault("synth", kind)] for kind in Kind], engine="scripted"),
    Trial("One at a time", [[Fault(part, kind)] for part in _OTHERS for kind in Kind]),
    Trial(
        "One at a time, ten a second",
        [[Fault(part, kind)] for part in _PARTS for kind in _SUDDEN],
        engine="scripted",
        plan=_BUSY,
    ),
    Trial("One of two routers", [[Fault("router", kind)] for kind in Kind], {"router": 2}),
    Trial("One of two edges", [[Fault("edge", kind)] for kind in Kind], {"edge": 2}),
    Trial(
        "One of two that run edge, router, fragmenter and worker",
        [[Fault(TOGETHER, kind)] for kind in Kind],
        {TOGETHER: 2},
        engine="scripted",
    ),
    Trial(
        "The only one that runs edge, router, fragmenter and worker",
        [[Fault(TOGETHER, kind)] for kind in Kind],
        {TOGETHER: 1},
        engine="scripted",
    ),
    Trial("Without Redis", [[Fault("session", Kind.KILL)]], {"redis": 0}),
    Trial(
        "Two killed at once",
        [[Fault(part, Kind.KILL) for part in pair] for pair in combinations(_PARTS, 2)],
        engine="scripted",
    ),
    Trial("Two disturbed at once", _drawn(_SEED), engine="scripted"),
)


def _name(faults: Sequence[Fault]) -> str:
    return ", ".join(map(str, faults))


async def _run(trial: Trial, only: Sequence[str], repeats: int) -> list[Row]:
    chosen = [faults for faults in trial.rows if not only or _name(faults).startswith(tuple(only))]
    due = deque(faults for faults in chosen for _ in range(repeats))
    rows = {_name(faults): Row(_name(faults)) for faults in chosen}
    if due:
        print(trial.title)
    while due:  # again where a part did not come back
        with tempfile.TemporaryDirectory() as folder:
            await _disturb(trial, due, rows, Path(folder) / "log")
    return list(rows.values())


async def _disturb(trial: Trial, due: deque[Sequence[Fault]], rows: Mapping[str, Row], log: Path) -> None:
    """Start a system, and disturb it until nothing is due any more, or a part of it is away for good."""
    async with running_wired(log, trial.engine, **trial.several) as wired:
        before, away = await undisturbed(wired), False
        while due and not away:
            faults = due.popleft()
            row = rows[_name(faults)]
            try:
                row.add(await disturbed(wired, faults, before, plan=trial.plan))
            except AwayError as error:
                row.broken.append(str(error))
                away = True
            print(f"  {row.line()}", flush=True)
            for broken in row.broken:
                print(f"    BROKEN: {broken}", flush=True)


def main() -> int:
    """Disturb, print, write what was done; 1 where something that must hold did not."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    titles = [trial.title for trial in TRIALS]
    parser.add_argument("--repeats", type=int, default=1, help="times for each row; the worst is told")
    parser.add_argument("--trials", nargs="+", default=titles, choices=titles, help="these alone")
    parser.add_argument("--only", nargs="+", default=[], help="rows that begin so")
    arguments = parser.parse_args()
    failed = False
    for trial in TRIALS:
        if trial.title in arguments.trials:
            rows = asyncio.run(_run(trial, arguments.only, arguments.repeats))
            PAGE.write_text(page({trial.title: rows}, titles, PAGE.read_text()))
            failed = failed or any(row.broken for row in rows)
    print(f"{PAGE.name} is written")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

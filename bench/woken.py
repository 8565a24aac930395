"""What it takes that who is called pushes nobody off a core (docs/decisions/0077-who-is-woken.md).

    bench/woken.py [--slices 8] [--seconds 6] [--rate 90] [--busy 0]

Two meshes side by side, loaded in turn over Realtime, past Envoy: one as it is, and one whose worker,
fragmenter and session service are scheduled like everybody else. What is printed of each: first sounds from
when they were due, CPU by utterance of ten words, and the medians of the slices' ratios. `--busy` runs so
many busy loops beside them.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import uvloop
from edge_alone import Line, opened
from in_turn import cpu_seconds, load
from mesh import Mesh, running_mesh

_CONNECTIONS = 200
_WARM = 100
_NEVER_TOO_LONG = {
    "EDGE_QUEUE_SECONDS": "60",
    "ROUTER_QUEUE_SECONDS": "60",
    "EDGE_MAX_WAITING": "1000",
    "ROUTER_MAX_WAITING": "1000",
}
"""Nobody is refused: who is late is counted."""

_CALLED = ("synth", "fragmenter", "session")
_LOOP = "while True: sum(range(10_000))"


def _schedule_like_everybody(mesh: Mesh) -> None:
    for role in _CALLED:
        for process in mesh.families()[role]:
            for thread in Path(f"/proc/{process.pid}/task").iterdir():
                os.sched_setscheduler(int(thread.name), os.SCHED_OTHER, os.sched_param(0))


@contextlib.contextmanager
def _busy(count: int) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            stack.callback(stack.enter_context(subprocess.Popen([sys.executable, "-c", _LOOP])).kill)
        yield


def _percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


async def measure(arguments: argparse.Namespace) -> None:
    """Load both in turn, and print."""
    os.environ.update(_NEVER_TOO_LONG)
    with running_mesh() as as_it_is, running_mesh() as pushing, _busy(arguments.busy):
        sides = {"as it is": as_it_is, "pushing": pushing}
        lines = {
            side: [await opened(mesh.edge, Line) for _ in range(_CONNECTIONS)] for side, mesh in sides.items()
        }
        for side in sides:
            await load(lines[side], _WARM, arguments.rate, 0)
        _schedule_like_everybody(pushing)
        families = {side: mesh.families() for side, mesh in sides.items()}
        waits: dict[str, list[list[float]]] = {side: [] for side in sides}
        costs: dict[str, list[float]] = {side: [] for side in sides}
        count = round(arguments.rate * arguments.seconds)
        for seed in range(arguments.slices):
            for side in random.sample(sorted(sides), 2):
                before = sum(cpu_seconds(families[side]).values())
                waits[side].append(await load(lines[side], count, arguments.rate, seed))
                await asyncio.sleep(0.3)  # what follows the last answer
                cost = sum(cpu_seconds(families[side]).values()) - before
                costs[side].append(cost * 1000 / count)
    print(f"{'':<10}{'p50 ms':>9}{'p99 ms':>9}{'ms CPU each':>18}")
    for side in sides:
        every = [wait * 1000 for slice_ in waits[side] for wait in slice_]
        print(
            f"{side:<10}{_percentile(every, 50):9.1f}{_percentile(every, 99):9.1f}"
            f"{statistics.median(costs[side]):18.2f}"
        )
    cpu = statistics.median(a / b for a, b in zip(costs["as it is"], costs["pushing"], strict=True))
    late = statistics.median(
        _percentile(a, 99) / _percentile(b, 99)
        for a, b in zip(waits["as it is"], waits["pushing"], strict=True)
    )
    print(f"as it is to pushing, medians of slices: CPU {cpu:.3f}, p99 {late:.2f}")


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--slices", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=6.0, help="of a slice")
    parser.add_argument("--rate", type=float, default=90.0, help="utterances a second")
    parser.add_argument("--busy", type=int, default=0, help="busy loops beside them")
    uvloop.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()

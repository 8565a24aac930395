"""Hours of everything that callers do, to see what grows: memory, threads, descriptors, Redis keys.

    python -m load.soak [--seconds 3600] [--rate 10] [--sessions 100] [--json FILE] [--plots FOLDER]

It starts a system and a Redis of its own, prints what each service held in the second fifth of the time and
in the last, and exits with 1 where one holds more than before, or an order ended in an error.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean

import leather
import psutil
import redis
import uvloop
from mesh import free_port, running_mesh

from load.__main__ import load, raise_limit, warm_up
from load.plan import Conduct, Plan
from load.report import Report
from load.scenarios import SCENARIOS
from load.watching import Sample

_REDIS_SECONDS = 10.0
_LOOKS = 240  # over the whole time
_HEARING = Plan(sessions=4, rate=1, seconds=4, words=(90,), conducts={Conduct.BARGE_IN: 1.0}, seed=7)
"""Users who interrupt: what tells speech is loaded with the first, and would look like a leak later."""

MOST_KEYS_A_SESSION = 4.0


@dataclass(frozen=True, slots=True)
class Held:
    """What a service held, on average, early and late.

    Attributes:
        what: "own MB" (memory that is no file's), "threads" or "descriptors".
        leeway: by how much it may be more.
    """

    service: str
    what: str
    early: float
    late: float
    leeway: float

    @property
    def grows(self) -> bool:
        """Whether it holds more than before."""
        return self.late > self.early + self.leeway


def held(service: str, looks: Sequence[Sample]) -> list[Held]:
    """Compare the second fifth of the looks with the last: the first warms up.

    Args:
        service: its name.
        looks: at least five.
    """
    fifth = len(looks) // 5
    early, late = looks[fifth : 2 * fifth], looks[-fifth:]

    def both(of: str, unit: float = 1) -> tuple[float, float]:
        sooner, later = (mean(getattr(look, of) for look in part) / unit for part in (early, late))
        return sooner, later

    memory, threads, descriptors = both("own", 1e6), both("threads"), both("descriptors")
    return [
        Held(service, "own MB", *memory, leeway=3 + memory[0] * 0.05),
        Held(service, "threads", *threads, leeway=2),
        Held(service, "descriptors", *descriptors, leeway=10 + descriptors[0] * 0.05),
    ]


@contextlib.contextmanager
def running_redis() -> Iterator[tuple[int, psutil.Process]]:
    """Run a Redis that keeps nothing on disk; return its port and process.

    Raises:
        SystemExit: it does not start.
    """
    port = free_port()
    beside = Path(sys.executable).with_name("redis-server")
    command = [str(beside) if beside.exists() else "redis-server", "--port", str(port), "--bind", "127.0.0.1"]
    command += ["--save", "", "--appendonly", "no", "--daemonize", "no"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            until = time.monotonic() + _REDIS_SECONDS
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                if time.monotonic() > until:
                    raise SystemExit("Redis does not start")
                time.sleep(0.05)
            yield port, psutil.Process(server.pid)
        finally:
            server.terminate()


class KeyCount:
    """Counts a Redis' keys now and then.

    Args:
        port: of the Redis.
        every: seconds between two counts.

    Attributes:
        counts: seconds since the start, and keys.
    """

    def __init__(self, port: int, every: float) -> None:
        self._store = redis.Redis(port=port)
        self._every = every
        self.counts: list[tuple[float, int]] = []

    async def run(self) -> None:
        """Count until cancelled."""
        began = time.monotonic()
        while True:
            keys = await asyncio.to_thread(self._store.dbsize)
            self.counts.append((time.monotonic() - began, int(str(keys))))
            await asyncio.sleep(self._every)


async def _soak(
    plan: Plan, address: str, services: Mapping[str, Sequence[psutil.Process]], port: int
) -> tuple[Report, KeyCount]:
    every = max(plan.seconds / _LOOKS, 1.0)
    keys = KeyCount(port, every)
    counting = asyncio.create_task(keys.run())
    try:
        report = await load(plan, address, services, buffer=0.0, every=every)
    finally:
        counting.cancel()
        await asyncio.wait({counting})
    return report, keys


def main() -> int:
    """Soak, print, and say whether anything grows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=3_600)
    parser.add_argument("--rate", type=float, default=10)
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plots", type=Path)
    arguments = parser.parse_args()
    raise_limit()
    mixed = SCENARIOS["mixed"]
    plan = replace(mixed, sessions=arguments.sessions, rate=arguments.rate, seconds=arguments.seconds)
    with running_redis() as (port, store):
        os.environ["REDIS_URL"] = f"redis://127.0.0.1:{port}/0"
        with running_mesh() as mesh:
            uvloop.run(warm_up(mesh.envoy))
            uvloop.run(warm_up(mesh.envoy, _HEARING))
            services = {**mesh.families(), "redis": [store]}
            report, keys = uvloop.run(_soak(plan, mesh.envoy, services, port))
    print(report.table())
    print(f"\n{'service':<12}{'what':<14}{'early':>10}{'late':>10}{'may be':>10}")
    compared = [each for name, looks in report.watch.samples.items() for each in held(name, looks)]
    for each in compared:
        mark = "  grows" if each.grows else ""
        print(
            f"{each.service:<12}{each.what:<14}{each.early:10.1f}{each.late:10.1f}"
            f"{each.early + each.leeway:10.1f}{mark}"
        )
    begun = len(report.figures.latencies["connect"])
    a_session = keys.counts[-1][1] / begun
    print(
        f"Redis: {keys.counts[-1][1]} keys after {begun} connections: {a_session:.2f} each, kept for an hour"
    )
    if arguments.json:
        told = {**report.describe(), "redis_keys": keys.counts}
        arguments.json.write_text(json.dumps(told, indent=1) + "\n")
    if arguments.plots:
        report.draw(arguments.plots)
        chart = leather.Chart("Redis keys")
        chart.add_line(keys.counts)
        chart.to_svg(str(arguments.plots / "redis-keys.svg"))
    grown = any(each.grows for each in compared) or a_session > MOST_KEYS_A_SESSION
    return 1 if grown or report.errors else 0


if __name__ == "__main__":
    sys.exit(main())

"""Hours of everything that callers do, to see what grows: memory, threads, tasks, descriptors, Redis keys.

    python -m load.soak [--seconds 3600] [--rate 10] [--sessions 100] [--json FILE] [--plots FOLDER]
    python -m load.soak --short --seconds 30 --rate 3 --sessions 12

It starts a system and a Redis of its own, prints what each service held in the second fifth of the time and
in the last, and what each holds once all callers have gone beside what it held before they came. What has a
bound of its own is held to that: what Redis is given, by what callers asked for, and connections to it, by
their pool. It exits with 1 where something is more than before or than that, or an order ended in an error.
With --short, where a fifth is too short to say anything, what grows is not judged.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import redis
import uvloop
from mesh import TOGETHER, Mesh, free_port, running_mesh

from load import resting
from load.__main__ import WARM_UP, load, raise_limit, warm_up
from load.dispatch import connections
from load.figures import Figures
from load.flat import Held, held, tasks_held
from load.gauges import SCRAPED, Gauge, Series, metrics_setting, scrape_ports, scraped
from load.kept import Kept, besides, beyond, grown, kept, without
from load.plan import Conduct, Plan
from load.report import Report, draw
from load.scenarios import SCENARIOS
from load.watching import GENERATOR

_REDIS_SECONDS = 10.0
_LOOKS = 240  # over the whole time
_MOST_UNSEEN = 0.1
"""Of the time: half of the fifths that are compared."""
_WARM_SECONDS = 15.0
_SHORT_WORDS = 30
"""Of a text, at most, where there is little time: ninety take half a minute to be played."""
_HEARING = Plan(sessions=4, rate=1, seconds=4, words=(90,), conducts={Conduct.BARGE_IN: 1.0}, seed=7)
"""Users who interrupt: what tells speech is loaded with the first, and would look like a leak later."""


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


@dataclass(frozen=True)
class Soaked:
    """What came of a soak.

    Attributes:
        sessions: of callers that were open at a time.
        redis: what it held, now and then.
        gauges: what the services said, likewise.
        before: what each held before it, while nobody called.
        after: likewise, after it.
        left: what was more than before, in words.
    """

    report: Report
    sessions: int
    redis: Series[Kept]
    gauges: Series[dict[str, Gauge]]
    before: Mapping[str, resting.Held]
    after: Mapping[str, resting.Held]
    left: Sequence[str]

    def compared(self) -> list[Held]:
        """Return what each service held early and late, while all called: until the last order was due.

        The generator is none: each of its connections keeps as large a buffer as its largest message took.
        """
        course = [(at, kept) for at, kept in self.redis.points if at <= self.ends]
        found: list[Held] = []
        for name, looks in self.report.watch.samples.items():
            if name != GENERATOR:
                called = [look for look in looks if look.at <= self.ends]
                found += held(name, besides(name, called, course))
        found += tasks_held([look for at, look in self.gauges.points if at <= self.ends])
        return [*found, *grown(course)]

    @property
    def ends(self) -> float:
        """When the last order was due, by the clock of all that was looked at."""
        return float(self.report.watch.samples[GENERATOR][0].at + self.report.plan["seconds"])

    def unseen(self) -> list[str]:
        """Return what nobody looked at for too long, in words: what it held then is not judged."""
        moments = {name: [look.at for look in each] for name, each in self.report.watch.samples.items()}
        moments["what Redis keeps"] = [at for at, _ in self.redis.points]
        moments["what services say"] = [at for at, _ in self.gauges.points]
        longest = {
            name: max(later - sooner for sooner, later in pairwise([0.0, *each, max(self.ends, each[-1])]))
            for name, each in moments.items()
        }
        may_be = self.report.plan["seconds"] * _MOST_UNSEEN
        return [
            f"{name}: not looked at for {seconds:.0f} s; limit {may_be:.0f}"
            for name, seconds in longest.items()
            if seconds > may_be
        ]

    def beyond(self) -> list[str]:
        """Return what was more than it may ever be, in words."""
        return beyond(self.redis.points, self.sessions)

    def describe(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        looks = self.report.watch.samples
        return {
            **self.report.describe(),
            "course": {name: [asdict(look) for look in each] for name, each in looks.items()},
            "gauges": [
                {"at": at, **{name: asdict(gauge) for name, gauge in look.items()}}
                for at, look in self.gauges.points
            ],
            "redis": [{"at": at, **asdict(kept)} for at, kept in self.redis.points],
            "before": {name: asdict(each) for name, each in self.before.items()},
            "after": {name: asdict(each) for name, each in self.after.items()},
            "left": list(self.left),
        }

    def draw(self, folder: Path) -> None:
        """Draw the curves as SVG."""
        self.report.draw(folder)
        looks = self.report.watch.samples
        for of in ("threads", "descriptors"):
            lines = {name: [(look.at, getattr(look, of)) for look in each] for name, each in looks.items()}
            draw(folder / f"{of}.svg", of, "s", of, lines)
        own = {name: [(look.at, look.own / 1e6) for look in each] for name, each in looks.items()}
        draw(folder / "own-memory.svg", "memory that is no file's", "s", "MB", own)
        tasks = {
            name: [(at, look[name].tasks) for at, look in self.gauges.points]
            for name in self.gauges.points[0][1]
        }
        draw(folder / "tasks.svg", "tasks", "s", "tasks", tasks)
        keys = {"keys": [(at, each.keys) for at, each in self.redis.points]}
        draw(folder / "redis-keys.svg", "Redis keys", "s", "keys", keys)


def soak(plan: Plan, mesh: Mesh, services: Mapping[str, Sequence[psutil.Process]], port: int) -> Soaked:
    """Have a plan carried out, and return what came of it.

    Args:
        plan: what is asked; a part of it is asked beforehand, so that pools are as large as they get.
        mesh: the system.
        services: its processes, the Redis' among them.
        port: of the Redis.
    """
    ports = {name: int(os.environ[metrics_setting(name)]) for name in SCRAPED}
    if TOGETHER in services:
        ports[TOGETHER] = ports["edge"]
    ports = {name: port for name, port in ports.items() if name in services}
    store = redis.Redis(port=port)

    def look() -> dict[str, resting.Held]:
        return without(kept(store), resting.held(services, ports))

    for first in (replace(WARM_UP, engines=plan.engines), _HEARING, replace(plan, seconds=_WARM_SECONDS)):
        uvloop.run(warm_up(mesh.envoy, first))
    before = resting.settled(look)
    every = max(plan.seconds / _LOOKS, 1.0)
    figures = Figures()
    course = Series(lambda: kept(store, connections(figures), figures.counts["orders"]), every)
    gauges = Series(lambda: scraped(ports), every)

    async def run() -> Report:
        async with course.running(), gauges.running():
            return await load(plan, mesh.envoy, services, buffer=0.0, every=every, figures=figures)

    report = uvloop.run(run())
    after, left = resting.left(before, look)
    return Soaked(report, plan.sessions, course, gauges, before, after, left)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=3_600)
    parser.add_argument("--rate", type=float, default=10)
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--short", action="store_true", help="do not judge what grows")
    parser.add_argument("--json", type=Path, help="file for all figures and their course")
    parser.add_argument("--plots", type=Path, help="folder for drawings of it")
    return parser.parse_args()


def _judged(soaked: Soaked) -> list[str]:
    """Print what was held early and late; return what grows, in words."""
    compared = soaked.compared()
    print(f"\n{'service':<12}{'what':<20}{'early':>10}{'late':>10}{'may be':>10}")
    for each in compared:
        mark = "  grows" if each.grows else ""
        print(
            f"{each.service:<12}{each.what:<20}{each.early:10.2f}{each.late:10.2f}"
            f"{each.early + each.leeway:10.2f}{mark}"
        )
    return [f"{each.service}: {each.what} grow" for each in compared if each.grows]


def main() -> int:
    """Soak, print, and say whether anything grows or is left."""
    arguments = _arguments()
    raise_limit()
    mixed = SCENARIOS["mixed"]
    plan = replace(mixed, sessions=arguments.sessions, rate=arguments.rate, seconds=arguments.seconds)
    if arguments.short:
        plan = replace(plan, words=tuple(each for each in plan.words if each <= _SHORT_WORDS))
    os.environ.update({metrics_setting(name): str(port) for name, port in scrape_ports().items()})
    with running_redis() as (port, store):
        os.environ["REDIS_URL"] = f"redis://127.0.0.1:{port}/0"
        with running_mesh(*plan.engines) as mesh:
            soaked = soak(plan, mesh, {**mesh.families(), "redis": [store]}, port)
    print(soaked.report.table())
    broken = [*soaked.left, *soaked.beyond()]
    if not arguments.short:
        broken += [*soaked.unseen(), *_judged(soaked)]
    print(f"\n{resting.table(soaked.before, soaked.after)}")
    last = soaked.redis.points[-1][1]
    print(f"Redis: {last.keys} keys of {last.opened} connections, kept for an hour; a pool of {last.pool}")
    for each in broken:
        print(f"did not hold: {each}")
    if arguments.json:
        arguments.json.write_text(json.dumps(soaked.describe(), indent=1) + "\n")
    if arguments.plots:
        soaked.draw(arguments.plots)
    return 1 if broken or soaked.report.errors else 0


if __name__ == "__main__":
    sys.exit(main())

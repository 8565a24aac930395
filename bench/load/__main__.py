"""A load, as a command: see docs/load.md.

python -m load SCENARIO [--sessions 2000] [--rate 100] [--seconds 60] [--json FILE] [--plots FOLDER]
python -m load SCENARIO --address HOST:PORT     a system that runs already
python -m load idle [--seconds 10]              what an open session costs, by how many are open
python -m load overload [--rate 250]            what twice the capacity does to those who are let in, judged
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import ipaddress
import json
import os
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import psutil
import refusals
import uvloop
from mesh import Mesh, running_mesh

from load import growth, overload
from load.dispatch import Dispatcher
from load.figures import Figures
from load.lag import Lag
from load.plan import Plan
from load.report import Report
from load.scenarios import SCENARIOS
from load.watching import GENERATOR, Watch
from parlando_kit.tasks import background

WARM_UP = Plan(sessions=4, rate=10, seconds=3, words=(5, 10), seed=7)
_NUMBERS = {
    "sessions": int,
    "rate": float,
    "seconds": float,
    "calm_seconds": float,
    "calm_rate": float,
    "most": int,
    "cancel_within": float,
    "seed": int,
}


def raise_limit() -> None:
    """Let this process, and what it starts, hold as many connections as the system allows."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def is_here(address: str) -> bool:
    """Return whether "host:port" is this machine's own, by its loopback address."""
    host, _, port = address.rpartition(":")
    if not port.isdecimal():  # or what follows an "@" would be called
        return False
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


async def load(
    plan: Plan,
    address: str,
    services: Mapping[str, Sequence[psutil.Process]],
    *,
    buffer: float,
    every: float,
    figures: Figures | None = None,
) -> Report:
    """Run a plan against a system, and return what came of it.

    Args:
        plan: what is asked.
        address: "host:port" of the public listener.
        services: processes to watch, by name.
        buffer: seconds that a player waits with the first sound.
        every: seconds between looks at them.
        figures: are told; new ones by default.
    """
    figures, lag = figures if figures is not None else Figures(), Lag()
    watch = Watch({**services, GENERATOR: [psutil.Process()]}, every, plan.lasts)
    dispatcher = Dispatcher(plan, address, figures, buffer)
    idle = await watch.memory()
    async with dispatcher.open():
        opened = await watch.memory()
        # What holds the sessions is not to be searched for garbage while they are listened to.
        gc.collect()
        gc.freeze()
        async with watch.running(), background(lag.run()):
            until = time.perf_counter() + plan.lasts
            await dispatcher.run()
            await asyncio.sleep(max(until - time.perf_counter(), 0.0))
    sessions = {name: (opened[name] - idle[name]) / max(plan.sessions, 1) for name in idle}
    return Report(asdict(plan), figures, lag, watch, sessions if plan.sessions else {})


async def warm_up(address: str, plan: Plan = WARM_UP) -> None:
    """Have a few texts spoken that do not count."""
    dispatcher = Dispatcher(plan, address, Figures())
    async with dispatcher.open():
        await dispatcher.run()


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scenario", choices=SCENARIOS)
    for name, kind in _NUMBERS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, help="in place of the scenario's")
    parser.add_argument("--words", type=int, nargs="+", help="likewise: lengths of texts")
    parser.add_argument("--engines", nargs="+", help="likewise: engines that are started, and asked for")
    parser.add_argument(
        "--buffer", type=float, default=0.0, help="seconds a player waits with the first sound"
    )
    parser.add_argument("--every", type=float, default=2.0, help="seconds between looks at the services")
    parser.add_argument("--address", help="HOST:PORT of a system that runs; else one is started")
    parser.add_argument("--anywhere", action="store_true", help="let the address be another machine's")
    parser.add_argument("--json", type=Path, help="file for all figures")
    parser.add_argument("--plots", type=Path, help="folder for drawings")
    arguments = parser.parse_args(words)
    if arguments.address and not arguments.anywhere and not is_here(arguments.address):
        parser.error(
            f"{arguments.address} is not this machine: load it only with its owner's leave, by --anywhere"
        )
    return arguments


def _plan(arguments: argparse.Namespace) -> Plan:
    named = {field.name for field in fields(Plan)}
    given = {name: value for name, value in vars(arguments).items() if name in named and value is not None}
    for name in ("words", "engines"):
        if name in given:
            given[name] = tuple(given[name])
    if arguments.address and not arguments.engines:
        given["engines"] = ("",)  # what a system has that runs already is its own affair
    return replace(SCENARIOS[arguments.scenario], **given)


def _judged(plan: Plan, report: Report, *, refusals_too: bool) -> tuple[dict[str, Any], list[str]]:
    """Print how an overload was borne; return that as JSON has it, and what did not hold, in words."""
    verdict = overload.judge(plan, report.figures, report.bottleneck)
    print(f"\n{verdict.table()}")
    told, broken = verdict.describe(), verdict.broken
    if refusals_too:
        told["refusal_ms"] = dearest = refusals.measured()
        if dearest > refusals.LIMIT_MS:
            broken.append(f"a refusal costs {dearest:.2f} ms of CPU; limit {refusals.LIMIT_MS:g}")
    else:
        print("what a refusal costs is not measured: whose CPU that would be is not known")
    for each in broken:
        print(f"did not hold: {each}")
    return told, broken


def main(words: Sequence[str] | None = None) -> int:
    """Load, print, and return 1 when an order ended in an error, or an overload was borne badly."""
    arguments = _arguments(words)
    plan = _plan(arguments)
    grows = arguments.scenario == "idle" and arguments.sessions is None
    if grows:
        plan = replace(plan, sessions=growth.STEPS[-1])
    raise_limit()
    # The system that is started is to be full by its own limits, not by the edge's default of connections.
    os.environ.setdefault("EDGE_MAX_LIVE", str(max(2_000, 2 * plan.sessions)))
    with nullcontext() if arguments.address else running_mesh(*filter(None, plan.engines)) as mesh:
        address = mesh.envoy if isinstance(mesh, Mesh) else arguments.address
        services = mesh.families() if isinstance(mesh, Mesh) else {}
        uvloop.run(warm_up(address, replace(WARM_UP, engines=plan.engines)))
        if grows:
            steps = uvloop.run(growth.measure(plan, address, services))
            print(growth.table(steps))
            return 0
        report = uvloop.run(load(plan, address, services, buffer=arguments.buffer, every=arguments.every))
    print(report.table())
    told = report.describe()
    broken: list[str] = []
    if plan.calm_seconds:
        told["overload"], broken = _judged(plan, report, refusals_too=not arguments.address)
    if arguments.json:
        arguments.json.write_text(json.dumps(told, indent=1) + "\n")
    if arguments.plots:
        for file in report.draw(arguments.plots):
            print(f"drawn: {file}")
    return 1 if report.errors or broken else 0


if __name__ == "__main__":
    sys.exit(main())

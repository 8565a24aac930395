"""What a refusal costs the whole system, from Envoy on.

    bench/refusals.py [--count 2000] [--at-a-time 8]

There is one place to wait in (EDGE_MAX_WAITING), and who has it waits for an engine that stands still.
Everybody else is refused, over Realtime and over HTTP; it prints the CPU of each service by refusal. The
limit is 1 ms for all of them together.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import uvloop
from edge_alone import Line, opened, refused
from mesh import Mesh, running_mesh
from path import Http

LIMIT_MS = 1.0
_BEGINS_SECONDS = 0.5
_REFUSED = {"failed", "429"}


async def _cost(title: str, mesh: Mesh, count: int, asks: Sequence[Callable[[], Awaitable[str]]]) -> float:
    """Have so many be refused, print what each cost, and return it in ms."""
    left = iter(range(count))
    became: set[str] = set()

    async def keep_asking(ask: Callable[[], Awaitable[str]]) -> None:
        for _ in left:
            became.add(await ask())

    before = mesh.cpu_seconds()
    async with asyncio.TaskGroup() as tasks:
        for ask in asks:
            tasks.create_task(keep_asking(ask))
    after = mesh.cpu_seconds()
    if not became <= _REFUSED:
        raise SystemExit(f"{title}: not all were refused, but {sorted(became)}")
    used = {name: (after[name] - before[name]) * 1000 / count for name in before}
    told = ", ".join(f"{name} {each:.2f}" for name, each in used.items() if each >= 0.005)
    whole = sum(used.values())
    print(f"{title:<10}{whole:6.2f} ms each of {count}: {told}")
    return whole


async def measure(mesh: Mesh, count: int, at_a_time: int) -> bool:
    """Measure and print; return whether all keeps within the limit."""
    first, *lines = [await opened(mesh.envoy) for _ in range(at_a_time + 1)]
    for line in (first, *lines):
        await line.ask()
    mesh.processes["synth"].suspend()
    waiting = asyncio.create_task(first.ask())
    try:
        await asyncio.sleep(_BEGINS_SECONDS)
        return await _measure(mesh, count, lines)
    finally:
        mesh.processes["synth"].resume()
        waiting.cancel()


async def _measure(mesh: Mesh, count: int, lines: Sequence[Line]) -> bool:
    dearest = await _cost("Realtime", mesh, count, [line.ask for line in lines])
    async with contextlib.AsyncExitStack() as stack:
        https = [await stack.enter_async_context(Http.to(mesh.envoy)) for _ in lines]
        asks = [partial(refused, each) for each in https]
        dearest = max(dearest, await _cost("HTTP", mesh, count, asks))
    return dearest <= LIMIT_MS


def main() -> int:
    """Measure, print, and return 1 beyond the limit."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--at-a-time", type=int, default=8)
    arguments = parser.parse_args()
    os.environ["EDGE_MAX_WAITING"] = "1"
    with running_mesh() as mesh:
        return 0 if uvloop.run(measure(mesh, arguments.count, arguments.at_a_time)) else 1


if __name__ == "__main__":
    sys.exit(main())

"""What open sessions cost by how many there are: memory and CPU that grow faster than they do would show."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import psutil
from mesh import TOGETHER, own_bytes

from load.dispatch import Dispatcher
from load.figures import Figures
from load.plan import Plan
from load.realtime_road import ConnectionLostError

STEPS = (100, 500, 1_000, 2_000, 5_000)
"""Sessions open, one step after the other."""

_SHOWN = ("edge", TOGETHER, "envoy", "session")


@dataclass(frozen=True, slots=True)
class Step:
    """So many open sessions.

    Attributes:
        sessions: how many are open.
        opening: ms of CPU that the mesh used for opening each of those that were added.
        bytes_each: what each service shown holds for each, over what it held before the first.
        cores: what the mesh uses while nobody speaks.
    """

    sessions: int
    opening: float
    bytes_each: Mapping[str, float]
    cores: float


async def measure(
    plan: Plan, address: str, services: Mapping[str, Sequence[psutil.Process]], steps: Sequence[int] = STEPS
) -> list[Step]:
    """Open more and more sessions, and return what each step found.

    Args:
        plan: how long it waits at each step.
        address: "host:port" of the public listener.
        services: processes to watch, by name.
        steps: how many are to be open, fewer first.

    Raises:
        ConnectionLostError: some did not stay open.
    """
    figures = Figures()
    found: list[Step] = []
    before = await asyncio.to_thread(_memory, services)
    async with AsyncExitStack() as open_ones:
        so_far = 0
        for sessions in steps:
            used = _cpu(services)
            more = replace(plan, sessions=sessions - so_far)
            await open_ones.enter_async_context(Dispatcher(more, address, figures).open())
            opened = _cpu(services)
            await asyncio.sleep(plan.seconds)
            idle = (_cpu(services) - opened) / plan.seconds
            now = await asyncio.to_thread(_memory, services)
            if figures.counts:
                raise ConnectionLostError(f"of {sessions} sessions some were lost: {dict(figures.counts)}")
            each = {name: (now[name] - before[name]) / sessions for name in now}
            found.append(Step(sessions, (opened - used) * 1000 / (sessions - so_far), each, idle))
            so_far = sessions
    return found


def table(steps: Sequence[Step]) -> str:
    """Return the steps as lines for people."""
    names = [name for name in _SHOWN if name in steps[0].bytes_each]
    heads = "".join(f"{f'{name} kB':>13}" for name in names)
    lines = [f"{'sessions':>10}{heads}{'to open ms':>12}{'idle cores':>12}"]
    for step in steps:
        held = "".join(f"{step.bytes_each[name] / 1000:13.1f}" for name in names)
        lines.append(f"{step.sessions:>10}{held}{step.opening:12.2f}{step.cores:12.3f}")
    return "\n".join([*lines, "kB and ms are of one session: where they do not grow, the cost is linear"])


def _memory(services: Mapping[str, Sequence[psutil.Process]]) -> dict[str, int]:
    return {name: sum(map(own_bytes, family)) for name, family in services.items()}


def _cpu(services: Mapping[str, Sequence[psutil.Process]]) -> float:
    return sum(sum(process.cpu_times()[:2]) for family in services.values() for process in family)

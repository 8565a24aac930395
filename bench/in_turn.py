"""Systems beside each other, loaded in turn: the load, and the CPU that it takes."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil
from edge_alone import Line

ROLES = ("edge", "router", "synth", "fragmenter", "session")


async def load(lines: Sequence[Line], count: int, rate: float, seed: int) -> list[float]:
    """Have so many utterances spoken at random moments, each on the connection that is next free.

    Returns:
        For each, the seconds from when it was due until its first sound.
    """
    free: asyncio.Queue[Line] = asyncio.Queue()
    for line in lines:
        free.put_nowait(line)
    draw = random.Random(seed)  # noqa: S311  # no secret
    waits: list[float] = []

    async def one(due: float) -> None:
        line = await free.get()
        status = await line.ask()
        if status != "completed" or line.sound_at is None:
            raise SystemExit(f"an utterance was {status}")
        waits.append(line.sound_at - due)
        free.put_nowait(line)

    due = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(count):
            due += draw.expovariate(rate)
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            tasks.create_task(one(due))
    return waits


async def cost(
    lines: Sequence[Line],
    families: Mapping[str, Sequence[psutil.Process]],
    count: int,
    rate: float,
    seed: int,
    rest: float = 0.3,
) -> dict[str, float]:
    """Return the CPU seconds that a load takes of each service, and of "all".

    Args:
        lines: connections, as `load` takes them.
        families: each service's processes.
        count: of utterances.
        rate: of utterances, a second.
        seed: of the moments at which they are due.
        rest: seconds after the last answer that count as well, for what follows it.
    """
    before = cpu_seconds(families)
    await load(lines, count, rate, seed)
    await asyncio.sleep(rest)
    after = cpu_seconds(families)
    used = {role: after[role] - before[role] for role in ROLES}
    return {**used, "all": sum(used.values())}


def cpu_seconds(families: Mapping[str, Sequence[psutil.Process]]) -> dict[str, float]:
    """Return the CPU seconds of each service's processes so far."""
    return {
        role: sum(_seconds(process.pid) for process in family)
        for role, family in families.items()
        if role in ROLES
    }


def _seconds(pid: int) -> float:
    """Return CPU seconds of a process, of all its threads: finer than the ticks that psutil has."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

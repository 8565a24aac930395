"""What can befall a part, and for how long."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import psutil

from tests.chaos.calls import Call
from tests.chaos.under_way import until_at_work
from tests.chaos.wired import AwayError, Part, Wired, send

LASTS_SECONDS = 4.0
"""How long a part stands still, is slow or is cut off."""

HANGS_SECONDS = 20.0
"""Within this the supervisor ends what hangs; a bound, and no measure."""

_PERIOD_SECONDS = 0.05
_RUNNING_SHARE = 0.1
_AGAIN_SECONDS = 0.05


class Kind(StrEnum):
    """What happens to a part.

    One that stands still goes on after a while; one that hangs does not, until its supervisor ends it. A slow
    part runs a tenth of the time, as under a CPU quota: stopped and continued twenty times a second, which
    needs no cgroup and no root. A cut lets nothing through, as a cable pulled out, and heals. A drop ends
    every connection once. Both befall what reaches a part and what it reaches others by.
    """

    KILL = "killed"
    PAUSE = "stands still"
    HANG = "hangs"
    SLOW = "is slow"
    CUT = "is cut off"
    DROP = "loses its connections"


@dataclass(frozen=True)
class Fault:
    """A disturbance.

    Attributes:
        part: name of the part. Example: "router".
    """

    part: str
    kind: Kind

    async def happen(self, part: Part, process: psutil.Process) -> None:
        """Disturb a part; return once it is let alone again."""
        match self.kind:
            case Kind.KILL:
                process.kill()
            case Kind.PAUSE:
                await _paused(process)
            case Kind.HANG:
                await _hung(process)
            case Kind.SLOW:
                await _slowed(process)
            case Kind.CUT:
                await _cut_off(part)
            case Kind.DROP:
                for cable in part.cables:
                    cable.drop()

    def __str__(self) -> str:
        return f"{self.part} {self.kind}"


async def _paused(process: psutil.Process) -> None:
    send(process, signal.SIGSTOP)
    try:
        await asyncio.sleep(LASTS_SECONDS)
    finally:
        send(process, signal.SIGCONT)


async def _hung(process: psutil.Process) -> None:
    """Stop a process for good.

    Raises:
        TimeoutError: nobody ended it.
    """
    send(process, signal.SIGSTOP)
    async with asyncio.timeout(HANGS_SECONDS):
        while process.is_running():  # noqa: ASYNC110  # the kernel tells its parent alone, which is another one
            await asyncio.sleep(_AGAIN_SECONDS)


async def _slowed(process: psutil.Process) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + LASTS_SECONDS
    try:
        while loop.time() < until:
            send(process, signal.SIGSTOP)
            await asyncio.sleep(_PERIOD_SECONDS * (1 - _RUNNING_SHARE))
            send(process, signal.SIGCONT)
            await asyncio.sleep(_PERIOD_SECONDS * _RUNNING_SHARE)
    finally:
        send(process, signal.SIGCONT)


async def _cut_off(part: Part) -> None:
    for cable in part.cables:
        cable.cut()
    try:
        await asyncio.sleep(LASTS_SECONDS)
    finally:
        for cable in part.cables:
            cable.mend()


@dataclass(frozen=True)
class Hit:
    """Parts that are about to be disturbed, found at work.

    Attributes:
        under_way: calls under way in each service of theirs, by its name.
    """

    under_way: Mapping[str, int]
    _wired: Wired
    _processes: Mapping[str, psutil.Process]

    async def by(self, faults: Sequence[Fault]) -> None:
        """Let disturbances happen at the same time.

        Raises:
            AwayError: one was not there, or hangs and nobody ended it.
        """
        async with asyncio.TaskGroup() as tasks:
            happening = [tasks.create_task(self._on(fault)) for fault in faults]
        if wrong := "; ".join(filter(None, (each.result() for each in happening))):
            raise AwayError(wrong)

    async def _on(self, fault: Fault) -> str:
        """Let a disturbance happen; return why it could not, "" where it did."""
        try:
            await fault.happen(self._wired.parts[fault.part], self._processes[fault.part])
        except psutil.NoSuchProcess:
            return f"{fault.part} has ended by itself"
        except TimeoutError:
            return f"nobody ended {fault.part}, which hangs"
        return ""


async def found_at_work(faults: Sequence[Fault], wired: Wired, calls: Sequence[Call]) -> Hit:
    """Return once what is to be disturbed is at work, or has not been for a long time.

    Args:
        faults: what is to happen.
        wired: the system.
        calls: of all callers, those included that are made meanwhile.

    Raises:
        AwayError: one of the parts does not run.
    """
    parts = [wired.parts[fault.part] for fault in faults]
    # Beforehand: to find them takes longer than some work does.
    processes = {}
    for part in parts:
        process = part.process()
        if process is None:
            raise AwayError(f"{part.name} does not run")
        processes[part.name] = process
    services = [each for part in parts for each in part.services]
    return Hit(await until_at_work(services, calls), wired, processes)

"""What can befall a part, and for how long."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tests.chaos.wired import Part, Wired, send

LASTS_SECONDS = 4.0
"""How long a part stands still, is slow or is cut off."""

_PERIOD_SECONDS = 0.05
_RUNNING_SHARE = 0.1


class Kind(StrEnum):
    """What happens to a part.

    A slow part runs a tenth of the time, as under a CPU quota: stopped and continued twenty times a second,
    which needs no cgroup and no root. A cut lets nothing through, as a cable pulled out, and heals. A drop
    ends every connection once.
    """

    KILL = "killed"
    PAUSE = "stands still"
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

    async def happen(self, wired: Wired) -> None:
        """Disturb the part; return once it is let alone again."""
        part = wired.parts[self.part]
        match self.kind:
            case Kind.KILL:
                process = part.process()
                if process is not None:
                    process.kill()
            case Kind.PAUSE:
                await _paused(part)
            case Kind.SLOW:
                await _slowed(part)
            case Kind.CUT:
                await _cut_off(part)
            case Kind.DROP:
                part.cable.drop()

    def __str__(self) -> str:
        return f"{self.part} {self.kind}"


async def _paused(part: Part) -> None:
    process = part.process()
    if process is None:
        return
    send(process, signal.SIGSTOP)
    try:
        await asyncio.sleep(LASTS_SECONDS)
    finally:
        send(process, signal.SIGCONT)


async def _slowed(part: Part) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + LASTS_SECONDS
    process = part.process()  # found once: that takes longer than it is to run at a time
    if process is None:
        return
    try:
        while loop.time() < until:
            send(process, signal.SIGSTOP)
            await asyncio.sleep(_PERIOD_SECONDS * (1 - _RUNNING_SHARE))
            send(process, signal.SIGCONT)
            await asyncio.sleep(_PERIOD_SECONDS * _RUNNING_SHARE)
    finally:
        send(process, signal.SIGCONT)


async def _cut_off(part: Part) -> None:
    part.cable.cut()
    try:
        await asyncio.sleep(LASTS_SECONDS)
    finally:
        part.cable.mend()


async def together(faults: Sequence[Fault], wired: Wired) -> None:
    """Let disturbances happen at the same time."""
    async with asyncio.TaskGroup() as tasks:
        for fault in faults:
            tasks.create_task(fault.happen(wired))

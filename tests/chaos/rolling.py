"""Parts restarted as one rolls out another version: one of a kind at a time, and Envoy by hot restart.

docs/rolling.md tells the same to people.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from parlando_client.supervisor.envoy import Front, envoy
from parlando_client.supervisor.http_probe import request, wait_until_http_serves
from parlando_client.supervisor.ports import wait_until_serving
from parlando_client.supervisor.system import EDGE_HEALTH, EDGE_SIGN
from tests.chaos.probes import SERVICES
from tests.chaos.wired import Part

PAUSE_SECONDS = 2.0
"""Between two of a kind, as `minReadySeconds` has it: whoever balances has to hear that the first is back."""

_AGAIN_SECONDS = 0.05


async def roll_all(parts: Sequence[Part]) -> None:
    """Restart all of a kind, one after another."""
    for part in parts:
        await _roll(part)


async def _roll(part: Part) -> None:
    """Tell a part to stop, and return once it was started again and whoever calls it knows that."""
    process = part.process()
    assert process is not None
    process.terminate()
    await asyncio.to_thread(process.wait)
    if part.kind == "edge":
        await wait_until_http_serves(part.port, EDGE_HEALTH, EDGE_SIGN)
    else:
        await wait_until_serving(f"127.0.0.1:{part.port}", SERVICES[part.kind])
    await asyncio.sleep(PAUSE_SECONDS)


@dataclass
class RollingEnvoy:
    """An Envoy that is followed by others on the same port.

    Attributes:
        front: what it is told.
        edges: ports of the edges.
        routers: ports of the routers.
        ends_after: seconds after which the one before is ended, with whatever is still connected to it.
    """

    front: Front
    edges: Sequence[int]
    routers: Sequence[int]
    ends_after: int
    _base: int = field(default_factory=lambda: random.randrange(2**20))
    _running: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def start(self) -> None:
        """Start the next one, which takes the sockets over; the one before takes nothing new, and drains."""
        hot = ("--base-id", str(self._base), "--restart-epoch", str(len(self._running)))
        ends = ("--drain-time-s", "2", "--parent-shutdown-time-s", str(self.ends_after))
        child = envoy(self.front, self.edges, self.routers, _nothing)
        command = [word for word in child.command if word != "--disable-hot-restart"]
        self._running.append(await asyncio.create_subprocess_exec(*command, *hot, *ends))
        while await self._epoch() != len(self._running) - 1:  # Envoy tells only who asks
            assert self._running[-1].returncode is None, "Envoy has ended"
            await asyncio.sleep(_AGAIN_SECONDS)

    async def follow(self, meanwhile: Awaitable[None]) -> None:
        """Start the next one, and return once the one before has ended.

        Args:
            meanwhile: moves what does not move by itself: WebSockets stay where they are while nobody closes
                them.
        """
        await self.start()
        await meanwhile
        await self._running[-2].wait()

    async def stop(self) -> None:
        """End all of them."""
        for process in reversed(self._running):
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()

    async def _epoch(self) -> int:
        """Return which one answers; -1 where none does, or it is not live yet."""
        with suppress(OSError, ValueError):
            _, answer = await request(self.front.admin_port, "/server_info")
            told = json.loads(answer[answer.index(b"{") : answer.rindex(b"}") + 1])
            if told["state"] == "LIVE":
                return int(told["command_line_options"]["restart_epoch"])
        return -1


async def _nothing() -> None:
    """Return: whether it is ready is asked otherwise."""

"""What the services say themselves: how many calls and tasks they have under way, read now and then."""

from __future__ import annotations

import asyncio
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from mesh import free_port

from parlando_kit.tasks import background

SCRAPED = ("edge", "router", "fragmenter", "session", "synth")
"""Services that say it."""

_CALLS, _TASKS = "parlando_live_calls{", "parlando_live_tasks{"
_SCRAPE_SECONDS = 30.0

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Gauge:
    """What a service has under way.

    Attributes:
        calls: calls, requests and connections.
        tasks: of its event loop, those included that are always there.
    """

    calls: int
    tasks: int


def metrics_setting(name: str) -> str:
    """Return the setting that tells a service where it is scraped."""
    return f"{name.upper()}_METRICS_PORT"


def scrape_ports() -> dict[str, int]:
    """Return a free port for the scrapes of each service."""
    return {name: free_port() for name in SCRAPED}


def scraped(ports: Mapping[str, int], hop_of: Callable[[str], str] | None = None) -> dict[str, Gauge]:
    """Return what each process or service has under way, by name. It blocks.

    Args:
        ports: where each is scraped, by name; services of one process have one port.
        hop_of: returns which service a name is one of, as the gauges have it: "router" for "router-2".
            Without it each name is a process, with all that it serves.
    """
    pages = {port: _page(port) for port in set(ports.values())}
    found = {}
    for name, port in ports.items():
        own = pages[port]
        if hop_of is not None:
            own = [line for line in own if f'parlando_hop="{hop_of(name)}"' in line]
        calls, tasks = (
            sum(int(float(line.split()[-1])) for line in own if line.startswith(gauge))
            for gauge in (_CALLS, _TASKS)
        )
        found[name] = Gauge(calls, tasks)
    return found


def _page(port: int) -> list[str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=_SCRAPE_SECONDS) as answer:
        return answer.read().decode().splitlines()  # type: ignore[no-any-return]


class Series(Generic[_Read]):
    """What something returns, now and then, off the loop.

    Args:
        read: returns it; it may block.
        every: seconds between two readings.

    Attributes:
        points: seconds since the start, and what was read.
    """

    def __init__(self, read: Callable[[], _Read], every: float) -> None:
        self.points: list[tuple[float, _Read]] = []
        self._read = read
        self._every = every

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Read while the block lasts; raise what kept it from reading."""
        async with background(self._run()):
            yield

    async def _run(self) -> None:
        began = time.monotonic()
        while True:
            read = await asyncio.to_thread(self._read)
            self.points.append((time.monotonic() - began, read))
            await asyncio.sleep(self._every)

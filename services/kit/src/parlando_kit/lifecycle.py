"""From start to SIGTERM: not-serving, drain, close.

`run` is what a service's `__main__` calls. It answers SIGTERM and SIGINT by draining; a second signal
ends what is left at once, and one that comes before the service serves ends the start.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from typing import Protocol

import uvloop

from parlando_kit import garbage, logs, scheduling, telemetry, telemetry_names
from parlando_kit.errors import ParlandoError
from parlando_kit.server import PortTakenError, Server
from parlando_kit.settings import ServerSettings

_log = logging.getLogger(__name__)

_READY_SECONDS = 5.0
"""Until the front of a chain is started all the same: that an engine is missing, callers are told by it."""


class Serving(Protocol):
    """What a lifecycle runs: the gRPC server of `server`, or one of another protocol."""

    @property
    def live(self) -> int:
        """Calls, requests and connections under way that are work."""
        ...

    async def start(self) -> int:
        """Bind, start serving, and return the port; PortTakenError where that cannot be."""
        ...

    async def stop(self, grace: float) -> None:
        """Say that it serves no more, and wait up to `grace` seconds for what is under way.

        A second call, while the first still waits, ends what is left after its own grace.
        """
        ...


class Chain:
    """Servers of one process, each of which calls those after it.

    Args:
        front: the one that nobody here calls, and its name.
        behind: the others, by name.

    Attributes:
        servers: all of them.
    """

    def __init__(self, front: tuple[str, Serving], behind: Mapping[str, Server]) -> None:
        name, self._front = front
        self._behind = behind
        self.servers: Mapping[str, Serving] = {name: self._front, **behind}

    @property
    def live(self) -> int:
        """What is under way in all of them: one utterance counts in each that it has come to."""
        return sum(server.live for server in self.servers.values())

    async def start(self) -> int:
        """Start them, the front last, and return its port.

        Each is given time until it serves: nobody who is let in is told that what is behind is not there yet.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + _READY_SECONDS
        for server in reversed(list(self._behind.values())):
            await server.start()
            await server.ready(within=max(until - loop.time(), 0.0))
        return await self._front.start()

    async def stop(self, grace: float) -> None:
        """Stop them, the first first, with `grace` seconds for all of them together."""
        loop = asyncio.get_running_loop()
        until = loop.time() + grace
        for server in self.servers.values():
            await server.stop(max(until - loop.time(), 0.0))


Build = Callable[[AsyncExitStack], Awaitable[Serving]]


class _Signals:
    """SIGTERM and SIGINT of this process. One that comes before `serving` cancels the service's task."""

    def __init__(self) -> None:
        self.serving = False
        self.starting: asyncio.Task[None] | None = None
        self._arrived: asyncio.Queue[int] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._arrive, number)

    def _arrive(self, number: int) -> None:
        self._arrived.put_nowait(number)
        if not self.serving and self.starting is not None:
            self.starting.cancel()

    @property
    def any(self) -> bool:
        """True when one has come that `next` has not returned."""
        return not self._arrived.empty()

    async def next(self) -> None:
        """Return once for each signal that comes."""
        await self._arrived.get()


def _live(server: Serving) -> int:
    return server.live


async def _serve(name: str, settings: ServerSettings, build: Build, signals: _Signals) -> None:
    # What the service holds is entered on `resources` and closed in reverse order, after the drain.
    async with AsyncExitStack() as resources:
        server = await build(resources)
        for hop, each in (server.servers if isinstance(server, Chain) else {name: server}).items():
            telemetry.gauge(
                telemetry.meter(hop),
                telemetry_names.LIVE_CALLS,
                "calls, requests and connections under way",
                partial(_live, each),
                {telemetry_names.HOP: hop},
            )
        loop = asyncio.get_running_loop()
        telemetry.gauge(
            telemetry.meter(name),
            telemetry_names.LIVE_TASKS,
            "tasks of the event loop that have not ended: what leaks shows here first",
            lambda: len(asyncio.all_tasks(loop)),
            {telemetry_names.HOP: name},
        )
        resources.push_async_callback(server.stop, 0)  # before all else, whatever ends the service
        garbage.look_seldom()  # now: it stops the loop for a moment
        port = await server.start()
        signals.serving = True
        _log.info("%s serves on %s:%d", name, settings.host, port)
        await signals.next()
        _log.info("%s drains", name)
        drain = asyncio.create_task(server.stop(settings.drain_seconds))
        again = asyncio.create_task(signals.next())
        await asyncio.wait({drain, again}, return_when=asyncio.FIRST_COMPLETED)
        again.cancel()
        await server.stop(0)  # after a second signal: ends what is left
        await drain
    _log.info("%s stopped", name)


async def _run(name: str, settings: ServerSettings, build: Build) -> None:
    signals = _Signals()
    # One task enters and leaves all that the service holds; this one outlives it.
    signals.starting = asyncio.create_task(_serve(name, settings, build, signals))
    try:
        await signals.starting
    except asyncio.CancelledError:
        if signals.serving or not signals.any:
            raise
        _log.info("%s stopped before it served", name)


def run(name: str, settings: ServerSettings, build: Build, *, pushes: bool = True) -> None:
    """Run a service until it is told to stop.

    Exits with status 1 and one line when it cannot start for a reason that its message explains: its
    port is taken, or `build` raised a ParlandoError.

    Args:
        name: for log lines. Example: "router".
        settings: its settings.
        build: makes the server, entering what it holds on the stack it is given.
        pushes: whether it is given a core at once when it is woken; False for what other services call, which
            would mostly take it from the one that is calling (`scheduling`).
    """
    if not pushes:
        scheduling.push_nobody_off()  # before there is a thread or a process of its own
    logs.begin(name, settings.log_level)
    why = ""
    try:
        uvloop.run(_run(name, settings, build))
    except* (PortTakenError, ParlandoError) as known:  # a group, where a TaskGroup of `build` wraps it
        why = str(_first(known))
    if why:
        sys.exit(f"{name}: {why}")


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error

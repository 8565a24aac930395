"""Gives out orders when they are due, whatever became of the ones before."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import grpc

from load.figures import Figures
from load.grpc_road import GrpcRoad
from load.http_road import HttpRoad, fetch
from load.plan import Conduct, Order, Plan, Road, orders
from load.realtime_road import ConnectionLostError, Line, pieces
from load.take import Take

_OPENING_AT_A_TIME = 32
_FREE_WITHIN_SECONDS = 60.0
_AGAIN_SECONDS = 1.0
_MOST_WAITING = 10_000
_CONNECT = "connect"
_CONNECT_LATER = "connect, later"
_SOUND = "Stop, please. I would like to ask you something else."
_LOST = (OSError, EOFError, TimeoutError, ConnectionLostError, grpc.aio.AioRpcError)


def connections(figures: Figures) -> int:
    """Return how many connections of sessions were opened, in the place of others too."""
    return len(figures.latencies[_CONNECT]) + len(figures.latencies[_CONNECT_LATER])


class Dispatcher:
    """Runs a plan against one address.

    Args:
        plan: what is asked.
        address: "host:port" of the public listener.
        figures: are told.
        buffer: seconds that a player waits with the first sound.

    Raises:
        ValueError: orders over Realtime, and no session.
    """

    def __init__(self, plan: Plan, address: str, figures: Figures, buffer: float = 0.0) -> None:
        if plan.talks and not plan.sessions:
            raise ValueError("orders over Realtime need a session: ask for one at least")
        self._plan = plan
        self._address = address
        self._figures = figures
        self._buffer = buffer
        self._lines: set[Line] = set()
        self._free: deque[Line] = deque()
        self._wanting: deque[asyncio.Future[Line]] = deque()
        self._renewing: set[asyncio.Task[None]] = set()
        self._http = HttpRoad(address)
        self._grpc = GrpcRoad(address)
        self._sound: list[bytes] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Hold everything open that the plan needs, its sessions among it.

        Raises:
            OSError, ConnectionLostError, TimeoutError: the system cannot be reached, or does not speak.
        """
        await self._grpc.open()
        try:
            if self._plan.conducts.get(Conduct.BARGE_IN):
                self._sound = pieces(await fetch(self._address, _SOUND, self._plan.engines[0]))
            left = iter(range(self._plan.sessions))

            async def open_some() -> None:
                for _ in left:
                    self._free.append(await self._opened(_CONNECT))

            async with asyncio.TaskGroup() as tasks:
                for _ in range(_OPENING_AT_A_TIME):
                    tasks.create_task(open_some())
            yield
        finally:
            for task in self._renewing:
                task.cancel()
            await asyncio.gather(*self._renewing, return_exceptions=True)
            self._free.clear()
            for line in list(self._lines):
                self._hang_up(line)
            self._http.close()
            await self._grpc.close()

    async def run(self) -> None:
        """Give out all orders, and return once the last is over."""
        began = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for order in orders(self._plan):
                due = began + order.due
                # Where it is late, it catches up without a pause: each clock started when its order was due.
                if (early := due - time.perf_counter()) > 0:
                    await asyncio.sleep(early)
                self._figures.counts["orders"] += 1
                tasks.create_task(self._serve(order, due))

    async def _serve(self, order: Order, due: float) -> None:
        take = Take(order, due, self._figures, self._buffer)
        try:
            match order.road:
                case Road.REALTIME:
                    await self._converse(take)
                case Road.HTTP:
                    await self._http.speak(take)
                case Road.GRPC:
                    await self._grpc.speak(take)
        except _LOST as error:
            take.ended(time.perf_counter(), type(error).__name__)

    async def _converse(self, take: Take) -> None:
        line = await self._line()
        if line is None:
            take.ended(time.perf_counter(), "no session was free")
            return
        try:
            if take.order.conduct is Conduct.RECONNECT:
                line = await self._reconnected(line)
            await line.speak(take, self._sound)
            if take.order.conduct is Conduct.LEAVE:
                self._hang_up(line)
                line = await self._opened()
        except _LOST:
            self._hang_up(line)
            self._renew()
            raise
        self._give(line)

    async def _line(self) -> Line | None:
        """Return a session that is free, waiting for one; None where that takes too long."""
        if self._free:
            return self._free.popleft()
        if len(self._wanting) >= _MOST_WAITING:
            return None
        self._figures.counts["waited for a session"] += 1
        wanted: asyncio.Future[Line] = asyncio.get_running_loop().create_future()
        self._wanting.append(wanted)
        try:
            async with asyncio.timeout(_FREE_WITHIN_SECONDS):
                return await wanted
        except TimeoutError:
            return None

    def _give(self, line: Line) -> None:
        if line.lost.done():  # while what was said was listened to
            self._figures.counts["error: session lost"] += 1
            self._hang_up(line)
            self._renew()
            return
        while self._wanting:
            if not (wanted := self._wanting.popleft()).done():
                wanted.set_result(line)
                return
        self._free.append(line)

    async def _opened(self, kind: str = _CONNECT_LATER, session_id: str = "") -> Line:
        began = time.perf_counter()
        try:
            line = await Line.open(self._address, session_id)
        except _LOST as error:
            self._figures.counts[f"error: {kind}: {type(error).__name__}"] += 1
            raise
        self._figures.took(kind, time.perf_counter() - began)
        self._lines.add(line)
        line.lost.add_done_callback(lambda _: self._lose(line))
        return line

    async def _reconnected(self, line: Line) -> Line:
        """Leave a session, and come back to it on another connection."""
        self._hang_up(line)
        return await self._opened(session_id=line.session_id)

    def _lose(self, line: Line) -> None:
        """Note a session that was lost while nobody used it; the others' orders say so themselves."""
        if line in self._free:
            self._free.remove(line)
            self._figures.counts["error: session lost"] += 1
            self._hang_up(line)
            self._renew()

    def _renew(self) -> None:
        """Begin another session in the place of one that was lost, as soon as that can be."""

        async def renew() -> None:
            while True:
                with suppress(*_LOST):
                    self._give(await self._opened())
                    return
                await asyncio.sleep(_AGAIN_SECONDS)

        task = asyncio.create_task(renew())
        self._renewing.add(task)
        task.add_done_callback(self._renewing.discard)

    def _hang_up(self, line: Line) -> None:
        if line in self._lines:
            self._lines.discard(line)
            if line.strays:
                self._figures.counts["error: sound of no order"] += line.strays
        line.close()

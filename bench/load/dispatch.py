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
_MOST_WAITING = 10_000
_SOUND = "Stop, please. I would like to ask you something else."
_LOST = (OSError, EOFError, TimeoutError, ConnectionLostError, grpc.aio.AioRpcError)


class Dispatcher:
    """Runs a plan against one address.

    Args:
        plan: what is asked.
        address: "host:port" of the public listener.
        figures: are told.
        buffer: seconds that a player waits with the first sound.
    """

    def __init__(self, plan: Plan, address: str, figures: Figures, buffer: float = 0.0) -> None:
        self._plan = plan
        self._address = address
        self._figures = figures
        self._buffer = buffer
        self._lines: set[Line] = set()
        self._free: deque[Line] = deque()
        self._wanting: deque[asyncio.Future[Line]] = deque()
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
                    self._free.append(await self._opened())

            async with asyncio.TaskGroup() as tasks:
                for _ in range(_OPENING_AT_A_TIME):
                    tasks.create_task(open_some())
            yield
        finally:
            for line in self._lines:
                line.close()
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
            with suppress(*_LOST):
                self._give(await self._opened())
            raise
        self._give(line)

    async def _line(self) -> Line | None:
        """Return a session that is free, waiting for one; None where far too many wait already."""
        if self._free:
            return self._free.popleft()
        if len(self._wanting) >= _MOST_WAITING:
            return None
        self._figures.counts["waited for a session"] += 1
        self._wanting.append(asyncio.get_running_loop().create_future())
        return await self._wanting[-1]

    def _give(self, line: Line) -> None:
        if self._wanting:
            self._wanting.popleft().set_result(line)
        else:
            self._free.append(line)

    async def _opened(self, session_id: str = "") -> Line:
        began = time.perf_counter()
        line = await Line.open(self._address, session_id)
        self._figures.took("connect", time.perf_counter() - began)
        self._lines.add(line)
        return line

    async def _reconnected(self, line: Line) -> Line:
        """Leave a session, and come back to it on another connection."""
        self._hang_up(line)
        return await self._opened(line.session_id)

    def _hang_up(self, line: Line) -> None:
        self._lines.discard(line)
        line.close()

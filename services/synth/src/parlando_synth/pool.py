"""Instances of an engine: opened when jobs wait for one, released when nobody uses them."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.engine import Warmth
from parlando_synth.futures import settle
from parlando_synth.stop_flag import StopFlag

_log = logging.getLogger(__name__)


class Pooled(Protocol):
    """An instance, from when it begins to open until it has closed.

    Attributes:
        opened: done once it is ready, or with the reason why it is not.
        ended: done once nothing is left of it.
    """

    opened: asyncio.Future[None]
    ended: asyncio.Future[None]

    def finish(self) -> None:
        """Stop what it does, and close it."""

    def abandon(self) -> None:
        """Release who waits for a job of it, since it did not end."""


_Instance = TypeVar("_Instance", bound=Pooled)


class Pool(Generic[_Instance]):
    """Between `warmth.least` and `most` instances.

    A job takes the instance that was used last, so that those which are not needed grow old. Where none is
    free another one is opened, and the job takes whichever is free first. Jobs wait in order of arrival, and
    can be stopped while they wait.

    Args:
        begin: begins to open an instance; its number tells it apart from others, for people.
        most: instances at a time, 1 or more.
        warmth: what is kept at first.
        clock: tells how long an instance was not used.
    """

    def __init__(self, begin: Callable[[int], _Instance], *, most: int, warmth: Warmth, clock: Clock) -> None:
        self._warmth = warmth
        self._begin_one = begin
        self._most = most
        self._clock = clock
        self._held: list[_Instance] = []
        self._free: dict[_Instance, float] = {}  # since when; the one that was used last comes last
        self._leaving: set[_Instance] = set()
        self._waiting: deque[asyncio.Future[_Instance | None]] = deque()
        self._opened = 0
        self._shrinking: asyncio.Task[None] | None = None

    @property
    def held(self) -> int:
        """Instances that are open, or are being opened."""
        return len(self._held)

    async def open(self) -> None:
        """Open as many instances as there may be, all at once.

        Raises:
            ParlandoError: one of them does not open; the others are closed again.
        """
        await self._grow(self._most)
        self._shrinking = asyncio.create_task(self._shrink())

    async def keep(self, warmth: Warmth) -> None:
        """Keep another number of instances; what is missing of them in an open pool is opened.

        Raises:
            ParlandoError: one of them does not open.
        """
        self._warmth = warmth
        if self._shrinking is not None:
            await self._grow(min(warmth.least, self._most))

    async def acquire(self, stop: StopFlag) -> _Instance | None:
        """Return an instance for one job, to be given back by `release`; None where the job was stopped.

        Raises:
            ParlandoError: there is no instance, and none can be opened.
        """
        if self._shrinking is None:
            raise ParlandoError(Reason.ENGINE_FAILED, "the engine is not loaded")
        if stop.requested:
            return None
        if self._free:
            return self._free.popitem()[0]
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[_Instance | None] = loop.create_future()
        self._waiting.append(turn)
        stop.on_set(lambda: loop.call_soon_threadsafe(settle, turn, None))
        if len(self._held) < self._most:
            instance = self._begin()
            instance.opened.add_done_callback(lambda opened: self._came(instance, opened))
        try:
            return await turn
        except asyncio.CancelledError:
            if not turn.cancelled() and turn.exception() is None and (came := turn.result()) is not None:
                self.release(came)  # its turn came in the same moment
            raise

    def release(self, instance: _Instance) -> None:
        """Take an instance back that is ready for another job."""
        if instance not in self._held:  # closed meanwhile
            return
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(instance)
                return
        self._free[instance] = self._clock.now()

    async def close(self, within: float) -> None:
        """Close all instances; one that does not end in `within` seconds is left behind."""
        if self._shrinking is not None:
            self._shrinking.cancel()
            await asyncio.gather(self._shrinking, return_exceptions=True)
            self._shrinking = None
        for turn in self._waiting:
            settle(turn, None)
        self._waiting.clear()
        for instance in self._held:
            self._dismiss(instance)
        self._held.clear()
        self._free.clear()
        leaving = tuple(self._leaving)
        if not leaving:
            return
        _, late = await asyncio.wait([instance.ended for instance in leaving], timeout=within)
        if late:
            _log.warning("%d instances of the engine did not close and are left behind", len(late))
        for instance in leaving:
            instance.abandon()

    async def _grow(self, number: int) -> None:
        """Open instances until there are so many."""
        instances = [self._begin() for _ in range(number - len(self._held))]
        await asyncio.gather(*(instance.opened for instance in instances), return_exceptions=True)
        for instance in instances:
            self._came(instance, instance.opened)
        for instance in instances:
            instance.opened.result()

    def _begin(self) -> _Instance:
        self._opened += 1
        instance = self._begin_one(self._opened)
        self._held.append(instance)
        return instance

    def _came(self, instance: _Instance, opened: asyncio.Future[None]) -> None:
        """Give out an instance that was opened for who waits, or tell them why there is none."""
        failure = opened.exception()
        if failure is None:
            self.release(instance)
            return
        if instance in self._held:
            self._held.remove(instance)
        if not self._held:  # nobody else will come free
            while self._waiting:
                settle(self._waiting.popleft(), failure)

    def _dismiss(self, instance: _Instance) -> None:
        self._leaving.add(instance)
        instance.ended.add_done_callback(lambda _: self._leaving.discard(instance))
        instance.finish()

    async def _shrink(self) -> None:
        """Release what is free, too old, and more than is kept, again and again."""
        while True:
            await self._clock.sleep(self._next_release())
            too_old = self._clock.now() - self._warmth.idle
            for instance in [instance for instance, since in self._free.items() if since <= too_old]:
                if len(self._held) <= self._warmth.least:
                    break
                del self._free[instance]
                self._held.remove(instance)
                self._dismiss(instance)

    def _next_release(self) -> float:
        """Return the seconds until an instance may be too old."""
        if not self._free or len(self._held) <= self._warmth.least:
            return self._warmth.idle
        return next(iter(self._free.values())) + self._warmth.idle - self._clock.now()

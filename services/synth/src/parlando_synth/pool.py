"""Instances of a blocking engine: opened when jobs wait for one, released when nobody uses them."""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.engine import BlockingEngine, Warmth
from parlando_synth.runner import Runner, settle
from parlando_synth.stop_flag import StopFlag

_log = logging.getLogger(__name__)


class Pool:
    """Between `warmth.least` and `most` instances, each on a thread of its own.

    A job takes the instance that was used last, so that those which are not needed grow old. Where none is
    free another one is opened, and the job takes whichever is free first. Jobs wait in order of arrival, and
    can be stopped while they wait.

    Args:
        engine: opens instances.
        most: instances at a time, 1 or more.
        warmth: what is kept at first.
        clock: tells how long an instance was not used.
    """

    def __init__(self, engine: BlockingEngine, *, most: int, warmth: Warmth, clock: Clock) -> None:
        self._warmth = warmth
        self._engine = engine
        self._most = most
        self._clock = clock
        self._held: list[Runner] = []
        self._free: dict[Runner, float] = {}  # since when; the one that was used last comes last
        self._leaving: set[Runner] = set()
        self._waiting: deque[asyncio.Future[Runner | None]] = deque()
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

    async def acquire(self, stop: StopFlag) -> Runner | None:
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
        turn: asyncio.Future[Runner | None] = loop.create_future()
        self._waiting.append(turn)
        stop.on_set(lambda: loop.call_soon_threadsafe(settle, turn, None))
        if len(self._held) < self._most:
            runner = self._begin()
            runner.opened.add_done_callback(lambda opened: self._came(runner, opened))
        try:
            return await turn
        except asyncio.CancelledError:
            if not turn.cancelled() and turn.exception() is None and (came := turn.result()) is not None:
                self.release(came)  # its turn came in the same moment
            raise

    def release(self, runner: Runner) -> None:
        """Take an instance back that is ready for another job."""
        if runner not in self._held:  # closed meanwhile
            return
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(runner)
                return
        self._free[runner] = self._clock.now()

    async def close(self, within: float) -> None:
        """Close all instances; a thread that does not return in `within` seconds is left behind."""
        if self._shrinking is not None:
            self._shrinking.cancel()
            await asyncio.gather(self._shrinking, return_exceptions=True)
            self._shrinking = None
        for turn in self._waiting:
            settle(turn, None)
        self._waiting.clear()
        for runner in self._held:
            self._dismiss(runner)
        self._held.clear()
        self._free.clear()
        leaving = tuple(self._leaving)
        if not leaving:
            return
        _, late = await asyncio.wait([runner.ended for runner in leaving], timeout=within)
        if late:
            _log.warning("%d engine threads did not return and are left behind", len(late))
        for runner in leaving:
            runner.abandon()

    async def _grow(self, number: int) -> None:
        """Open instances until there are so many."""
        runners = [self._begin() for _ in range(number - len(self._held))]
        await asyncio.gather(*(runner.opened for runner in runners), return_exceptions=True)
        for runner in runners:
            self._came(runner, runner.opened)
        for runner in runners:
            runner.opened.result()

    def _begin(self) -> Runner:
        self._opened += 1
        runner = Runner(self._engine, asyncio.get_running_loop(), self._opened, self.release)
        self._held.append(runner)
        return runner

    def _came(self, runner: Runner, opened: asyncio.Future[None]) -> None:
        """Give out an instance that was opened for who waits, or tell them why there is none."""
        failure = opened.exception()
        if failure is None:
            self.release(runner)
            return
        if runner in self._held:
            self._held.remove(runner)
        if not self._held:  # nobody else will come free
            while self._waiting:
                settle(self._waiting.popleft(), failure)

    def _dismiss(self, runner: Runner) -> None:
        self._leaving.add(runner)
        runner.ended.add_done_callback(lambda _: self._leaving.discard(runner))
        runner.finish()

    async def _shrink(self) -> None:
        """Release what is free, too old, and more than is kept, again and again."""
        while True:
            await self._clock.sleep(self._next_release())
            too_old = self._clock.now() - self._warmth.idle
            for runner in [runner for runner, since in self._free.items() if since <= too_old]:
                if len(self._held) <= self._warmth.least:
                    break
                del self._free[runner]
                self._held.remove(runner)
                self._dismiss(runner)

    def _next_release(self) -> float:
        """Return the seconds until an instance may be too old."""
        if not self._free or len(self._held) <= self._warmth.least:
            return self._warmth.idle
        return next(iter(self._free.values())) + self._warmth.idle - self._clock.now()

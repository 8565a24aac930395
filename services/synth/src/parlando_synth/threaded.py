"""Blocking engines on asyncio: every instance on a thread of its own.

An engine thread hands its events over and goes on; it never waits for who reads them.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.tasks import finish
from parlando_synth.engine import (
    BlockingEngine,
    Engine,
    EngineDescription,
    EngineEvent,
    Job,
    StopFlag,
    Voice,
)
from parlando_synth.runner import Runner, settle

_log = logging.getLogger(__name__)


class ThreadedEngine(Engine):
    """A `BlockingEngine` with a number of instances, each opened, used and closed on its own thread.

    Jobs beyond that number wait in order of arrival, and can be stopped while they wait. A job whose
    engine raises anything but a `ParlandoError` ends with ENGINE_FAILED; its instance is opened anew,
    and no other job notices.

    Args:
        engine: what is run.
        instances: how many copies of it, 1 or more; `describe().max_live` says the same.
        close_within: seconds that instances have to close. A thread that does not return in time is
            left behind: it is a daemon, and cannot keep the process alive.
    """

    def __init__(self, engine: BlockingEngine, *, instances: int, close_within: float = 3.0) -> None:
        if instances < 1:
            raise ValueError(f"instances must be 1 or more, not {instances}")
        self._engine = engine
        self._instances = instances
        self._close_within = close_within
        self._runners: list[Runner] = []
        self._free: deque[Runner] = deque()
        self._waiting: deque[asyncio.Future[Runner | None]] = deque()

    async def load(self) -> None:
        """Start the threads and open an instance on each, all at once."""
        loop = asyncio.get_running_loop()
        self._runners = [
            Runner(self._engine, loop, number, self._release) for number in range(self._instances)
        ]
        opened = await asyncio.gather(*(runner.opened for runner in self._runners), return_exceptions=True)
        for failure in opened:
            if isinstance(failure, BaseException):
                await self.close()
                raise failure
        self._free.extend(self._runners)

    def describe(self) -> EngineDescription:
        """Return the engine's description, `max_live` being the number of instances."""
        return replace(self._engine.describe(), max_live=self._instances)

    def voices(self) -> Sequence[Voice]:
        """Return the voices, sorted by id."""
        return self._engine.voices()

    def find_voice(self, name: str) -> Voice | None:
        """Return the voice the engine uses for a name."""
        return self._engine.find_voice(name)

    async def synthesize(self, job: Job, stop: StopFlag) -> AsyncGenerator[EngineEvent, None]:
        """Speak a job on the first free instance; see `Engine.synthesize`."""
        runner = await self._acquire(stop)
        if runner is None:
            return
        mailbox = runner.begin(job, stop)
        try:
            while events := await mailbox.take():
                for event in events:
                    yield event
        finally:
            if not mailbox.idle.done():
                stop.set()
                await finish(asyncio.wait({mailbox.idle}))
        if mailbox.error is not None:
            raise mailbox.error

    async def close(self) -> None:
        """Close the instances and end their threads, leaving behind what is not done in time."""
        runners, self._runners = self._runners, []
        self._free.clear()
        for turn in self._waiting:
            settle(turn, None)
        self._waiting.clear()
        for runner in runners:
            runner.finish()
        if not runners:
            return
        _, late = await asyncio.wait([runner.ended for runner in runners], timeout=self._close_within)
        if late:
            _log.warning("%d engine threads did not return and are left behind", len(late))
        for runner in runners:
            runner.abandon()

    async def _acquire(self, stop: StopFlag) -> Runner | None:
        if not self._runners:
            raise ParlandoError(Reason.ENGINE_FAILED, "the engine is not loaded")
        if stop.requested:
            return None
        if self._free:
            return self._free.popleft()
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Runner | None] = loop.create_future()
        self._waiting.append(turn)
        stop.on_set(lambda: loop.call_soon_threadsafe(settle, turn, None))
        try:
            return await turn
        except asyncio.CancelledError:
            if not turn.cancelled() and (runner := turn.result()) is not None:
                self._release(runner)  # its turn came in the same moment
            raise

    def _release(self, runner: Runner) -> None:
        if runner not in self._runners:  # closed meanwhile
            return
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(runner)
                return
        self._free.append(runner)

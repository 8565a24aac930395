"""The pool: instances come with use and go without it, between stated bounds."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_scripted.clock import ManualClock
from parlando_scripted.engine import ScriptedEngine
from parlando_scripted.script import ScriptedSettings
from parlando_synth.engine import Instance, Warmth
from parlando_synth.events import EngineEvent
from parlando_synth.job import Job
from parlando_synth.pool import Pool
from parlando_synth.runner import Runner
from parlando_synth.stop_flag import StopFlag


class _Counted(ScriptedEngine):
    """Counts what is open, and opens no more where it is told so."""

    def __init__(self) -> None:
        super().__init__(ScriptedSettings())
        self.open_now = 0
        self.openings = 0
        self.broken = False
        self._lock = threading.Lock()

    def open(self) -> Instance:
        if self.broken:
            raise ParlandoError(Reason.MODEL_NOT_FOUND, "the file is gone")
        with self._lock:
            self.open_now += 1
            self.openings += 1
        return _CountedInstance(super().open(), self)

    def left(self) -> None:
        with self._lock:
            self.open_now -= 1


class _CountedInstance(Instance):
    def __init__(self, instance: Instance, engine: _Counted) -> None:
        self._instance = instance
        self._engine = engine

    def synthesize(self, job: Job, stop: StopFlag, emit: Callable[[EngineEvent], None]) -> None:
        self._instance.synthesize(job, stop, emit)

    def close(self) -> None:
        self._engine.left()


def _of(engine: _Counted, most: int, warmth: Warmth, clock: ManualClock) -> Pool[Runner]:
    loop = asyncio.get_running_loop()
    pool: Pool[Runner] = Pool(
        lambda number: Runner(engine, loop, number, pool.release), most=most, warmth=warmth, clock=clock
    )
    return pool


@asynccontextmanager
async def _pool(
    most: int,
    warmth: Warmth = Warmth(least=1, idle=60.0),  # noqa: B008  # it is frozen
) -> AsyncIterator[tuple[Pool[Runner], _Counted, ManualClock]]:
    engine, clock = _Counted(), ManualClock()
    pool = _of(engine, most, warmth, clock)
    await pool.open()
    try:
        yield pool, engine, clock
    finally:
        await pool.close(within=3.0)


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110  # what is waited for is counted, not told
        await asyncio.sleep(0.001)


async def _taken(pool: Pool[Runner]) -> Runner:
    runner = await pool.acquire(StopFlag())
    assert runner is not None
    return runner


async def test_all_are_open_at_first_and_those_not_used_are_released() -> None:
    async with _pool(4) as (pool, engine, clock):
        assert (pool.held, engine.open_now) == (4, 4)
        await _until(lambda: clock.sleepers == 1)
        clock.advance(59.0)
        used = await _taken(pool)
        pool.release(used)
        clock.advance(1.0)
        await _until(lambda: engine.open_now == 1)
        assert pool.held == 1
        assert await _taken(pool) is used, "the one that was used lately is the one that stays"


async def test_as_many_as_are_kept_stay_however_long_nobody_uses_them() -> None:
    async with _pool(4, Warmth(least=2, idle=60.0)) as (pool, engine, clock):
        for _ in range(3):
            await _until(lambda: clock.sleepers == 1)
            clock.advance(60.0)
        await _until(lambda: engine.open_now == 2)
        assert pool.held == 2


async def test_what_is_in_use_is_not_released() -> None:
    async with _pool(2) as (pool, engine, clock):
        first, second = await _taken(pool), await _taken(pool)
        await _until(lambda: clock.sleepers == 1)
        clock.advance(600.0)
        await _until(lambda: clock.sleepers == 1)
        assert engine.open_now == 2
        pool.release(first)
        pool.release(second)


async def test_what_was_released_is_opened_again_when_jobs_wait_and_no_more_than_there_may_be() -> None:
    async with _pool(2) as (pool, engine, clock):
        await _until(lambda: clock.sleepers == 1)
        clock.advance(60.0)
        await _until(lambda: engine.open_now == 1)
        first = await _taken(pool)
        second = await _taken(pool)
        assert (pool.held, engine.openings) == (2, 3)
        third = asyncio.create_task(pool.acquire(StopFlag()))
        await asyncio.sleep(0)
        assert not third.done()
        assert pool.held == 2
        pool.release(first)
        assert await third is first
        pool.release(second)


async def test_a_job_takes_whichever_is_free_first() -> None:
    async with _pool(2) as (pool, engine, clock):
        await _until(lambda: clock.sleepers == 1)
        clock.advance(60.0)
        await _until(lambda: engine.open_now == 1)
        first = await _taken(pool)
        second = asyncio.create_task(pool.acquire(StopFlag()))  # has another one opened
        await asyncio.sleep(0)
        pool.release(first)
        assert await second is first
        await _until(lambda: engine.open_now == 2)


async def test_where_none_can_be_opened_jobs_are_told_why() -> None:
    async with _pool(2) as (pool, engine, clock):
        await _until(lambda: clock.sleepers == 1)
        clock.advance(60.0)
        await _until(lambda: engine.open_now == 1)
        engine.broken = True
        first = await _taken(pool)
        second = asyncio.create_task(pool.acquire(StopFlag()))
        await _until(lambda: pool.held == 1)
        assert not second.done(), "the other one will come free"
        pool.release(first)
        assert await second is first


async def test_an_engine_of_which_none_opens_is_not_loaded() -> None:
    engine = _Counted()
    engine.broken = True
    pool = _of(engine, 2, Warmth(), ManualClock())
    with pytest.raises(ParlandoError, match="the file is gone"):
        await pool.open()
    assert pool.held == 0
    with pytest.raises(ParlandoError, match="not loaded"):
        await pool.acquire(StopFlag())
    await pool.close(within=3.0)


async def test_keeping_more_opens_what_is_missing() -> None:
    async with _pool(3) as (pool, engine, clock):
        await _until(lambda: clock.sleepers == 1)
        clock.advance(60.0)
        await _until(lambda: engine.open_now == 1)
        await pool.keep(Warmth(least=9, idle=60.0))
        assert (pool.held, engine.open_now) == (3, 3)


async def test_a_stop_ends_the_wait_and_closing_ends_all() -> None:
    async with _pool(1) as (pool, engine, _):
        runner = await _taken(pool)
        stop = StopFlag()
        stopped = asyncio.create_task(pool.acquire(stop))
        waiting = asyncio.create_task(pool.acquire(StopFlag()))
        await asyncio.sleep(0)
        stop.set()
        assert await stopped is None
        pool.release(runner)
        assert await waiting is runner
        last = asyncio.create_task(pool.acquire(StopFlag()))
        await asyncio.sleep(0)
        await pool.close(within=3.0)
        assert await last is None
        assert (pool.held, engine.open_now) == (0, 0)


async def test_a_turn_that_comes_in_the_moment_of_a_cancel_is_passed_on() -> None:
    async with _pool(1) as (pool, _, _clock):
        runner = await _taken(pool)
        second = asyncio.create_task(pool.acquire(StopFlag()))
        third = asyncio.create_task(pool.acquire(StopFlag()))
        await asyncio.sleep(0)
        pool.release(runner)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert await third is runner

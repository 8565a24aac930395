"""Engines that are loaded, measured and unloaded, and those that cannot be."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from opentelemetry.sdk.metrics import MeterProvider

from parlando_kit.clock import MonotonicClock
from parlando_kit.errors import ParlandoError, Reason
from parlando_scripted.engine import ScriptedEngine
from parlando_scripted.script import ScriptedSettings
from parlando_synth.description import EngineDescription
from parlando_synth.engine import Engine, Warmth
from parlando_synth.slot import State
from parlando_synth.threaded import ThreadedEngine
from parlando_synth.worker import Bounds, Worker
from tests.unit.synth.worker_bench import HANGS, TEXT, begun_in, bench_of, order, outputs_of, reason_of, until


async def test_an_engine_that_cannot_be_loaded() -> None:
    async with bench_of(ScriptedSettings(open_fails=True)) as bench:
        status = bench.worker.status()
        assert (status.state, status.about) == (State.FAILED, None)
        assert status.detail == "the script lets no instance open"
        with pytest.raises(ParlandoError, match="scripted cannot work: the script lets no instance open"):
            await outputs_of(bench.worker.synthesis(order("a")))
        with pytest.raises(ParlandoError):
            bench.worker.voices.speaking()


async def test_an_engine_that_breaks_while_loading(caplog: pytest.LogCaptureFixture) -> None:
    def create() -> Engine:
        raise ImportError("no such library")

    worker = Worker(
        "broken",
        create,
        bounds=Bounds(),
        warmth=Warmth(),
        clock=MonotonicClock(),
        meter=MeterProvider().get_meter("test"),
    )
    assert await worker.load() is State.FAILED
    assert worker.status().detail == "loading raised ImportError; the worker's log says where"
    assert "no such library" in caplog.text
    await worker.close()


async def test_an_engine_that_is_still_loading() -> None:
    async with bench_of(ScriptedSettings(open_ms=0.0)) as bench:
        worker = Worker(
            "late",
            lambda: ThreadedEngine(ScriptedEngine(ScriptedSettings()), instances=1),
            bounds=Bounds(),
            warmth=Warmth(),
            clock=MonotonicClock(),
            meter=MeterProvider().get_meter("test"),
        )
        assert worker.status().state is State.LOADING
        with pytest.raises(ParlandoError) as refused:
            await outputs_of(worker.synthesis(order("a")))
        assert refused.value.reason is Reason.NO_ENGINE_AVAILABLE
        assert refused.value.retry_after == 1.0
        assert bench.worker.status().state is State.READY


async def test_an_engine_is_measured_before_anybody_is_served() -> None:
    async with bench_of(ScriptedSettings(instances=2, rehearsal=TEXT, rate=20.0)) as bench:
        status = bench.worker.status()
        assert (status.state, status.total, status.instances) == (State.READY, 0, 2)
        assert status.first_chunk is not None
        assert status.real_time_factor is not None
        assert status.real_time_streams is not None
        # Two at once, each made at twenty times real time but for its first chunk, 0.04 s of 1.24, for which
        # nobody waits; fewer on a busy machine.
        assert 0 < status.real_time_streams <= 2 * 20 * 1.24 / 1.2


async def test_an_engine_that_has_no_rehearsal_is_not_measured() -> None:
    async with bench_of() as bench:
        status = bench.worker.status()
        assert (status.real_time_streams, status.first_chunk) == (None, None)


async def test_an_engine_that_fails_its_rehearsal_cannot_work() -> None:
    async with bench_of(ScriptedSettings(rehearsal=TEXT, fail_after_ms=0)) as bench:
        assert bench.worker.status().state is State.FAILED
        assert bench.worker.status().detail == "the script says so"
        assert bench.worker.status().instances == 0


async def test_an_engine_is_unloaded_once_its_work_is_done_and_loaded_again() -> None:
    async with bench_of() as bench:
        worker = bench.worker
        reading = await begun_in(worker, order("a", HANGS))
        unloading = asyncio.create_task(worker.unload())
        await until(lambda: worker.status().state is State.DRAINING)
        with pytest.raises(ParlandoError) as refused:
            await outputs_of(worker.synthesis(order("b")))
        assert refused.value.reason is Reason.NO_ENGINE_AVAILABLE
        assert worker.status().live == 1
        assert not unloading.done()
        await worker.stop("a")
        assert await reason_of(reading) is Reason.STOPPED
        await unloading
        status = worker.status()
        assert (status.state, status.instances) == (State.UNLOADED, 0)
        assert status.about is not None
        assert await worker.load() is State.READY
        assert len(await outputs_of(worker.synthesis(order("c")))) > 2


class _Learning(ThreadedEngine):
    """It says anew how long it may be silent each time it is asked, until it cannot."""

    def __init__(self) -> None:
        super().__init__(ScriptedEngine(ScriptedSettings()), instances=1)
        self.silence = 0.5
        self.lost = False

    def describe(self) -> EngineDescription:
        if self.lost:
            raise ParlandoError(Reason.ENGINE_FAILED, "the engine is not loaded")
        return replace(super().describe(), longest_silence=self.silence)


async def test_what_an_engine_learns_of_itself_is_told() -> None:
    engine = _Learning()
    async with bench_of(engine=engine) as bench:

        def told() -> float | None:
            about = bench.worker.status().about
            return about.longest_silence if about is not None else None

        assert told() == 0.5
        engine.silence = 2.0
        assert told() == 2.0
        engine.lost = True
        assert told() == 2.0
        await bench.worker.unload()
        assert told() == 2.0


async def test_an_unloading_that_is_given_up_leaves_the_engine_loaded() -> None:
    async with bench_of() as bench:
        worker = bench.worker
        reading = await begun_in(worker, order("a", HANGS))
        unloading = asyncio.create_task(worker.unload())
        await until(lambda: worker.status().state is State.DRAINING)
        unloading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await unloading
        assert worker.status().state is State.READY
        await worker.stop("a")
        assert await reason_of(reading) is Reason.STOPPED
        assert len(await outputs_of(worker.synthesis(order("b")))) > 2

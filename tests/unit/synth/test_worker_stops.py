"""Stops, and the proof that the engine is idle."""

from __future__ import annotations

import asyncio

import pytest
from opentelemetry.sdk.metrics.export import HistogramDataPoint

from parlando_kit.errors import ParlandoError, Reason
from parlando_scripted.clock import ManualClock
from parlando_scripted.script import ScriptedSettings
from parlando_synth.order import Finished, StopOutcome, StopReport
from tests.unit.synth.worker_bench import HANGS, begun_in, bench_of, order, outputs_of, reason_of, until


async def test_a_stop_is_answered_once_the_engine_is_idle() -> None:
    async with bench_of() as bench:
        reading = await begun_in(bench.worker, order("a", HANGS | {"stop_ms": "30"}))
        report = await bench.worker.stop("a")
        assert report.outcome is StopOutcome.STOPPED
        assert bench.worker.status().live == 0
        assert report.samples_made == 960
        assert report.idle_after >= 0.03
        assert report.engine_time_after_stop == report.idle_after
        assert await reason_of(reading) is Reason.STOPPED
        [idle] = bench.points("parlando.cancel.engine_idle")
        assert isinstance(idle, HistogramDataPoint)
        assert idle.attributes == {"parlando.hop": "synth", "parlando.engine": "scripted"}
        assert idle.count == 1
        assert idle.sum >= 0.03


async def test_two_stops_at_once_are_both_answered() -> None:
    async with bench_of() as bench:
        reading = await begun_in(bench.worker, order("a", HANGS))
        reports = await asyncio.gather(bench.worker.stop("a"), bench.worker.stop("a"))
        assert [report.outcome for report in reports] == [StopOutcome.STOPPED] * 2
        assert await reason_of(reading) is Reason.STOPPED
        assert (await bench.worker.stop("a")).outcome is StopOutcome.STOPPED


async def test_what_waits_is_stopped_at_once() -> None:
    async with bench_of() as bench:
        first = await begun_in(bench.worker, order("first", HANGS))
        second = asyncio.create_task(outputs_of(bench.worker.synthesis(order("second"))))
        await until(lambda: bench.worker.status().queued == 1)
        report = await bench.worker.stop("second")
        assert (report.outcome, report.samples_made) == (StopOutcome.STOPPED, 0)
        assert report.engine_time_after_stop == 0.0
        assert await reason_of(second) is Reason.STOPPED
        assert (bench.worker.status().live, bench.worker.status().queued) == (1, 0)
        await bench.worker.stop("first")
        await reason_of(first)


async def test_a_stop_before_the_start() -> None:
    async with bench_of() as bench:
        assert await bench.worker.stop("a") == StopReport(StopOutcome.STOPPED)
        with pytest.raises(ParlandoError) as refused:
            await outputs_of(bench.worker.synthesis(order("a")))
        assert refused.value.reason is Reason.STOPPED
        assert bench.worker.status().total == 0


async def test_a_stop_after_the_end() -> None:
    async with bench_of() as bench:
        outputs = await outputs_of(bench.worker.synthesis(order("a")))
        assert isinstance(outputs[-1], Finished)
        report = await bench.worker.stop("a")
        assert report == StopReport(StopOutcome.ALREADY_FINISHED, outputs[-1].sample_count)


async def test_a_stop_while_a_reader_lags_behind_a_finished_engine() -> None:
    async with bench_of() as bench:
        async with bench.worker.synthesis(order("a")) as outputs:
            await anext(outputs)
            await until(lambda: bench.worker.status().live == 0)
            assert (await bench.worker.stop("a")).outcome is StopOutcome.ALREADY_FINISHED
            with pytest.raises(ParlandoError) as ended:
                await anext(outputs)
            assert ended.value.reason is Reason.STOPPED
        assert bench.points("parlando.cancel.engine_idle") == []


async def test_an_engine_that_cannot_be_stopped_is_abandoned() -> None:
    async with bench_of(ScriptedSettings(instances=1, stoppable=False)) as bench:
        reading = await begun_in(bench.worker, order("a", HANGS))
        assert (await bench.worker.stop("a")).outcome is StopOutcome.ABANDONED
        assert await reason_of(reading) is Reason.STOPPED


async def test_an_engine_that_takes_too_long_to_stop_is_unconfirmed() -> None:
    clock = ManualClock()
    async with bench_of(clock=clock) as bench:
        reading = await begun_in(bench.worker, order("a", HANGS | {"stop_ms": "200"}))
        stopping = asyncio.create_task(bench.worker.stop("a"))
        await until(lambda: clock.sleepers == 1)
        assert bench.worker.status().live == 1
        clock.advance(2.0)
        report = await stopping
        assert (report.outcome, report.idle_after) == (StopOutcome.UNCONFIRMED, 2.0)
        assert await reason_of(reading) is Reason.STOPPED
        assert bench.worker.status().live == 0
        assert (await bench.worker.stop("a")).outcome is StopOutcome.STOPPED


async def test_closing_ends_what_is_live() -> None:
    async with bench_of() as bench:
        reading = await begun_in(bench.worker, order("a", HANGS))
        await bench.worker.close()
        assert await reason_of(reading) is Reason.STOPPED

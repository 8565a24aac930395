"""The worker: admission, stops with proof, slow readers, and what it tells of itself."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader, NumberDataPoint

from parlando_kit.clock import Clock, MonotonicClock
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_scripted.clock import ManualClock
from parlando_scripted.engine import ScriptedEngine
from parlando_scripted.script import ScriptedSettings
from parlando_synth.engine import (
    Aftermath,
    Audio,
    Charge,
    Deviation,
    Engine,
    EngineDescription,
    EngineEvent,
    Job,
    Price,
    Started,
    StopFlag,
    Warmth,
)
from parlando_synth.order import Begun, Finished, Order, Output, Samples, StopOutcome, StopReport
from parlando_synth.outbox import Outbox
from parlando_synth.slot import State
from parlando_synth.synthesis import Synthesis
from parlando_synth.take import Take
from parlando_synth.threaded import ThreadedEngine
from parlando_synth.voice import Voice
from parlando_synth.worker import Bounds, Worker

TEXT = "one two three four five"
HANGS = {"hang_after_ms": "40"}


@dataclass(frozen=True)
class _Bench:
    """A worker over a scripted engine, and what it measures."""

    worker: Worker
    metrics: InMemoryMetricReader

    def points(self, name: str) -> list[NumberDataPoint | HistogramDataPoint]:
        data = self.metrics.get_metrics_data()
        assert data is not None
        return [
            point  # type: ignore[misc]  # no exponential histograms are asked for
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]


@asynccontextmanager
async def _bench(
    settings: ScriptedSettings | None = None,
    *,
    max_queued: int = 4,
    max_wait: float = 10.0,
    max_unread: float = 300.0,
    clock: Clock | None = None,
    engine: Engine | None = None,
) -> AsyncIterator[_Bench]:
    asked = settings or ScriptedSettings(instances=1)
    made = engine or ThreadedEngine(ScriptedEngine(asked), instances=asked.instances)
    metrics = InMemoryMetricReader()
    provider = MeterProvider(metric_readers=[metrics])
    worker = Worker(
        "scripted",
        lambda: made,
        bounds=Bounds(max_queued=max_queued, max_wait=max_wait, max_unread=max_unread),
        warmth=Warmth(),
        clock=clock or MonotonicClock(),
        meter=provider.get_meter("test"),
    )
    await worker.load()
    try:
        yield _Bench(worker, metrics)
    finally:
        await worker.close()
        provider.shutdown()


def _order(order_id: str, options: Mapping[str, str] | None = None, audio_queued: float = 0.0) -> Order:
    return Order(order_id, TEXT, audio_queued=audio_queued, options=options or {})


async def _all(synthesis: AbstractAsyncContextManager[Outbox]) -> list[Output]:
    async with synthesis as outputs:
        return [output async for together in outputs for output in together]


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110  # what is waited for is counted, not told
        await asyncio.sleep(0.001)


async def _begun(worker: Worker, order: Order) -> asyncio.Task[list[Output]]:
    """Return the reading of a synthesis whose first outputs have been read."""
    begun = asyncio.Event()

    async def read() -> list[Output]:
        outputs: list[Output] = []
        async with worker.synthesis(order) as incoming:
            async for together in incoming:
                outputs.extend(together)
                begun.set()
        return outputs

    task = asyncio.create_task(read())
    await begun.wait()
    return task


async def _reason(reading: asyncio.Task[list[Output]]) -> Reason:
    with pytest.raises(ParlandoError) as ended:
        await reading
    return ended.value.reason


async def test_a_synthesis_from_begin_to_end() -> None:
    async with _bench() as bench:
        begun, *made, finished = await _all(bench.worker.synthesis(_order("a")))
        assert isinstance(begun, Begun)
        assert isinstance(finished, Finished)
        samples = [output for output in made if isinstance(output, Samples)]
        assert finished.sample_count == sum(len(piece.pcm) // 2 for piece in samples) > 0
        assert finished.characters == len(TEXT)
        assert finished.engine_time > 0
        status = bench.worker.status()
        assert (status.state, status.live, status.queued, status.total) == (State.READY, 0, 0, 1)
        assert status.first_chunk is not None
        assert status.real_time_factor == finished.engine_time / (finished.sample_count / 24_000)


async def test_what_waits_is_counted_and_served_by_need() -> None:
    async with _bench() as bench:
        worker = bench.worker
        first = await _begun(worker, _order("first", HANGS))
        order: list[str] = []

        async def read(name: str, audio_queued: float) -> None:
            async with worker.synthesis(_order(name, audio_queued=audio_queued)) as outputs:
                begun, *_ = await anext(outputs)
                assert isinstance(begun, Begun)
                assert begun.queued > 0
                order.append(name)

        waiting = [asyncio.create_task(read(name, queued)) for name, queued in (("b", 60.0), ("a", 0.0))]
        await _until(lambda: worker.status().queued == 2)
        assert worker.status().live == 1
        assert (await worker.stop("first")).outcome is StopOutcome.STOPPED
        await asyncio.gather(*waiting)
        assert order == ["a", "b"]
        assert await _reason(first) is Reason.STOPPED


async def test_a_full_worker_refuses_and_the_id_stays_free() -> None:
    async with _bench(max_queued=0) as bench:
        first = await _begun(bench.worker, _order("first", HANGS))
        with pytest.raises(ParlandoError) as refused:
            await _all(bench.worker.synthesis(_order("second")))
        assert refused.value.reason is Reason.OVERLOADED
        assert refused.value.retry_after is not None
        await bench.worker.stop("first")
        assert await _reason(first) is Reason.STOPPED
        assert len(await _all(bench.worker.synthesis(_order("second")))) > 2


async def test_a_stop_is_answered_once_the_engine_is_idle() -> None:
    async with _bench() as bench:
        reading = await _begun(bench.worker, _order("a", HANGS | {"stop_ms": "30"}))
        report = await bench.worker.stop("a")
        assert report.outcome is StopOutcome.STOPPED
        assert bench.worker.status().live == 0
        assert report.samples_made == 960
        assert report.idle_after >= 0.03
        assert report.engine_time_after_stop == report.idle_after
        assert await _reason(reading) is Reason.STOPPED
        [idle] = bench.points("parlando.cancel.engine_idle")
        assert isinstance(idle, HistogramDataPoint)
        assert idle.attributes == {"parlando.hop": "synth", "parlando.engine": "scripted"}
        assert idle.count == 1
        assert idle.sum >= 0.03


async def test_two_stops_at_once_are_both_answered() -> None:
    async with _bench() as bench:
        reading = await _begun(bench.worker, _order("a", HANGS))
        reports = await asyncio.gather(bench.worker.stop("a"), bench.worker.stop("a"))
        assert [report.outcome for report in reports] == [StopOutcome.STOPPED] * 2
        assert await _reason(reading) is Reason.STOPPED
        assert (await bench.worker.stop("a")).outcome is StopOutcome.STOPPED


async def test_what_waits_is_stopped_at_once() -> None:
    async with _bench() as bench:
        first = await _begun(bench.worker, _order("first", HANGS))
        second = asyncio.create_task(_all(bench.worker.synthesis(_order("second"))))
        await _until(lambda: bench.worker.status().queued == 1)
        report = await bench.worker.stop("second")
        assert (report.outcome, report.samples_made) == (StopOutcome.STOPPED, 0)
        assert report.engine_time_after_stop == 0.0
        assert await _reason(second) is Reason.STOPPED
        assert (bench.worker.status().live, bench.worker.status().queued) == (1, 0)
        await bench.worker.stop("first")
        await _reason(first)


async def test_a_stop_before_the_start() -> None:
    async with _bench() as bench:
        assert await bench.worker.stop("a") == StopReport(StopOutcome.STOPPED)
        with pytest.raises(ParlandoError) as refused:
            await _all(bench.worker.synthesis(_order("a")))
        assert refused.value.reason is Reason.STOPPED
        assert bench.worker.status().total == 0


async def test_a_stop_after_the_end() -> None:
    async with _bench() as bench:
        outputs = await _all(bench.worker.synthesis(_order("a")))
        assert isinstance(outputs[-1], Finished)
        report = await bench.worker.stop("a")
        assert report == StopReport(StopOutcome.ALREADY_FINISHED, outputs[-1].sample_count)


async def test_a_stop_while_a_reader_lags_behind_a_finished_engine() -> None:
    async with _bench() as bench:
        async with bench.worker.synthesis(_order("a")) as outputs:
            await anext(outputs)
            await _until(lambda: bench.worker.status().live == 0)
            assert (await bench.worker.stop("a")).outcome is StopOutcome.ALREADY_FINISHED
            with pytest.raises(ParlandoError) as ended:
                await anext(outputs)
            assert ended.value.reason is Reason.STOPPED
        assert bench.points("parlando.cancel.engine_idle") == []


async def test_a_reader_that_does_not_read_holds_no_instance() -> None:
    async with _bench() as bench, bench.worker.synthesis(_order("a")) as unread:
        for number in range(3):
            assert len(await _all(bench.worker.synthesis(_order(str(number))))) > 2
        begun, *_ = await anext(unread)
        assert isinstance(begun, Begun)


async def test_an_engine_that_cannot_be_stopped_is_abandoned() -> None:
    async with _bench(ScriptedSettings(instances=1, stoppable=False)) as bench:
        reading = await _begun(bench.worker, _order("a", HANGS))
        assert (await bench.worker.stop("a")).outcome is StopOutcome.ABANDONED
        assert await _reason(reading) is Reason.STOPPED


async def test_an_engine_that_takes_too_long_to_stop_is_unconfirmed() -> None:
    clock = ManualClock()
    async with _bench(clock=clock) as bench:
        reading = await _begun(bench.worker, _order("a", HANGS | {"stop_ms": "200"}))
        stopping = asyncio.create_task(bench.worker.stop("a"))
        await _until(lambda: clock.sleepers == 1)
        assert bench.worker.status().live == 1
        clock.advance(2.0)
        report = await stopping
        assert (report.outcome, report.idle_after) == (StopOutcome.UNCONFIRMED, 2.0)
        assert await _reason(reading) is Reason.STOPPED
        assert bench.worker.status().live == 0
        assert (await bench.worker.stop("a")).outcome is StopOutcome.STOPPED


async def test_a_reader_that_vanishes_ends_the_engines_work() -> None:
    async with _bench() as bench:
        reading = await _begun(bench.worker, _order("a", HANGS | {"stop_ms": "30"}))
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert bench.worker.status().live == 0
        assert (await bench.worker.stop("a")).outcome is StopOutcome.STOPPED
        assert len(bench.points("parlando.cancel.engine_idle")) == 1


async def test_a_reader_that_vanishes_while_it_waits() -> None:
    async with _bench() as bench:
        first = await _begun(bench.worker, _order("first", HANGS))
        second = asyncio.create_task(_all(bench.worker.synthesis(_order("second"))))
        await _until(lambda: bench.worker.status().queued == 1)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert bench.worker.status().queued == 0
        await bench.worker.stop("first")
        await _reason(first)


async def test_too_much_unread_audio_ends_the_synthesis() -> None:
    async with _bench(max_unread=1.0) as bench:
        async with bench.worker.synthesis(_order("a", {"word_ms": "500"})) as unread:
            await _until(lambda: bench.worker.status().total == 1 and bench.worker.status().live == 0)
            with pytest.raises(ParlandoError) as ended:
                await anext(unread)
        assert ended.value.reason is Reason.SLOW_READER


async def test_what_was_made_before_a_failure_is_given_out() -> None:
    async with _bench() as bench:
        async with bench.worker.synthesis(_order("a", {"fail_after_ms": "80"})) as outputs:
            made = [output for _ in range(2) for output in await anext(outputs)]
            with pytest.raises(ParlandoError) as failed:
                await anext(outputs)
        assert failed.value.reason is Reason.ENGINE_FAILED
        assert [type(output) for output in made] == [Begun, Samples, Samples]
        status = bench.worker.status()
        assert (status.live, status.real_time_factor) == (0, None)


@pytest.mark.parametrize("options", [{"odd_bytes": "1"}, {"fail_after_ms": "0", "fail_with": ""}])
async def test_an_engine_that_breaks_the_rules_fails_alone(options: dict[str, str]) -> None:
    async with _bench() as bench:
        with pytest.raises(ParlandoError) as failed:
            await _all(bench.worker.synthesis(_order("a", options)))
        assert failed.value.reason is Reason.ENGINE_FAILED
        assert len(await _all(bench.worker.synthesis(_order("b")))) > 2


async def test_an_engine_that_says_nothing_succeeds_with_nothing() -> None:
    async with _bench() as bench:
        begun, finished = await _all(bench.worker.synthesis(_order("a", {"no_audio": "1"})))
        assert isinstance(begun, Begun)
        assert isinstance(finished, Finished)
        assert finished.sample_count == 0


async def test_closing_ends_what_is_live() -> None:
    async with _bench() as bench:
        reading = await _begun(bench.worker, _order("a", HANGS))
        await bench.worker.close()
        assert await _reason(reading) is Reason.STOPPED


async def test_the_metrics() -> None:
    async with _bench() as bench:
        await _all(bench.worker.synthesis(_order("a")))
        first = await _begun(bench.worker, _order("b", HANGS))
        second = asyncio.create_task(_all(bench.worker.synthesis(_order("c"))))
        await _until(lambda: bench.worker.status().queued == 1)
        [chunk] = bench.points("parlando.first_chunk")
        assert isinstance(chunk, HistogramDataPoint)
        assert chunk.attributes == {"parlando.hop": "synth", "parlando.engine": "scripted"}
        assert chunk.count == 2
        values = {}
        for name in ("parlando.live_syntheses", "parlando.queued_syntheses"):
            [gauge] = bench.points(name)
            assert isinstance(gauge, NumberDataPoint)
            values[name] = gauge.value
            assert gauge.attributes == {"parlando.engine": "scripted"}
        assert values == {"parlando.live_syntheses": 1, "parlando.queued_syntheses": 1}
        await asyncio.gather(bench.worker.stop("b"), bench.worker.stop("c"))
        await _reason(first)
        await _reason(second)


async def test_an_engine_that_cannot_be_loaded() -> None:
    async with _bench(ScriptedSettings(open_fails=True)) as bench:
        status = bench.worker.status()
        assert (status.state, status.about) == (State.FAILED, None)
        assert status.detail == "the script lets no instance open"
        with pytest.raises(ParlandoError, match="scripted cannot work: the script lets no instance open"):
            await _all(bench.worker.synthesis(_order("a")))
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
    async with _bench(ScriptedSettings(open_ms=0.0)) as bench:
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
            await _all(worker.synthesis(_order("a")))
        assert refused.value.reason is Reason.NO_ENGINE_AVAILABLE
        assert refused.value.retry_after == 1.0
        assert bench.worker.status().state is State.READY


class _Remote(Engine):
    """A remote stream: it charges, it may break in its own way, and a stop interrupts its waiting."""

    def __init__(
        self,
        *,
        breaks: bool = False,
        waits: bool = False,
        stoppable: bool = False,
        goes_on: bool | None = None,
    ) -> None:
        self._scripted = ScriptedEngine(ScriptedSettings())
        self._breaks = breaks
        self._waits = waits
        self._stoppable = stoppable
        self._goes_on = goes_on

    async def load(self) -> None:
        pass

    def describe(self) -> EngineDescription:
        price = Price("USD", Decimal(15), "2026-06-01")
        return replace(self._scripted.describe(), price=price, stoppable=self._stoppable, max_live=10)

    def voices(self) -> Sequence[Voice]:
        return self._scripted.voices()

    async def synthesize(self, job: Job, stop: StopFlag) -> AsyncGenerator[EngineEvent, None]:
        stopped = asyncio.Event()
        stop.on_set(stopped.set)
        yield Started(job.voice, 24_000, TimingQuality.ESTIMATED)
        yield Audio(b"abcd")
        if self._breaks:
            raise ValueError(job.text)
        if self._waits:
            await stopped.wait()
            if self._goes_on is not None:
                yield Aftermath(self._goes_on)
            return
        yield Deviation(missing=1, added=2)
        yield Charge(7, "USD", Decimal("0.25"))

    async def close(self) -> None:
        pass


async def test_a_remote_engine_says_what_it_charged() -> None:
    async with _bench(engine=_Remote()) as bench:
        outputs = await _all(bench.worker.synthesis(_order("a")))
        assert isinstance(outputs[-1], Finished)
        assert outputs[-1].charge == Charge(7, "USD", Decimal("0.25"))
        assert outputs[-1].deviation == Deviation(missing=1, added=2)
        assert bench.worker.price == Price("USD", Decimal(15), "2026-06-01")


async def test_a_remote_engine_is_abandoned() -> None:
    async with _bench(engine=_Remote(waits=True)) as bench:
        reading = await _begun(bench.worker, _order("a"))
        report = await bench.worker.stop("a")
        assert (report.outcome, report.samples_made) == (StopOutcome.ABANDONED, 2)
        assert await _reason(reading) is Reason.STOPPED


@pytest.mark.parametrize(
    ("stoppable", "goes_on", "outcome"),
    [
        (True, None, StopOutcome.STOPPED),
        (True, True, StopOutcome.ABANDONED),
        (False, False, StopOutcome.STOPPED),
        (False, True, StopOutcome.ABANDONED),
    ],
)
async def test_what_a_stop_left_behind_is_what_the_engine_says_of_this_job(
    *, stoppable: bool, goes_on: bool | None, outcome: StopOutcome
) -> None:
    async with _bench(engine=_Remote(waits=True, stoppable=stoppable, goes_on=goes_on)) as bench:
        reading = await _begun(bench.worker, _order("a"))
        assert (await bench.worker.stop("a")).outcome is outcome
        assert await _reason(reading) is Reason.STOPPED


async def test_what_a_remote_engine_raises_is_not_repeated(caplog: pytest.LogCaptureFixture) -> None:
    async with _bench(engine=_Remote(breaks=True)) as bench:
        with pytest.raises(ParlandoError) as failed:
            await _all(bench.worker.synthesis(_order("a")))
        assert failed.value.reason is Reason.ENGINE_FAILED
        assert "ValueError" in caplog.text
        assert TEXT not in caplog.text + failed.value.message


async def test_voices_by_language() -> None:
    async with _bench() as bench:
        assert [voice.id for voice in bench.worker.voices.speaking()] == ["alto", "tenor"]
        assert [voice.id for voice in bench.worker.voices.speaking("fr")] == ["tenor"]
        assert bench.worker.voices.speaking("de") == []


async def test_nothing_is_left_of_a_synthesis_but_its_id() -> None:
    async with _bench() as bench:
        for number in range(3):
            await _all(bench.worker.synthesis(_order(str(number))))
        gc.collect()
        left = [thing for thing in gc.get_objects() if type(thing) in {Synthesis, Outbox, Take}]
        assert left == []


async def test_an_engine_is_measured_before_anybody_is_served() -> None:
    async with _bench(ScriptedSettings(instances=2, rehearsal=TEXT, rate=20.0)) as bench:
        status = bench.worker.status()
        assert (status.state, status.total, status.instances) == (State.READY, 0, 2)
        assert status.first_chunk is not None
        assert status.real_time_factor is not None
        assert status.real_time_streams is not None
        # Two at once, each made at twenty times real time: at most forty, and fewer on a busy machine.
        assert 0 < status.real_time_streams < 41


async def test_an_engine_that_has_no_rehearsal_is_not_measured() -> None:
    async with _bench() as bench:
        status = bench.worker.status()
        assert (status.real_time_streams, status.first_chunk) == (None, None)


async def test_an_engine_that_fails_its_rehearsal_cannot_work() -> None:
    async with _bench(ScriptedSettings(rehearsal=TEXT, fail_after_ms=0)) as bench:
        assert bench.worker.status().state is State.FAILED
        assert bench.worker.status().detail == "the script says so"
        assert bench.worker.status().instances == 0


async def test_an_engine_is_unloaded_once_its_work_is_done_and_loaded_again() -> None:
    async with _bench() as bench:
        worker = bench.worker
        reading = await _begun(worker, _order("a", HANGS))
        unloading = asyncio.create_task(worker.unload())
        await _until(lambda: worker.status().state is State.DRAINING)
        with pytest.raises(ParlandoError) as refused:
            await _all(worker.synthesis(_order("b")))
        assert refused.value.reason is Reason.NO_ENGINE_AVAILABLE
        assert worker.status().live == 1
        assert not unloading.done()
        await worker.stop("a")
        assert await _reason(reading) is Reason.STOPPED
        await unloading
        status = worker.status()
        assert (status.state, status.instances) == (State.UNLOADED, 0)
        assert status.about is not None
        assert await worker.load() is State.READY
        assert len(await _all(worker.synthesis(_order("c")))) > 2


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
    async with _bench(engine=engine) as bench:

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
    async with _bench() as bench:
        worker = bench.worker
        reading = await _begun(worker, _order("a", HANGS))
        unloading = asyncio.create_task(worker.unload())
        await _until(lambda: worker.status().state is State.DRAINING)
        unloading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await unloading
        assert worker.status().state is State.READY
        await worker.stop("a")
        assert await _reason(reading) is Reason.STOPPED
        assert len(await _all(worker.synthesis(_order("b")))) > 2


async def test_who_waits_too_long_for_an_instance_is_refused() -> None:
    clock = ManualClock()
    async with _bench(max_wait=3.0, clock=clock) as bench:
        worker = bench.worker
        first = await _begun(worker, _order("first", HANGS))
        second = asyncio.create_task(_all(worker.synthesis(_order("second"))))
        await _until(lambda: clock.sleepers == 1)
        clock.advance(3.0)
        assert await _reason(second) is Reason.OVERLOADED
        assert (worker.status().live, worker.status().queued) == (1, 0)
        await worker.stop("first")
        assert await _reason(first) is Reason.STOPPED


async def test_what_was_done_is_tallied() -> None:
    async with _bench(max_queued=0) as bench:
        worker = bench.worker
        await _all(worker.synthesis(_order("a")))
        made = worker.tally.audio
        assert made > 0
        with pytest.raises(ParlandoError):
            await _all(worker.synthesis(_order("b", {"fail_after_ms": "0"})))
        with pytest.raises(ParlandoError):
            await _all(worker.synthesis(Order("c", TEXT, voice="nobody")))
        hanging = await _begun(worker, _order("d", HANGS))
        with pytest.raises(ParlandoError):
            await _all(worker.synthesis(_order("e")))
        await worker.stop("d")
        assert await _reason(hanging) is Reason.STOPPED
        assert worker.tally.requests == 5
        assert worker.tally.failures == {
            Reason.ENGINE_FAILED: 1,
            Reason.VOICE_NOT_FOUND: 1,
            Reason.OVERLOADED: 1,
        }
        assert worker.tally.audio > made

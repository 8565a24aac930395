"""The worker: admission, readers that are slow or gone, and what it tells of itself."""

from __future__ import annotations

import asyncio
import gc

import pytest
from opentelemetry.sdk.metrics.export import HistogramDataPoint, NumberDataPoint

from parlando_kit.errors import ParlandoError, Reason
from parlando_scripted.clock import ManualClock
from parlando_synth.order import Begun, Finished, Order, Samples, StopOutcome
from parlando_synth.outbox import Outbox
from parlando_synth.slot import State
from parlando_synth.synthesis import Synthesis
from parlando_synth.take import Take
from tests.unit.synth.worker_bench import HANGS, TEXT, begun_in, bench_of, order, outputs_of, reason_of, until


async def test_a_synthesis_from_begin_to_end() -> None:
    async with bench_of() as bench:
        begun, *made, finished = await outputs_of(bench.worker.synthesis(order("a")))
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
    async with bench_of() as bench:
        worker = bench.worker
        first = await begun_in(worker, order("first", HANGS))
        served: list[str] = []

        async def read(name: str, audio_queued: float) -> None:
            async with worker.synthesis(order(name, audio_queued=audio_queued)) as outputs:
                begun, *_ = await anext(outputs)
                assert isinstance(begun, Begun)
                assert begun.queued > 0
                served.append(name)

        waiting = [asyncio.create_task(read(name, queued)) for name, queued in (("b", 60.0), ("a", 0.0))]
        await until(lambda: worker.status().queued == 2)
        assert worker.status().live == 1
        assert (await worker.stop("first")).outcome is StopOutcome.STOPPED
        await asyncio.gather(*waiting)
        assert served == ["a", "b"]
        assert await reason_of(first) is Reason.STOPPED


async def test_a_full_worker_refuses_and_the_id_stays_free() -> None:
    async with bench_of(max_queued=0) as bench:
        first = await begun_in(bench.worker, order("first", HANGS))
        with pytest.raises(ParlandoError) as refused:
            await outputs_of(bench.worker.synthesis(order("second")))
        assert refused.value.reason is Reason.OVERLOADED
        assert refused.value.retry_after is not None
        await bench.worker.stop("first")
        assert await reason_of(first) is Reason.STOPPED
        assert len(await outputs_of(bench.worker.synthesis(order("second")))) > 2


async def test_a_reader_that_does_not_read_holds_no_instance() -> None:
    async with bench_of() as bench, bench.worker.synthesis(order("a")) as unread:
        for number in range(3):
            assert len(await outputs_of(bench.worker.synthesis(order(str(number))))) > 2
        begun, *_ = await anext(unread)
        assert isinstance(begun, Begun)


async def test_a_reader_that_vanishes_ends_the_engines_work() -> None:
    async with bench_of() as bench:
        reading = await begun_in(bench.worker, order("a", HANGS | {"stop_ms": "30"}))
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert bench.worker.status().live == 0
        assert (await bench.worker.stop("a")).outcome is StopOutcome.STOPPED
        assert len(bench.points("parlando.cancel.engine_idle")) == 1


async def test_a_reader_that_vanishes_while_it_waits() -> None:
    async with bench_of() as bench:
        first = await begun_in(bench.worker, order("first", HANGS))
        second = asyncio.create_task(outputs_of(bench.worker.synthesis(order("second"))))
        await until(lambda: bench.worker.status().queued == 1)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert bench.worker.status().queued == 0
        await bench.worker.stop("first")
        await reason_of(first)


async def test_too_much_unread_audio_ends_the_synthesis() -> None:
    async with bench_of(max_unread=1.0) as bench:
        async with bench.worker.synthesis(order("a", {"word_ms": "500"})) as unread:
            await until(lambda: bench.worker.status().total == 1 and bench.worker.status().live == 0)
            with pytest.raises(ParlandoError) as ended:
                await anext(unread)
        assert ended.value.reason is Reason.SLOW_READER


async def test_what_was_made_before_a_failure_is_given_out() -> None:
    async with bench_of() as bench:
        async with bench.worker.synthesis(order("a", {"fail_after_ms": "80"})) as outputs:
            made = [output for _ in range(2) for output in await anext(outputs)]
            with pytest.raises(ParlandoError) as failed:
                await anext(outputs)
        assert failed.value.reason is Reason.ENGINE_FAILED
        assert [type(output) for output in made] == [Begun, Samples, Samples]
        status = bench.worker.status()
        assert (status.live, status.real_time_factor) == (0, None)


@pytest.mark.parametrize("options", [{"odd_bytes": "1"}, {"fail_after_ms": "0", "fail_with": ""}])
async def test_an_engine_that_breaks_the_rules_fails_alone(options: dict[str, str]) -> None:
    async with bench_of() as bench:
        with pytest.raises(ParlandoError) as failed:
            await outputs_of(bench.worker.synthesis(order("a", options)))
        assert failed.value.reason is Reason.ENGINE_FAILED
        assert len(await outputs_of(bench.worker.synthesis(order("b")))) > 2


async def test_an_engine_that_says_nothing_succeeds_with_nothing() -> None:
    async with bench_of() as bench:
        begun, finished = await outputs_of(bench.worker.synthesis(order("a", {"no_audio": "1"})))
        assert isinstance(begun, Begun)
        assert isinstance(finished, Finished)
        assert finished.sample_count == 0


async def test_the_metrics() -> None:
    async with bench_of() as bench:
        await outputs_of(bench.worker.synthesis(order("a")))
        first = await begun_in(bench.worker, order("b", HANGS))
        second = asyncio.create_task(outputs_of(bench.worker.synthesis(order("c"))))
        await until(lambda: bench.worker.status().queued == 1)
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
        await reason_of(first)
        await reason_of(second)


async def test_voices_by_language() -> None:
    async with bench_of() as bench:
        assert [voice.id for voice in bench.worker.voices.speaking()] == ["alto", "tenor"]
        assert [voice.id for voice in bench.worker.voices.speaking("fr")] == ["tenor"]
        assert bench.worker.voices.speaking("de") == []


async def test_nothing_is_left_of_a_synthesis_but_its_id() -> None:
    async with bench_of() as bench:
        for number in range(3):
            await outputs_of(bench.worker.synthesis(order(str(number))))
        gc.collect()
        left = [thing for thing in gc.get_objects() if type(thing) in {Synthesis, Outbox, Take}]
        assert left == []


async def test_who_waits_too_long_for_an_instance_is_refused() -> None:
    clock = ManualClock()
    async with bench_of(max_wait=3.0, clock=clock) as bench:
        worker = bench.worker
        first = await begun_in(worker, order("first", HANGS))
        second = asyncio.create_task(outputs_of(worker.synthesis(order("second"))))
        await until(lambda: clock.sleepers == 1)
        clock.advance(3.0)
        assert await reason_of(second) is Reason.OVERLOADED
        assert (worker.status().live, worker.status().queued) == (1, 0)
        await worker.stop("first")
        assert await reason_of(first) is Reason.STOPPED


async def test_what_was_done_is_tallied() -> None:
    async with bench_of(max_queued=0) as bench:
        worker = bench.worker
        await outputs_of(worker.synthesis(order("a")))
        made = worker.tally.audio
        assert made > 0
        with pytest.raises(ParlandoError):
            await outputs_of(worker.synthesis(order("b", {"fail_after_ms": "0"})))
        with pytest.raises(ParlandoError):
            await outputs_of(worker.synthesis(Order("c", TEXT, voice="nobody")))
        hanging = await begun_in(worker, order("d", HANGS))
        with pytest.raises(ParlandoError):
            await outputs_of(worker.synthesis(order("e")))
        await worker.stop("d")
        assert await reason_of(hanging) is Reason.STOPPED
        assert worker.tally.requests == 5
        assert worker.tally.failures == {
            Reason.ENGINE_FAILED: 1,
            Reason.VOICE_NOT_FOUND: 1,
            Reason.OVERLOADED: 1,
        }
        assert worker.tally.audio > made

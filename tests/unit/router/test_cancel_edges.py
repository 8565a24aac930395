"""Cancels where they are rare: floods, epochs that never were, callers that are gone."""

from __future__ import annotations

import asyncio
import gc

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from parlando_kit import telemetry_names
from parlando_kit.errors import CallerGoneError, ParlandoError, Reason
from parlando_router import events
from parlando_router.instruments import Instruments
from parlando_router.outbox import MOST_WAITING
from parlando_router.ports import StopOutcome
from parlando_router.request import PlayoutMode
from parlando_router.utterance import MOST_STOPS
from tests.unit.router.score import check
from tests.unit.router.scripted_worker import RATE, Play, ScriptedWorker
from tests.unit.router.stage import Call, Stage
from tests.unit.router.virtual_time import run, settled

TEXT = "Orange lamp stands here. Seven green steps down! There, stone knows? House garden."


def _speaking(play: Play | None = None, mode: PlayoutMode = PlayoutMode.CLOCK) -> tuple[ScriptedWorker, Call]:
    """Return a worker, and a call that has it speak."""
    worker = ScriptedWorker(play or Play(factor=0.5, stop_time=0.25))
    call = Stage({"one": worker}).speak(mode=mode)
    call.open(2)
    call.text(2, TEXT)
    return worker, call


def test_the_answer_for_an_epoch_that_never_was_names_the_next_frame() -> None:
    async def main() -> None:
        _, call = _speaking(Play(factor=0.0))
        call.reading.clear()
        await call.until(lambda: call.frames)
        await asyncio.sleep(0.1)
        call.cancel(1)  # its answer waits behind frames
        call.text(2, "There.")
        await asyncio.sleep(0.1)
        call.reading.set()
        call.end()
        await call.done()
        check(call)
        told = call.of(events.Cancelled, events.AudioSent)
        at = next(place for place, event in enumerate(told) if isinstance(event, events.Cancelled))
        answer, following = told[at : at + 2]
        assert isinstance(answer, events.Cancelled)
        assert isinstance(following, events.AudioSent)
        assert answer.samples_sent == following.first_sample > 0

    run(main())


def test_what_was_not_sent_to_a_caller_that_left_is_given_back_at_once() -> None:
    def held() -> int:
        return sum(isinstance(each, events.Frame) for each in gc.get_objects())

    async def main() -> None:
        _, call = _speaking(Play(factor=0.01))
        await call.until(lambda: call.frames)
        call.reading.clear()
        await asyncio.sleep(1)
        assert held() > 2
        assert call.task is not None
        call.task.cancel()
        await asyncio.wait({call.task})
        assert held() <= 1  # the one that was on its way, in what the call ended with

    gc.collect()
    gc.disable()  # it counts objects, and comes late to a few that are large
    try:
        run(main())
    finally:
        gc.enable()


def test_a_call_that_fails_tells_first_how_an_earlier_stop_ended() -> None:
    async def main() -> None:
        refused = ParlandoError(Reason.TEXT_TOO_LONG, "it is too long")
        worker = ScriptedWorker(
            lambda _, number: Play(refusal=refused) if number else Play(factor=0.5, stop_time=1.0)
        )
        call = Stage({"one": worker}).speak()
        call.open(1)
        call.text(1, TEXT)
        await call.until(lambda: call.frames)
        call.open(2)
        call.text(2, TEXT)
        call.end()
        error = await call.refusal()
        assert error.reason is Reason.TEXT_TOO_LONG
        told = [type(event) for event in call.of(events.Cancelled, events.StopReport)]
        assert told == [events.Cancelled, events.StopReport]

    run(main())


def test_a_flood_of_cancels_waits_where_nobody_reads_and_is_answered_later() -> None:
    async def main() -> None:
        _, call = _speaking()
        await call.until(lambda: call.frames)
        call.reading.clear()
        for _ in range(3 * MOST_WAITING):
            call.cancel(2)
        await asyncio.sleep(1)
        assert call.untaken > MOST_WAITING
        call.reading.set()
        call.end()
        await call.done()
        check(call)
        assert len(call.of(events.Cancelled)) == 3 * MOST_WAITING
        assert len(call.of(events.StopReport)) == 1

    run(main())


def test_a_flood_of_openers_waits_for_the_engines_it_stops() -> None:
    async def main() -> None:
        worker, call = _speaking(Play(factor=0.5, stop_time=1.0))
        for epoch in range(3, 103):
            call.open(epoch)
            call.text(epoch, TEXT)
            await settled()
        assert len(worker.live) <= MOST_STOPS + 1
        assert call.untaken > 0
        call.end()
        await call.done()
        check(call)
        assert not worker.live
        assert len(call.of(events.StopReport)) == 100

    run(main())


def test_frames_do_not_begin_small_again_where_a_reader_that_takes_all_has_audio() -> None:
    async def main() -> None:
        _, call = _speaking(Play(factor=0.0), PlayoutMode.UNPACED)
        call.end()
        await call.done()
        check(call)
        # Small are the first frame, and what is left over at the end of a fragment.
        small = [frame for frame in call.frames if frame.sample_count <= 960]
        assert len(small) <= 1 + len(call.of(events.FragmentBegun))

    run(main())


def test_what_was_stopped_is_counted_as_given_to_the_engine() -> None:
    async def main() -> None:
        worker, call = _speaking()
        await call.until(lambda: call.frames)
        call.cancel(2)
        call.end()
        await call.done()
        assert call.finished.usage["one"].characters == sum(len(each.text) for each in worker.requests)

    run(main())


# What is left in the trace


_STOPPED = {
    "cancel": ("STOPPED", 0.25),
    "gone": ("STOPPED", 0.25),
    "unwritable": ("STOPPED", 0.25),
    "while it is stopped": ("STOPPED", 0.15),
    "while two are stopped": ("STOPPED", 0.2),
    "drained": ("STOPPED", 0.25),
    "deaf": ("ALREADY_FINISHED", 0.0),  # the budget had held the next fragment back
}
"""By how a caller leaves: what becomes of its synthesis, and how long the engine takes to be idle."""

_EVENT = {"cancel": "cancelled", "drained": "drained"}
"""By how a caller leaves, the event that tells of it where that is not "caller gone"."""


async def _leave(call: Call, leaving: str) -> None:
    """End a call that speaks, in one of the ways."""
    assert call.task is not None
    match leaving:
        case "cancel":
            call.cancel(2)
            call.end()
            await call.done()
        case "deaf":
            call.text(2, TEXT * 8)
            call.reading.clear()
            assert (await call.refusal()).reason is Reason.SLOW_READER
        case "unwritable":
            call.broken = CallerGoneError()
            await asyncio.wait({call.task})
            assert call.task.exception() is not None
        case "drained":
            call.calls.refuse(end_after=0.0)
            assert (await call.refusal()).reason is Reason.DRAINING
        case _:
            if leaving != "gone":
                call.cancel(2)
                await asyncio.sleep(0.1)
            if leaving == "while two are stopped":
                call.open(3)
                call.text(3, TEXT)
                await call.until(lambda: call.sent[-1].epoch == 3 and call.frames)
                call.cancel(3)
                await asyncio.sleep(0.05)
            call.task.cancel()
            await asyncio.wait({call.task})


@pytest.mark.parametrize("leaving", _STOPPED)
def test_the_trace_tells_what_a_cancel_stopped_though_the_caller_is_gone(leaving: str) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))

    async def main() -> None:
        with provider.get_tracer("test").start_as_current_span("Speak"):
            worker, call = _speaking(Play(factor=0.5, stop_time=0.25), PlayoutMode.UNPACED)
            await call.until(lambda: call.frames)
            await _leave(call, leaving)
            assert not worker.live
            assert len(worker.stops) == {"deaf": 0, "while two are stopped": 2}.get(leaving, 1)

    run(main())
    [span] = exporter.get_finished_spans()
    found = {event.name: event.attributes for event in span.events}
    told = _EVENT.get(leaving, "caller gone")
    assert set(found) == {"first audio", told}
    figures = found[told]
    assert figures is not None
    outcome, idle = _STOPPED[leaving]
    assert figures[telemetry_names.STOP_OUTCOME] == outcome
    assert figures[telemetry_names.CANCEL_ENGINE_IDLE] == pytest.approx(idle, abs=0.01)
    for name in (
        telemetry_names.STOP_SAMPLES_SENT,
        telemetry_names.STOP_SAMPLES_DISCARDED,
        telemetry_names.STOP_FRAGMENTS_DROPPED,
    ):
        counted = figures[name]
        assert isinstance(counted, int)
        assert counted > 0
    engine_time = figures[telemetry_names.STOP_ENGINE_TIME]
    assert isinstance(engine_time, float)
    assert engine_time >= 0


def test_what_a_stop_threw_away_is_counted_by_outcome_though_the_caller_is_gone() -> None:
    reader = InMemoryMetricReader()
    instruments = Instruments(MeterProvider([reader]).get_meter("test"))
    report = events.StopReport(1, 0, 1, RATE // 2, 0.0, 0.0, 0.1, 0.0, StopOutcome.STOPPED)
    instruments.cancelled(report, "one", RATE)
    instruments.abandoned("caller gone", report, "one", RATE, 0.0)
    data = reader.get_metrics_data()
    assert data is not None
    [metric] = [
        each
        for each in data.resource_metrics[0].scope_metrics[0].metrics
        if each.name == telemetry_names.DISCARDED_SECONDS
    ]
    [point] = metric.data.data_points
    assert point.attributes == {telemetry_names.ENGINE: "one", telemetry_names.STOP_OUTCOME: "STOPPED"}
    assert getattr(point, "value", None) == 1.0


def test_of_several_stops_the_worst_outcome_and_the_latest_idle_are_told() -> None:
    one = events.StopReport(1, 100, 2, 30, 5.0, 0.1, 0.4, 0.25, StopOutcome.UNCONFIRMED)
    other = events.StopReport(2, 200, 1, 40, 6.0, 0.0, 0.2, 0.5, StopOutcome.STOPPED)
    for pair in ([one, other], [other, one]):
        assert events.together(pair) == events.StopReport(
            2, 200, 3, 70, 5.0, 0.1, 0.4, 0.75, StopOutcome.UNCONFIRMED
        )

"""Texts that are all there: in how few pieces they are spoken, and by whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parlando_router.replica import Replica
from parlando_router.request import Schedule
from parlando_router.speak_protocol import Open
from parlando_router.whole import LONGEST_TEXT, fitted
from tests.unit.router.cast import description, idle_worker, voice
from tests.unit.router.score import check
from tests.unit.router.scripted_worker import Play, ScriptedWorker
from tests.unit.router.stage import Call, Stage
from tests.unit.router.virtual_time import run

TEXT = "Seven green steps. There."


def _replica(factor: float, *, streams: bool = True) -> Replica:
    about = replace(description("one"), streams=streams)
    return Replica("one:1", idle_worker(), 0, about, real_time_factor=factor)


@pytest.mark.parametrize(("factor", "first"), [(0.02, 80), (0.004, 400), (0.0001, 1_000), (0.0016, 1_000)])
def test_a_quick_engine_is_given_as_much_as_it_makes_soon(factor: float, first: int) -> None:
    assert fitted(Schedule(), _replica(factor)) == Schedule(first_code_points=first)


@pytest.mark.parametrize("growth", [None, 3.0])
@pytest.mark.parametrize(
    "replica",
    [
        pytest.param(_replica(0.07), id="one that is not so quick"),
        pytest.param(_replica(3.0), id="a slow one"),
        pytest.param(_replica(0.0), id="one of which nothing is known"),
        pytest.param(_replica(0.001, streams=False), id="one that gives no sound before it is done"),
        pytest.param(Replica("one:1", idle_worker(), 0), id="one that has not answered"),
    ],
)
def test_another_one_is_given_little_at_first(replica: Replica, growth: float | None) -> None:
    assert fitted(Schedule(growth=growth), replica) == Schedule(growth=growth)


def test_what_the_caller_asks_for_holds() -> None:
    assert fitted(Schedule(first_code_points=7), _replica(0.001)) == Schedule(first_code_points=7)


def _stage(play: Play | None = None) -> tuple[Stage, ScriptedWorker]:
    worker = ScriptedWorker(play or Play(factor=0.001))
    stage = Stage({"one": worker})
    stage.engines.answered("one", replace(description("one"), streams=True), (voice("alto"),))
    return stage, worker


async def _spoken(stage: Stage, text: str = TEXT, *, flushed: bool = False) -> Call:
    call = stage.speak()
    call.open(1)
    call.text(1, text)
    if flushed:
        call.flush(1, 7)
    call.end()
    await call.done()
    check(call)
    return call


def test_a_short_text_that_is_all_there_is_cut_at_once_and_fitted_once_the_engine_is_known() -> None:
    async def main() -> None:
        stage, worker = _stage()
        await _spoken(stage)
        opened = stage.speak()
        opened.say(1, Open(opened.settings, "", TEXT, complete=True))
        opened.end()
        await opened.done()
        check(opened)
        first, second = stage.fragmenter.streams
        assert (first.at_once, second.at_once) == (True, True)
        assert (first.config.whole, second.config.whole) == (True, True)
        assert first.config.schedule == Schedule()
        assert (second.config.schedule.first_code_points or 0) > len(TEXT)
        assert [factor for _, factor in second.hints] == [pytest.approx(0.001)]
        assert [request.text for request in worker.requests] == ["Seven green steps.", "There."] * 2

    run(main())


@pytest.mark.parametrize("text", ["Seven steps. " * (LONGEST_TEXT // 13 + 1), TEXT])
def test_a_long_text_and_one_that_is_flushed_are_streamed(text: str) -> None:
    async def main() -> None:
        stage, _ = _stage()
        call = await _spoken(stage, text, flushed=text is TEXT)
        assert [(stream.at_once, stream.config.whole) for stream in stage.fragmenter.streams] == [
            (False, True)
        ]
        assert call.finished.source_length == len(text)

    run(main())


def test_a_text_that_may_grow_is_streamed_and_its_first_fragment_small() -> None:
    async def main() -> None:
        stage, _ = _stage()
        await _spoken(stage)
        call = stage.speak()
        call.open(1)
        call.text(1, TEXT)
        await call.until(lambda: call.frames)
        call.end()
        await call.done()
        _, growing = stage.fragmenter.streams
        assert (growing.at_once, growing.config.whole) == (False, False)
        assert growing.config.schedule == Schedule()

    run(main())


def test_a_cancel_of_a_text_that_was_cut_at_once_stops_its_synthesis() -> None:
    async def main() -> None:
        stage, worker = _stage(Play(factor=0.5, stop_time=0.25))
        call = stage.speak()
        call.say(1, Open(call.settings, "", TEXT, complete=True))
        await call.until(lambda: call.frames)
        call.cancel(1)
        call.end()
        await call.done()
        check(call)
        assert len(worker.stops) == 1
        assert not worker.live
        assert [stream.at_once for stream in stage.fragmenter.streams] == [True]

    run(main())

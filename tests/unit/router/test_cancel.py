"""Cancels at every moment: the answer at once, no frame after it, and the next epoch goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from parlando_router import events
from parlando_router.request import PlayoutMode
from parlando_router.speak_protocol import End
from tests.unit.router.cancelled_call import (
    FIRST,
    SECOND,
    Show,
    between_two_fragments,
    cancels,
    in_the_middle_of_a_word,
    reports,
    when,
)
from tests.unit.router.score import check, heard, words
from tests.unit.router.scripted_worker import RATE, Play, ScriptedWorker
from tests.unit.router.stage import Stage
from tests.unit.router.virtual_time import LoopClock, run, settled


async def _before_any_text(show: Show) -> None:
    await settled()
    assert not show.worker.requests


async def _before_the_opener_is_read(show: Show) -> None:
    show.call.text(1, FIRST)


async def _before_the_first_fragment(show: Show) -> None:
    show.call.text(1, "Orange lamp")
    await asyncio.sleep(1)


async def _before_the_first_audio(show: Show) -> None:
    show.call.text(1, FIRST)
    await show.call.until(show.at_work)


async def _with_the_first_frame(show: Show) -> None:
    show.call.text(1, FIRST)
    await show.call.until(lambda: show.call.frames)


async def _after_the_last_frame(show: Show) -> None:
    show.call.text(1, FIRST)
    await show.call.until(lambda: show.worker.finished == 4)
    await asyncio.sleep(30)


async def _after_a_flush(show: Show) -> None:
    show.call.text(1, FIRST)
    show.call.flush(1, 5)
    await show.call.until(lambda: show.call.of(events.Flushed))


async def _while_a_full_budget_holds_the_next_fragment(show: Show) -> None:
    show.call.text(1, FIRST * 12)
    await show.call.until(lambda: show.call.seconds > 10 and not show.at_work())


_MOMENTS: list[Callable[[Show], Awaitable[None]]] = [
    _before_any_text,
    _before_the_opener_is_read,
    _before_the_first_fragment,
    _before_the_first_audio,
    _with_the_first_frame,
    in_the_middle_of_a_word,
    between_two_fragments,
    _after_the_last_frame,
    _after_a_flush,
    _while_a_full_budget_holds_the_next_fragment,
]
_moments = pytest.mark.parametrize("moment", _MOMENTS, ids=lambda moment: moment.__name__.strip("_"))


@_moments
@pytest.mark.parametrize("how", ["cancel, then open", "cancel and open", "open alone"])
@pytest.mark.parametrize("rate", [RATE, 22_050])
def test_a_cancel_at_any_moment_is_answered_and_the_next_epoch_goes_on(
    moment: Callable[[Show], Awaitable[None]], how: str, rate: int
) -> None:
    async def main() -> None:
        show = Show(Play(factor=0.5, stop_time=0.25, rate=rate))
        call = show.call
        await moment(show)
        text = sum(len(request.text) for request in show.worker.requests)
        before = call.seconds
        asked = LoopClock().now()
        if how != "open alone":
            call.cancel(1)
        if how == "cancel, then open":
            await call.until(lambda: call.of(events.StopReport))
        await show.second_epoch()
        check(call)
        assert not show.at_work()
        [cancelled], [report] = cancels(call), reports(call)
        assert (cancelled.epoch, report.epoch) == (1, 1)
        assert when(call, cancelled) - asked <= 0.001  # at once
        assert when(call, report) - asked <= 0.26
        assert report.idle_after <= 0.26
        assert report.last_byte_after == 0
        assert cancelled.samples_sent / RATE == pytest.approx(before, abs=0.4)
        assert heard(call, SECOND, first=cancelled.samples_sent) == words(SECOND)
        assert text <= len(FIRST) * 12
        offsets = [
            word.source.start for word in call.finished.words if word.first_sample >= cancelled.samples_sent
        ]
        starts = call.finished.source_length - len(SECOND)
        assert offsets[0] == starts
        stream = show.stage.fragmenter.streams[-1]
        assert stream.config.source_offset == starts

    run(main())


@_moments
def test_a_cancel_at_any_moment_may_be_the_end(moment: Callable[[Show], Awaitable[None]]) -> None:
    async def main() -> None:
        show = Show()
        await moment(show)
        show.call.cancel(1)
        show.call.end()
        await show.call.done()
        check(show.call)
        assert not show.at_work()
        assert len(cancels(show.call)) == len(reports(show.call)) == 1
        assert show.call.finished.sample_count == cancels(show.call)[0].samples_sent

    run(main())


@_moments
def test_a_cancel_may_come_after_the_end_of_the_text(moment: Callable[[Show], Awaitable[None]]) -> None:
    async def main() -> None:
        show = Show()
        await moment(show)
        ended = events.Finished
        show.call.say(1, None)
        show.call.say(1, End())
        show.call.cancel(1)
        await show.call.done()
        check(show.call)
        assert not show.at_work()
        assert isinstance(show.call.sent[-1].event, ended)
        if show.call.frames:
            # Where nothing was left to be spoken the call was over before the cancel was read.
            assert len(cancels(show.call)) == len(reports(show.call)) <= 1

    run(main())


# Cancels that change nothing


def test_a_cancel_is_answered_every_time_and_reported_once() -> None:
    async def main() -> None:
        show = Show()
        call = show.call
        await in_the_middle_of_a_word(show)
        for _ in range(3):
            call.cancel(1)
        await asyncio.sleep(1)
        call.cancel(1)
        await asyncio.sleep(1)
        call.open(2)
        call.cancel(1)
        await show.second_epoch(opener=False)
        check(call)
        assert len(cancels(call)) == 5
        assert len(set(cancels(call))) == 1
        assert len(reports(call)) == 1
        assert heard(call, SECOND, first=cancels(call)[0].samples_sent) == words(SECOND)

    run(main())


def test_a_stale_cancel_disturbs_nothing() -> None:
    async def main() -> None:
        worker = ScriptedWorker(Play(factor=0.5))
        call = Stage({"one": worker}).speak(mode=PlayoutMode.CLOCK)
        call.open(5)
        call.text(5, FIRST)
        call.cancel(4)
        call.text(4, "pepper pepper pepper.")
        call.end()
        await call.done()
        check(call)
        assert heard(call, FIRST) == words(FIRST)
        assert [event.epoch for event in cancels(call)] == [4]
        assert reports(call) == []
        assert call.finished.source_length == len(FIRST)

    run(main())


def test_text_of_a_cancelled_epoch_is_ignored() -> None:
    async def main() -> None:
        show = Show()
        show.call.text(1, "Orange lamp.")
        show.call.cancel(1)
        show.call.text(1, "pepper.")
        show.call.flush(1, 9)
        show.call.open(2)
        show.call.text(1, "pepper.")
        await show.second_epoch(opener=False)
        check(show.call)
        assert heard(show.call, SECOND, first=cancels(show.call)[0].samples_sent) == words(SECOND)
        assert show.call.finished.source_length == len("Orange lamp.") + len(SECOND)
        assert show.call.of(events.Flushed) == []

    run(main())


def test_epochs_may_be_opened_one_on_the_heels_of_the_other() -> None:
    async def main() -> None:
        show = Show(Play(factor=0.5, stop_time=1.0))
        call = show.call
        await in_the_middle_of_a_word(show)
        for epoch in range(2, 9):
            call.open(epoch)
            call.text(epoch, "pepper pepper.")
            await asyncio.sleep(0.02 * (epoch % 3))
        call.open(9)
        call.text(9, SECOND)
        call.end()
        await call.done()
        check(call)
        assert not show.at_work()
        assert [event.epoch for event in cancels(call)] == list(range(1, 9))
        assert sorted(event.epoch for event in reports(call)) == list(range(1, 9))
        assert heard(call, SECOND, first=cancels(call)[-1].samples_sent) == words(SECOND)

    run(main())

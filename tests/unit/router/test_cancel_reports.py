"""What is told of a cancel, and what it leaves to the next epoch."""

from __future__ import annotations

import asyncio

import pytest

from parlando_router import events
from parlando_router.ports import StopOutcome
from parlando_router.request import PlayoutMode, SpeechSettings
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
from tests.unit.router.score import check
from tests.unit.router.scripted_worker import RATE, Play, ScriptedWorker
from tests.unit.router.stage import Stage
from tests.unit.router.virtual_time import LoopClock, run

# What the report says


def test_the_engine_is_idle_when_its_worker_says_so_however_late_a_full_machine_comes_to_tell_of_it() -> None:
    turn = 0.01

    async def main() -> None:
        show = Show(Play(factor=0.5, stop_time=0.25))
        await in_the_middle_of_a_word(show)
        show.call.cancel(1)
        await show.call.until(lambda: reports(show.call))
        [report] = reports(show.call)
        since = report.cancelled_at + report.idle_after - show.worker.idle_at
        assert 0 <= since <= 2 * turn
        assert when(show.call, report) - show.worker.idle_at > 4 * turn
        show.call.end()
        await show.call.done()

    run(main(), turn)


def test_an_engine_that_is_not_at_work_is_idle_from_the_cancel_on() -> None:
    async def main() -> None:
        show = Show(Play())
        show.call.text(1, "Orange lamp")  # no fragment yet
        await asyncio.sleep(1)
        show.call.cancel(1)
        await show.call.until(lambda: reports(show.call))
        [report] = reports(show.call)
        assert (report.idle_after, report.outcome) == (0.0, StopOutcome.ALREADY_FINISHED)
        show.call.end()
        await show.call.done()

    run(main(), 0.01)


def test_the_report_waits_for_the_engine_and_the_next_epoch_does_not() -> None:
    async def main() -> None:
        show = Show(Play(factor=0.5, stop_time=1.5))
        call = show.call
        await in_the_middle_of_a_word(show)
        call.open(2)
        call.text(2, SECOND)
        asked = LoopClock().now()
        await call.until(lambda: reports(call))
        [report] = reports(call)
        spoken = [sent for sent in call.sent if sent.epoch == 2 and isinstance(sent.event, events.AudioSent)]
        assert spoken[0].at - asked < 0.5
        assert report.idle_after == pytest.approx(1.5, abs=0.01)
        assert report.engine_time_after_stop == 1.5
        assert report.outcome is StopOutcome.STOPPED
        assert report.last_byte_after == 0  # not that of the next epoch's
        call.end()
        await call.done()
        check(call)

    run(main())


def test_a_repeated_cancel_does_not_change_when_the_last_byte_left() -> None:
    async def main() -> None:
        show = Show(Play(factor=0.5, stop_time=1.5))
        call = show.call
        await in_the_middle_of_a_word(show)
        call.open(2)
        call.text(2, SECOND)
        await asyncio.sleep(1)
        assert any(sent.epoch == 2 for sent in call.sent)
        call.cancel(1)
        call.end()
        await call.done()
        assert reports(call)[0].last_byte_after == 0

    run(main())


def test_a_frame_on_its_way_counts_until_it_has_left() -> None:
    async def main() -> None:
        show = Show(Play(factor=0.0, stop_time=0.1))
        call = show.call
        call.reading.clear()
        call.text(1, FIRST)
        await call.until(lambda: call.frames)
        call.cancel(1)
        await asyncio.sleep(0.7)
        call.reading.set()
        await call.until(lambda: reports(call))
        assert reports(call)[0].last_byte_after == pytest.approx(0.7, abs=0.01)
        assert cancels(call)[0].samples_sent == sum(frame.sample_count for frame in call.frames)
        call.end()
        await call.done()
        check(call)

    run(main())


@pytest.mark.parametrize("outcome", list(StopOutcome))
def test_the_outcome_is_the_workers(outcome: StopOutcome) -> None:
    async def main() -> None:
        show = Show(Play(factor=0.5, stop_outcome=outcome))
        await in_the_middle_of_a_word(show)
        show.call.cancel(1)
        show.call.end()
        await show.call.done()
        assert reports(show.call)[0].outcome is outcome

    run(main())


def test_where_no_synthesis_was_live_nothing_was_stopped() -> None:
    async def main() -> None:
        show = Show()
        await between_two_fragments(show)
        show.call.cancel(1)
        show.call.end()
        await show.call.done()
        [report] = reports(show.call)
        assert report.outcome is StopOutcome.ALREADY_FINISHED
        assert (report.fragments_dropped, report.engine_time_after_stop) == (0, 0.0)
        assert show.worker.stops == []

    run(main())


def test_what_was_thrown_away_is_counted() -> None:
    async def main() -> None:
        show = Show(Play(factor=0.0, hang_after=0.3), mode=PlayoutMode.UNPACED)
        call = show.call
        call.text(1, FIRST)
        await call.until(show.at_work)
        await asyncio.sleep(0.1)
        call.cancel(1)
        call.end()
        await call.done()
        [report] = reports(call)
        assert report.fragments_dropped == 1
        # 0.32 s were made and read, and the worker had made another 20 ms that nobody read.
        made = report.samples_sent + report.samples_discarded
        assert made / RATE == pytest.approx(0.32 + 0.02, abs=0.005)

    run(main())


def test_fragments_that_were_sent_whole_are_not_dropped() -> None:
    async def main() -> None:
        show = Show(Play(factor=0.5), mode=PlayoutMode.UNPACED)
        call = show.call
        call.text(1, FIRST)
        await call.until(lambda: len(show.worker.requests) == 3)
        call.cancel(1)
        call.open(2)
        call.text(2, SECOND)
        await call.until(lambda: len(show.worker.requests) == 5)
        call.cancel(2)
        call.end()
        await call.done()
        check(call)
        assert [report.fragments_dropped for report in reports(call)] == [1, 1]

    run(main())


# Playback after a cancel


@pytest.mark.parametrize("mode", [PlayoutMode.CLOCK, PlayoutMode.REPORTED])
def test_what_the_caller_threw_away_does_not_hold_the_next_epoch_back(mode: PlayoutMode) -> None:
    async def main() -> None:
        worker = ScriptedWorker(Play(factor=0.0))
        call = Stage({"one": worker}).speak(SpeechSettings(playout_budget=1.0), mode)
        call.open(1)
        call.text(1, "pepper " * 100 + ".")
        await call.until(lambda: worker.finished)
        await asyncio.sleep(0.5)
        assert call.seconds > 10
        asked = LoopClock().now()
        call.open(2)
        call.text(2, "One two three four. ")
        call.flush(2, 1)
        await call.until(lambda: call.of(events.Flushed))
        assert LoopClock().now() - asked < 0.1
        call.end()
        await call.done()
        check(call)

    run(main())


# A caller that reads slowly


def test_a_cancel_reaches_what_is_made_and_waits_for_its_reader() -> None:
    async def main() -> None:
        worker = ScriptedWorker(Play(factor=0.0))
        call = Stage({"one": worker}).speak(mode=PlayoutMode.CLOCK)
        call.open(1)
        call.reading.clear()
        call.text(1, FIRST)
        call.say(1, End())
        await call.until(lambda: worker.finished)
        await asyncio.sleep(5)  # what was made waits: the caller still has its first message before it
        call.cancel(1)
        await asyncio.sleep(0.1)
        call.reading.set()
        await call.done()
        check(call)
        assert len(call.frames) == 1
        assert len(cancels(call)) == len(reports(call)) == 1

    run(main())

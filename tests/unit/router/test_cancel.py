"""Cancels at every moment: the answer at once, no frame after it, a report of what was stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from parlando_router import events
from parlando_router.ports import StopOutcome
from parlando_router.request import PlayoutMode, SpeechSettings
from parlando_router.speak_protocol import End
from tests.unit.router.score import check, heard, words
from tests.unit.router.stage import RATE, Call, Play, ScriptedFragmenter, ScriptedWorker, Stage
from tests.unit.router.virtual_time import LoopClock, run, settled

FIRST = "Orange lamp stands here. Seven green steps down! There, stone knows? House garden."
SECOND = "One two three. Four bread pepper."


class _Show:
    """A stage with one worker, and a call on it."""

    def __init__(self, play: Play | None = None, *, mode: PlayoutMode = PlayoutMode.CLOCK) -> None:
        self.worker = ScriptedWorker(play or Play(factor=0.5, stop_time=0.25))
        self.stage = Stage({"one": self.worker}, ScriptedFragmenter())
        self.call = self.stage.speak(mode=mode)
        self.call.open(1)

    def at_work(self) -> bool:
        """Whether the engine is busy."""
        return bool(self.worker.live)

    async def second_epoch(self, *, opener: bool = True) -> None:
        """Speak the second text under epoch 2, to the end."""
        call = self.call
        if opener:
            call.open(2)
        call.text(2, SECOND)
        call.end()
        await call.done()


def _reports(call: Call) -> list[events.StopReport]:
    return [event for event in call.of(events.StopReport) if isinstance(event, events.StopReport)]


def _cancelled(call: Call) -> list[events.Cancelled]:
    return [event for event in call.of(events.Cancelled) if isinstance(event, events.Cancelled)]


def _at(call: Call, event: object) -> float:
    return next(sent.at for sent in call.sent if sent.event is event)


async def _before_any_text(show: _Show) -> None:
    await settled()
    assert not show.worker.requests


async def _before_the_opener_is_read(show: _Show) -> None:
    show.call.text(1, FIRST)


async def _before_the_first_fragment(show: _Show) -> None:
    show.call.text(1, "Orange lamp")
    await asyncio.sleep(1)


async def _before_the_first_audio(show: _Show) -> None:
    show.call.text(1, FIRST)
    await show.call.until(show.at_work)


async def _with_the_first_frame(show: _Show) -> None:
    show.call.text(1, FIRST)
    await show.call.until(lambda: show.call.frames)


async def _in_the_middle_of_a_word(show: _Show) -> None:
    show.call.text(1, FIRST)
    await show.call.until(lambda: len(show.call.frames) > 2)
    await asyncio.sleep(0.037)


async def _between_two_fragments(show: _Show) -> None:
    show.call.text(1, "Orange lamp stands here. Seven")
    await show.call.until(lambda: show.worker.finished)
    await asyncio.sleep(0.01)


async def _after_the_last_frame(show: _Show) -> None:
    show.call.text(1, FIRST)
    await show.call.until(lambda: show.worker.finished == 4)
    await asyncio.sleep(30)


async def _after_a_flush(show: _Show) -> None:
    show.call.text(1, FIRST)
    show.call.flush(1, 5)
    await show.call.until(lambda: show.call.of(events.Flushed))


async def _while_a_full_budget_holds_the_next_fragment(show: _Show) -> None:
    show.call.text(1, FIRST * 12)
    await show.call.until(lambda: show.call.seconds > 10 and not show.at_work())


_MOMENTS: list[Callable[[_Show], Awaitable[None]]] = [
    _before_any_text,
    _before_the_opener_is_read,
    _before_the_first_fragment,
    _before_the_first_audio,
    _with_the_first_frame,
    _in_the_middle_of_a_word,
    _between_two_fragments,
    _after_the_last_frame,
    _after_a_flush,
    _while_a_full_budget_holds_the_next_fragment,
]
_moments = pytest.mark.parametrize("moment", _MOMENTS, ids=lambda moment: moment.__name__.strip("_"))


@_moments
@pytest.mark.parametrize("how", ["cancel, then open", "cancel and open", "open alone"])
@pytest.mark.parametrize("rate", [RATE, 22_050])
def test_a_cancel_at_any_moment_is_answered_and_the_next_epoch_goes_on(
    moment: Callable[[_Show], Awaitable[None]], how: str, rate: int
) -> None:
    async def main() -> None:
        show = _Show(Play(factor=0.5, stop_time=0.25, rate=rate))
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
        [cancelled], [report] = _cancelled(call), _reports(call)
        assert (cancelled.epoch, report.epoch) == (1, 1)
        assert _at(call, cancelled) - asked <= 0.001  # at once
        assert _at(call, report) - asked <= 0.26
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
def test_a_cancel_at_any_moment_may_be_the_end(moment: Callable[[_Show], Awaitable[None]]) -> None:
    async def main() -> None:
        show = _Show()
        await moment(show)
        show.call.cancel(1)
        show.call.end()
        await show.call.done()
        check(show.call)
        assert not show.at_work()
        assert len(_cancelled(show.call)) == len(_reports(show.call)) == 1
        assert show.call.finished.sample_count == _cancelled(show.call)[0].samples_sent

    run(main())


@_moments
def test_a_cancel_may_come_after_the_end_of_the_text(moment: Callable[[_Show], Awaitable[None]]) -> None:
    async def main() -> None:
        show = _Show()
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
            assert len(_cancelled(show.call)) == len(_reports(show.call)) <= 1

    run(main())


# Cancels that change nothing


def test_a_cancel_is_answered_every_time_and_reported_once() -> None:
    async def main() -> None:
        show = _Show()
        call = show.call
        await _in_the_middle_of_a_word(show)
        for _ in range(3):
            call.cancel(1)
        await asyncio.sleep(1)
        call.cancel(1)
        await asyncio.sleep(1)
        call.open(2)
        call.cancel(1)
        await show.second_epoch(opener=False)
        check(call)
        assert len(_cancelled(call)) == 5
        assert len(set(_cancelled(call))) == 1
        assert len(_reports(call)) == 1
        assert heard(call, SECOND, first=_cancelled(call)[0].samples_sent) == words(SECOND)

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
        assert [event.epoch for event in _cancelled(call)] == [4]
        assert _reports(call) == []
        assert call.finished.source_length == len(FIRST)

    run(main())


def test_text_of_a_cancelled_epoch_is_ignored() -> None:
    async def main() -> None:
        show = _Show()
        show.call.text(1, "Orange lamp.")
        show.call.cancel(1)
        show.call.text(1, "pepper.")
        show.call.flush(1, 9)
        show.call.open(2)
        show.call.text(1, "pepper.")
        await show.second_epoch(opener=False)
        check(show.call)
        assert heard(show.call, SECOND, first=_cancelled(show.call)[0].samples_sent) == words(SECOND)
        assert show.call.finished.source_length == len("Orange lamp.") + len(SECOND)
        assert show.call.of(events.Flushed) == []

    run(main())


def test_epochs_may_be_opened_one_on_the_heels_of_the_other() -> None:
    async def main() -> None:
        show = _Show(Play(factor=0.5, stop_time=1.0))
        call = show.call
        await _in_the_middle_of_a_word(show)
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
        assert [event.epoch for event in _cancelled(call)] == list(range(1, 9))
        assert sorted(event.epoch for event in _reports(call)) == list(range(1, 9))
        assert heard(call, SECOND, first=_cancelled(call)[-1].samples_sent) == words(SECOND)

    run(main())


# What the report says


def test_the_engine_is_idle_when_its_worker_says_so_however_late_a_full_machine_comes_to_tell_of_it() -> None:
    turn = 0.01

    async def main() -> None:
        show = _Show(Play(factor=0.5, stop_time=0.25))
        await _in_the_middle_of_a_word(show)
        show.call.cancel(1)
        await show.call.until(lambda: _reports(show.call))
        [report] = _reports(show.call)
        since = report.cancelled_at + report.idle_after - show.worker.idle_at
        assert 0 <= since <= 2 * turn
        assert _at(show.call, report) - show.worker.idle_at > 4 * turn
        show.call.end()
        await show.call.done()

    run(main(), turn)


def test_an_engine_that_is_not_at_work_is_idle_from_the_cancel_on() -> None:
    async def main() -> None:
        show = _Show(Play())
        await _before_the_first_fragment(show)
        show.call.cancel(1)
        await show.call.until(lambda: _reports(show.call))
        [report] = _reports(show.call)
        assert (report.idle_after, report.outcome) == (0.0, StopOutcome.ALREADY_FINISHED)
        show.call.end()
        await show.call.done()

    run(main(), 0.01)


def test_the_report_waits_for_the_engine_and_the_next_epoch_does_not() -> None:
    async def main() -> None:
        show = _Show(Play(factor=0.5, stop_time=1.5))
        call = show.call
        await _in_the_middle_of_a_word(show)
        call.open(2)
        call.text(2, SECOND)
        asked = LoopClock().now()
        await call.until(lambda: _reports(call))
        [report] = _reports(call)
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
        show = _Show(Play(factor=0.5, stop_time=1.5))
        call = show.call
        await _in_the_middle_of_a_word(show)
        call.open(2)
        call.text(2, SECOND)
        await asyncio.sleep(1)
        assert any(sent.epoch == 2 for sent in call.sent)
        call.cancel(1)
        call.end()
        await call.done()
        assert _reports(call)[0].last_byte_after == 0

    run(main())


def test_a_frame_on_its_way_counts_until_it_has_left() -> None:
    async def main() -> None:
        show = _Show(Play(factor=0.0, stop_time=0.1))
        call = show.call
        call.reading.clear()
        call.text(1, FIRST)
        await call.until(lambda: call.frames)
        call.cancel(1)
        await asyncio.sleep(0.7)
        call.reading.set()
        await call.until(lambda: _reports(call))
        assert _reports(call)[0].last_byte_after == pytest.approx(0.7, abs=0.01)
        assert _cancelled(call)[0].samples_sent == sum(frame.sample_count for frame in call.frames)
        call.end()
        await call.done()
        check(call)

    run(main())


@pytest.mark.parametrize("outcome", list(StopOutcome))
def test_the_outcome_is_the_workers(outcome: StopOutcome) -> None:
    async def main() -> None:
        show = _Show(Play(factor=0.5, stop_outcome=outcome))
        await _in_the_middle_of_a_word(show)
        show.call.cancel(1)
        show.call.end()
        await show.call.done()
        assert _reports(show.call)[0].outcome is outcome

    run(main())


def test_where_no_synthesis_was_live_nothing_was_stopped() -> None:
    async def main() -> None:
        show = _Show()
        await _between_two_fragments(show)
        show.call.cancel(1)
        show.call.end()
        await show.call.done()
        [report] = _reports(show.call)
        assert report.outcome is StopOutcome.ALREADY_FINISHED
        assert (report.fragments_dropped, report.engine_time_after_stop) == (0, 0.0)
        assert show.worker.stops == []

    run(main())


def test_what_was_thrown_away_is_counted() -> None:
    async def main() -> None:
        show = _Show(Play(factor=0.0, hang_after=0.3), mode=PlayoutMode.UNPACED)
        call = show.call
        call.text(1, FIRST)
        await call.until(show.at_work)
        await asyncio.sleep(0.1)
        call.cancel(1)
        call.end()
        await call.done()
        [report] = _reports(call)
        assert report.fragments_dropped == 1
        # 0.32 s were made and read, and the worker had made another 20 ms that nobody read.
        made = report.samples_sent + report.samples_discarded
        assert made / RATE == pytest.approx(0.32 + 0.02, abs=0.005)

    run(main())


def test_fragments_that_were_sent_whole_are_not_dropped() -> None:
    async def main() -> None:
        show = _Show(Play(factor=0.5), mode=PlayoutMode.UNPACED)
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
        assert [report.fragments_dropped for report in _reports(call)] == [1, 1]

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
        await call.until(lambda: worker.finished == 4)
        await asyncio.sleep(5)  # all is made, and the caller still has its first message before it
        call.cancel(1)
        await asyncio.sleep(0.1)
        call.reading.set()
        await call.done()
        check(call)
        assert len(call.frames) == 1
        assert len(_cancelled(call)) == len(_reports(call)) == 1

    run(main())

"""What holds synthesis back, and what ends a call: budgets, callers that do not read, limits of time."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from parlando_kit.errors import Reason
from parlando_router import events
from parlando_router.playout import UNSENT_SECONDS
from parlando_router.progress import STALLED_SECONDS
from parlando_router.request import PlayoutMode, SpeechSettings
from tests.unit.router.score import check
from tests.unit.router.scripted_worker import RATE, Play, ScriptedWorker
from tests.unit.router.stage import Call, Stage
from tests.unit.router.virtual_time import LoopClock, run, settled

SENTENCE = "Orange lamp stands here, seven green steps down. "
TEXT = SENTENCE * 30  # half a minute


def _call(
    mode: PlayoutMode, budget: float = 2.0, play: Play | None = None, limit: float | None = None
) -> tuple[Call, ScriptedWorker]:
    worker = ScriptedWorker(play or Play(factor=0.1))
    settings = SpeechSettings(playout_budget=budget, first_chunk_limit=limit)
    call = Stage({"one": worker}).speak(settings, mode)
    call.open(1)
    return call, worker


def _fragment_seconds() -> float:
    return sum(len(pcm) / 2 for pcm, _ in Play().sound(SENTENCE.strip())) / RATE + 0.1


# Budgets


@pytest.mark.parametrize(
    ("budget", "factor"),
    [(0.3, 0.0), (0.3, 0.2), (2.0, 0.0), (2.0, 0.9), (10.0, 0.0), (10.0, 0.9), (60.0, 0.0), (60.0, 0.5)],
)
def test_by_the_clock_no_more_than_the_budget_and_a_fragment_is_unheard(budget: float, factor: float) -> None:
    async def main() -> None:
        call, worker = _call(PlayoutMode.CLOCK, budget, Play(factor=factor))
        began = LoopClock().now()
        call.text(1, TEXT if budget < 60 else TEXT * 6)
        call.end()
        await call.done()
        check(call)
        assert call.seconds > 2 * budget
        assert all(request.audio_queued < budget for request in worker.requests)
        assert call.finished.most_unheard is not None
        assert call.finished.most_unheard <= budget + _fragment_seconds() + 0.01
        # And playback never ran dry for want of a fragment that could have been made.
        took = LoopClock().now() - began
        assert took >= call.seconds - budget - _fragment_seconds() - 0.1
        assert took <= call.seconds + 1

    run(main())


def test_as_reported_no_more_than_the_budget_and_a_fragment_is_made_ahead() -> None:
    async def main() -> None:
        call, worker = _call(PlayoutMode.REPORTED)
        call.text(1, TEXT)
        played = 0
        for _ in range(12):
            await asyncio.sleep(600)
            ahead = call.seconds - played / RATE
            assert 2.0 <= ahead <= 2.0 + _fragment_seconds() + 0.01
            assert not worker.live
            played += RATE
            call.say(1, None, played)
        call.cancel(1)
        call.end()
        await call.done()
        check(call)

    run(main())


def test_unpaced_the_caller_has_it_as_fast_as_it_is_made() -> None:
    async def main() -> None:
        call, _ = _call(PlayoutMode.UNPACED, 0.3, Play(factor=0.01))
        began = LoopClock().now()
        call.text(1, TEXT)
        call.end()
        await call.done()
        check(call)
        assert call.finished.most_unheard is None
        assert LoopClock().now() - began < call.seconds / 10

    run(main())


@pytest.mark.parametrize("mode", [PlayoutMode.UNPACED, PlayoutMode.CLOCK])
def test_for_a_caller_that_does_not_read_little_is_made(mode: PlayoutMode) -> None:
    async def main() -> None:
        call, worker = _call(mode)
        call.reading.clear()
        call.text(1, TEXT * 10)
        await asyncio.sleep(50)
        assert not worker.live
        assert len(worker.requests) <= UNSENT_SECONDS / (_fragment_seconds() - 0.1) + 2
        before = len(worker.requests)
        call.reading.set()
        await asyncio.sleep(3)
        assert len(worker.requests) > before
        call.cancel(1)
        call.end()
        await call.done()
        check(call)

    run(main())


def test_the_fragmenter_is_told_how_playback_stands() -> None:
    async def main() -> None:
        worker = ScriptedWorker(Play(factor=0.25))
        stage = Stage({"one": worker})
        call = stage.speak(SpeechSettings(playout_budget=5.0), PlayoutMode.CLOCK)
        call.open(1)
        call.text(1, SENTENCE * 10)
        # The end is held back: once no more text can come there is nothing to be told.
        await call.until(lambda: worker.finished == 10)
        await settled()
        call.end()
        await call.done()
        [stream] = stage.fragmenter.streams
        assert len(stream.hints) == 10
        assert max(queued for queued, _ in stream.hints) <= 5 + _fragment_seconds()
        assert max(queued for queued, _ in stream.hints) > 3
        assert all(factor == pytest.approx(0.25, abs=0.01) for _, factor in stream.hints)

    run(main())


def test_the_fragmenter_is_told_at_once_how_fast_a_worker_is_that_has_spoken_before() -> None:
    async def main() -> None:
        stage = Stage({"one": ScriptedWorker(Play(factor=0.25))})
        for _ in range(2):
            call = stage.speak(SpeechSettings(), PlayoutMode.UNPACED)
            call.open(1)
            call.text(1, SENTENCE)
            call.end()
            await call.done()
        first, second = stage.fragmenter.streams
        assert first.hints == []
        [(queued, factor)] = second.hints
        assert queued == 0.0
        assert factor == pytest.approx(0.25, abs=0.01)

    run(main())


# Frames


def test_frames_are_small_at_first_and_whenever_playback_has_caught_up() -> None:
    async def main() -> None:
        call, _ = _call(PlayoutMode.CLOCK, play=Play(factor=0.01, character=0.1))
        for _ in range(3):
            call.text(1, SENTENCE)
            await asyncio.sleep(60)  # all is heard
        call.end()
        await call.done()
        check(call)
        begun = [
            event.fragment_index
            for event in call.of(events.FragmentBegun)
            if isinstance(event, events.FragmentBegun) and event.synthesis_id
        ]
        assert len(begun) == 3
        for fragment in begun:
            first, second, *later = (
                frame.sample_count / RATE for frame in call.frames if frame.fragment_index == fragment
            )
            assert 0.02 <= first <= 0.12
            assert second <= 4 * first
            assert max(later) > 0.3

    run(main())


def test_frames_stay_large_while_playback_is_far_behind() -> None:
    async def main() -> None:
        call, _ = _call(PlayoutMode.CLOCK, 10.0, Play(factor=0.01, character=0.1))
        call.text(1, SENTENCE * 4)
        call.end()
        await call.done()
        small = [frame for frame in call.frames if frame.sample_count < 0.2 * RATE]
        assert len(small) <= 3 + 2 * 4  # growing at the start, and what is left over at the fragments' ends

    run(main())


# A caller that stops reading


@pytest.mark.parametrize("mode", [PlayoutMode.UNPACED, PlayoutMode.CLOCK])
@pytest.mark.parametrize("text", [SENTENCE, TEXT], ids=["all made", "more to come"])
@pytest.mark.parametrize("ended", [True, False])
def test_a_caller_that_stops_reading_is_given_up_after_a_minute(
    mode: PlayoutMode, text: str, *, ended: bool
) -> None:
    async def main() -> None:
        call, worker = _call(mode)
        began = LoopClock().now()
        call.reading.clear()
        call.text(1, text)
        if ended:
            call.end()
        error = await call.refusal()
        assert error.reason is Reason.SLOW_READER
        assert STALLED_SECONDS <= LoopClock().now() - began <= STALLED_SECONDS + 2.5
        assert not worker.live
        assert len(call.sent) < 10

    run(main())


def test_a_caller_that_does_not_read_the_very_end_is_given_up_as_well() -> None:
    async def main() -> None:
        call, _ = _call(PlayoutMode.UNPACED)
        call.text(1, SENTENCE)
        await asyncio.sleep(0.5)
        assert call.frames
        call.reading.clear()
        call.end()
        assert (await call.refusal()).reason is Reason.SLOW_READER

    run(main())


def test_a_caller_that_reads_slowly_and_steadily_is_served() -> None:
    async def main() -> None:
        call, _ = _call(PlayoutMode.UNPACED)
        call.text(1, SENTENCE * 2)
        call.end()
        assert call.task is not None
        while not call.task.done():
            call.reading.clear()
            await asyncio.sleep(50)
            call.reading.set()
            await asyncio.sleep(0)
        await call.done()
        check(call)
        assert all(later.at - earlier.at <= 60 for earlier, later in pairwise(call.sent))

    run(main())


# The limit of the first chunk


def test_sound_that_comes_too_late_ends_the_call_at_the_limit() -> None:
    async def main() -> None:
        call, worker = _call(PlayoutMode.CLOCK, play=Play(first=5.0, stop_time=0.5), limit=0.8)
        await asyncio.sleep(100)  # without text no time passes
        began = LoopClock().now()
        call.text(1, SENTENCE)
        error = await call.refusal()
        assert (error.reason, error.field) == (Reason.TOO_LATE, "settings.limits.first_chunk")
        assert LoopClock().now() - began == pytest.approx(0.8 + 0.5, abs=0.01)  # with the stop awaited
        assert not worker.live
        assert len(worker.stops) == 1
        assert call.frames == []

    run(main())


def test_sound_that_comes_in_time_is_not_ended() -> None:
    async def main() -> None:
        call, _ = _call(PlayoutMode.CLOCK, play=Play(first=0.75, factor=0.1), limit=0.8)
        call.text(1, "lamp " + SENTENCE)
        call.end()
        await call.done()
        check(call)

    run(main())


def test_the_limit_holds_for_a_caller_that_reads_and_a_text_that_ends() -> None:
    async def main() -> None:
        call, _ = _call(PlayoutMode.CLOCK, play=Play(first=5.0), limit=0.8)
        call.text(1, SENTENCE)
        call.end()
        assert (await call.refusal()).reason is Reason.TOO_LATE

    run(main())

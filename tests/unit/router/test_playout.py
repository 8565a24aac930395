"""Playback, and whether there is room ahead of it: on virtual time, to the millisecond."""

from __future__ import annotations

import asyncio

import pytest

from parlando_router.playout import UNSENT_SECONDS, Playout
from parlando_router.request import PlayoutMode
from tests.unit.router.virtual_time import LoopClock, StuckError, run, settled

RATE = 1_000


def _playout(mode: PlayoutMode, budget: float = 2.0) -> Playout:
    return Playout(mode, budget, RATE, LoopClock())


async def _waits(playout: Playout) -> float:
    """Return for how many seconds there is no room."""
    began = LoopClock().now()
    await playout.room()
    return LoopClock().now() - began


@pytest.mark.parametrize("mode", list(PlayoutMode))
def test_there_is_room_before_anything_is_made(mode: PlayoutMode) -> None:
    async def main() -> None:
        playout = _playout(mode)
        assert (playout.unheard(), playout.ahead(), playout.most_unheard) == (0, 0, 0)
        assert await _waits(playout) == 0

    run(main())


# By the clock


def test_by_the_clock_playback_runs_from_the_first_frame_sent() -> None:
    async def main() -> None:
        playout = _playout(PlayoutMode.CLOCK)
        playout.made(1_500)
        await asyncio.sleep(5)  # nothing was sent: nothing is played
        assert playout.unheard() == 1.5
        playout.sent(1_000)
        await asyncio.sleep(0.4)
        assert playout.unheard() == pytest.approx(1.1)
        assert playout.ahead() == pytest.approx(0.6)
        assert playout.most_unheard == 1.5

    run(main())


def test_by_the_clock_playback_stands_still_when_nothing_is_left_to_play() -> None:
    async def main() -> None:
        playout = _playout(PlayoutMode.CLOCK)
        playout.made(1_000)
        playout.sent(1_000)
        await asyncio.sleep(60)
        assert (playout.unheard(), playout.ahead()) == (0, 0)
        playout.made(3_000)
        playout.sent(3_000)
        assert playout.ahead() == 2.0  # the minute of silence plays none of it
        await asyncio.sleep(0.5)
        assert playout.ahead() == pytest.approx(1.5)

    run(main())


def test_by_the_clock_room_comes_when_playback_has_made_it() -> None:
    async def main() -> None:
        playout = _playout(PlayoutMode.CLOCK, budget=2.0)
        playout.made(5_000)
        playout.sent(5_000)
        assert await _waits(playout) == pytest.approx(3.0, abs=0.01)
        assert playout.unheard() < 2.0

    run(main())


def test_by_the_clock_there_is_no_room_while_the_caller_takes_nothing() -> None:
    async def main() -> None:
        playout = _playout(PlayoutMode.CLOCK, budget=2.0)
        playout.made(5_000)
        waiting = asyncio.ensure_future(playout.room())
        await asyncio.sleep(3_600)
        assert not waiting.done()
        playout.sent(1_000)  # a second of it plays, and then it stands still
        await asyncio.sleep(3_600)
        assert not waiting.done()
        playout.sent(5_000)
        await asyncio.sleep(1.9)
        assert not waiting.done()
        await asyncio.sleep(0.2)
        assert waiting.done()

    run(main())


def test_by_the_clock_there_is_no_room_while_the_transport_leaves_much() -> None:
    async def main() -> None:
        playout = _playout(PlayoutMode.CLOCK, budget=10.0)
        playout.made(8_000)
        playout.sent(4_000)
        waiting = asyncio.ensure_future(playout.room())
        await asyncio.sleep(3_600)  # what was sent is taken for heard, and may lie anywhere
        assert not waiting.done()
        playout.sent(8_000 - round(UNSENT_SECONDS * RATE))
        await settled()
        assert not waiting.done()
        playout.sent(8_001 - round(UNSENT_SECONDS * RATE))
        await settled()
        assert waiting.done()

    run(main())


def test_a_budget_bounds_what_the_transport_leaves_too() -> None:
    async def main() -> None:
        playout = _playout(PlayoutMode.CLOCK, budget=0.5)
        playout.made(2_000)
        playout.sent(1_500)
        waiting = asyncio.ensure_future(playout.room())
        await asyncio.sleep(3_600)
        assert not waiting.done()
        playout.sent(1_600)
        await asyncio.sleep(0.2)  # and that much of it plays
        assert waiting.done()

    run(main())


# As reported


def test_as_reported_only_reports_count() -> None:
    async def main() -> None:
        playout = _playout(PlayoutMode.REPORTED, budget=2.0)
        playout.made(5_000)
        playout.sent(5_000)
        waiting = asyncio.ensure_future(playout.room())
        await asyncio.sleep(60)
        assert not waiting.done()
        playout.played(3_000)  # exactly the budget is left: not less
        await settled()
        assert not waiting.done()
        playout.played(3_001)
        await settled()
        assert waiting.done()
        playout.played(100)  # never moves back
        assert playout.unheard() == pytest.approx(1.999)

    run(main())


def test_no_report_plays_what_was_not_sent() -> None:
    async def main() -> None:
        playout = _playout(PlayoutMode.REPORTED)
        playout.made(3_000)
        playout.sent(1_000)
        playout.played(9_999)
        assert (playout.unheard(), playout.ahead()) == (2.0, 0.0)

    run(main())


def test_a_report_that_overtakes_the_news_of_the_frame_is_not_lost() -> None:
    async def main() -> None:
        playout = _playout(PlayoutMode.REPORTED, budget=0.3)
        playout.made(400)
        playout.played(400)  # the caller was quicker than the write that carried the frame
        playout.sent(400)
        assert playout.unheard() == 0
        assert await _waits(playout) == 0

    run(main())


@pytest.mark.parametrize("mode", [PlayoutMode.UNPACED, PlayoutMode.CLOCK])
def test_reports_count_in_reported_mode_alone(mode: PlayoutMode) -> None:
    async def main() -> None:
        playout = _playout(mode)
        playout.made(1_000)
        playout.sent(500)
        before = playout.unheard()
        playout.played(500)
        assert playout.unheard() == before

    run(main())


def test_a_caller_that_never_reports_is_never_given_more() -> None:
    async def main() -> None:
        playout = _playout(PlayoutMode.REPORTED)
        playout.made(2_000)
        playout.sent(2_000)
        await playout.room()

    with pytest.raises(StuckError):
        run(main())


# Unpaced


def test_unpaced_what_was_sent_was_played() -> None:
    async def main() -> None:
        playout = _playout(PlayoutMode.UNPACED, budget=0.3)
        playout.made(round(UNSENT_SECONDS * RATE) + 500)
        assert playout.unheard() == UNSENT_SECONDS + 0.5  # the budget is no matter
        waiting = asyncio.ensure_future(playout.room())
        await asyncio.sleep(3_600)
        assert not waiting.done()
        playout.sent(501)
        await settled()
        assert waiting.done()
        assert playout.ahead() == 0

    run(main())


def test_unpaced_a_listener_is_taken_to_play_what_comes() -> None:
    async def main() -> None:
        playout = _playout(PlayoutMode.UNPACED, budget=0.3)
        playout.made(3 * RATE)
        assert playout.queued() == 3
        playout.sent(2 * RATE)
        await asyncio.sleep(0.5)
        assert playout.queued() == pytest.approx(2.5)
        await asyncio.sleep(60)
        assert playout.queued() == 1  # made, and not sent

    run(main())


# A cancel


@pytest.mark.parametrize("mode", [PlayoutMode.CLOCK, PlayoutMode.REPORTED])
def test_what_a_cancel_discards_is_heard_by_nobody_and_takes_no_room(mode: PlayoutMode) -> None:
    async def main() -> None:
        playout = _playout(mode, budget=2.0)
        playout.made(9_000)
        playout.sent(6_000)
        await asyncio.sleep(0.5)
        playout.played(500)
        playout.discard(6_000)  # the caller throws away what it has
        assert (playout.unheard(), playout.ahead()) == (0, 0)
        playout.made(7_000)
        playout.sent(7_000)
        assert playout.unheard() == 1.0
        assert await _waits(playout) == 0
        assert playout.most_unheard == 9.0

    run(main())


def test_a_discard_makes_room_for_who_waits() -> None:
    async def main() -> None:
        playout = _playout(PlayoutMode.REPORTED, budget=2.0)
        playout.made(5_000)
        playout.sent(5_000)
        waiting = asyncio.ensure_future(playout.room())
        await settled()
        playout.discard(5_000)
        await settled()
        assert waiting.done()

    run(main())


def test_waiting_for_room_can_be_cancelled() -> None:
    async def main() -> None:
        playout = _playout(PlayoutMode.CLOCK, budget=2.0)
        playout.made(50_000)
        playout.sent(50_000)
        waiting = asyncio.ensure_future(playout.room())
        await asyncio.sleep(1)
        waiting.cancel()
        await asyncio.wait({waiting})
        assert waiting.cancelled()  # and `run` sees that nothing of it is left

    run(main())

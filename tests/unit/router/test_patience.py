"""How long an engine is waited for."""

from __future__ import annotations

import asyncio
import time

import pytest

from parlando_router.alarm import Alarm
from parlando_router.patience import (
    LEAST_FIRST_SECONDS,
    LEAST_NEXT_SECONDS,
    MOST_SECONDS,
    UNKNOWN_SECONDS,
    Patience,
)
from tests.unit.router.virtual_time import LoopClock, VirtualLoop, run


def test_an_engine_that_was_never_heard_is_given_time() -> None:
    assert Patience().wait(begun=False).limit(0.0) == UNKNOWN_SECONDS


@pytest.mark.parametrize(
    ("median", "limit"), [(0.01, LEAST_NEXT_SECONDS), (0.2, 1.6), (3.0, UNKNOWN_SECONDS)]
)
def test_an_engine_that_was_never_heard_here_is_known_by_what_it_says_of_itself(
    median: float, limit: float
) -> None:
    wait = Patience().wait(begun=False)
    assert wait.limit(0.0, median=median) == pytest.approx(limit)
    wait.took(2.0)  # what was seen says more
    assert wait.limit(0.0, median=median) == 4.0


def test_patience_is_twice_the_longest_wait_of_late() -> None:
    wait = Patience().wait(begun=True)
    for seconds in (0.01, 0.4, 0.01):
        wait.took(seconds)
    assert 0.7 < wait.limit(0.0) <= 0.8
    for _ in range(200):
        wait.took(0.01)
    assert wait.limit(0.0) == LEAST_NEXT_SECONDS


def test_patience_grows_with_an_engine_that_is_given_up_again_and_again() -> None:
    wait, now = Patience().wait(begun=True), 0.0
    wait.took(0.01)
    for _ in range(20):
        wait.gave_up(now, now + wait.limit(0.0))
        now += wait.limit(0.0)
    assert wait.limit(0.0) == MOST_SECONDS


def test_patience_stays_with_an_engine_that_stood_still_once() -> None:
    wait = Patience().wait(begun=True)
    wait.took(0.01)
    for since in (5.0, 5.1, 5.19):  # three requests met the same
        wait.gave_up(since, since + 0.2)
    assert wait.limit(0.0) == LEAST_NEXT_SECONDS
    for _ in range(4):
        wait.took(0.01)
    wait.gave_up(7.0, 7.2)
    assert wait.limit(0.0) == LEAST_NEXT_SECONDS


def test_patience_grows_with_an_engine_that_is_given_up_at_every_fourth_fragment() -> None:
    wait, now = Patience().wait(begun=False), 0.0
    for _ in range(2):
        for _ in range(3):
            wait.took(0.04)
        wait.gave_up(now, now + LEAST_NEXT_SECONDS)
        now += 1.0
    assert wait.limit(0.0) == pytest.approx(2 * LEAST_NEXT_SECONDS)


def test_waits_for_an_engine_that_is_alone_count_up_to_a_bound() -> None:
    took, gave_up = Patience().wait(begun=False), Patience().wait(begun=False)
    took.took(25.0, alone=True)
    for since in (0.0, MOST_SECONDS, 2 * MOST_SECONDS):
        gave_up.gave_up(since, since + MOST_SECONDS, alone=True)
    assert took.limit(0.0) == gave_up.limit(0.0) == 2 * UNKNOWN_SECONDS
    took.took(1.0, alone=True)
    assert took.limit(0.0) < 2 * UNKNOWN_SECONDS
    took.took(25.0)
    assert took.limit(0.0) == MOST_SECONDS


def test_there_is_more_patience_before_the_first_sound_of_all() -> None:
    wait = Patience().wait(begun=False)
    wait.took(0.01)
    assert wait.limit(0.0, least=LEAST_FIRST_SECONDS) == LEAST_FIRST_SECONDS


def test_an_engine_that_speaks_in_long_runs_says_so() -> None:
    for begun in (False, True):
        wait = Patience().wait(begun=begun)
        wait.took(0.01)
        assert wait.limit(ahead=0.0, silence=1.5) == 3.0


def test_there_is_no_haste_while_the_listener_has_audio() -> None:
    wait = Patience().wait(begun=True)
    wait.took(0.01)
    assert wait.limit(0.4) == LEAST_NEXT_SECONDS
    assert wait.limit(1.1) == pytest.approx(0.8)
    assert wait.limit(60.0) == 1.0


def test_there_is_more_haste_where_the_next_one_takes_long_to_speak() -> None:
    wait = Patience().wait(begun=True)
    wait.took(0.01)
    assert wait.limit(1.2, heir=0.5) == pytest.approx(0.4)
    assert wait.limit(1.2, heir=2.0) == LEAST_NEXT_SECONDS


def test_an_alarm_rings_unless_it_is_set_anew() -> None:
    async def main() -> None:
        rung: list[float] = []
        alarm = Alarm(lambda: rung.append(LoopClock().now()))
        began = LoopClock().now()
        for _ in range(3):
            alarm.set(1.0)
            await asyncio.sleep(0.9)
        assert not rung
        await asyncio.sleep(5)
        assert rung == [began + 1.8 + 1.0]
        alarm.set(1.0)
        alarm.clear()
        await asyncio.sleep(5)
        assert len(rung) == 1

    run(main())


@pytest.mark.parametrize("comes", [True, False])
def test_an_alarm_that_comes_a_little_late_waits_for_as_long_again(*, comes: bool) -> None:
    async def main() -> None:
        rung: list[float] = []
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        alarm, began = Alarm(lambda: rung.append(loop.time())), loop.time()
        alarm.set(1.0)
        await asyncio.sleep(0.98)
        loop.hold_up(0.04)
        for _ in range(4):  # turns until what came meanwhile has been read
            await asyncio.sleep(0)
        if comes:
            alarm.set(1.0)
        await asyncio.sleep(5.0)
        assert rung == pytest.approx([began + (2.02 if comes else 1.04)], abs=0.001)

    run(main())


async def test_an_alarm_that_comes_late_gives_what_came_meanwhile_a_chance() -> None:
    rung = asyncio.Event()
    alarm = Alarm(rung.set)
    alarm.set(0.3)
    time.sleep(0.4)  # noqa: ASYNC251  # this process is held up: that is the point
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not rung.is_set()
    await rung.wait()

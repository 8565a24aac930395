"""How long an engine is waited for."""

from __future__ import annotations

import asyncio
import time

from parlando_router.alarm import Alarm
from parlando_router.patience import LEAST_NEXT_SECONDS, MOST_SECONDS, UNKNOWN_SECONDS, Patience
from tests.unit.router.virtual_time import LoopClock, run


def test_an_engine_that_was_never_heard_is_given_time() -> None:
    assert Patience().wait(begun=False).limit(0.0) == UNKNOWN_SECONDS


def test_patience_is_twice_the_longest_wait_of_late() -> None:
    wait = Patience().wait(begun=True)
    for seconds in (0.01, 0.4, 0.01):
        wait.took(seconds)
    assert 0.7 < wait.limit(0.0) <= 0.8
    for _ in range(200):
        wait.took(0.01)
    assert wait.limit(0.0) == LEAST_NEXT_SECONDS
    for _ in range(20):
        wait.took(wait.limit(0.0))  # given up, again and again
    assert wait.limit(0.0) == MOST_SECONDS


def test_an_engine_that_speaks_in_long_runs_says_so() -> None:
    for begun in (False, True):
        wait = Patience().wait(begun=begun)
        wait.took(0.01)
        assert wait.limit(ahead=0.0, silence=1.5) == 3.0


def test_there_is_no_haste_while_the_listener_has_audio() -> None:
    wait = Patience().wait(begun=True)
    wait.took(0.01)
    assert wait.limit(0.4) == LEAST_NEXT_SECONDS
    assert wait.limit(1.3) == 1.0
    assert wait.limit(60.0) == 2.0


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


async def test_an_alarm_that_comes_late_gives_what_came_meanwhile_a_chance() -> None:
    rung = asyncio.Event()
    alarm = Alarm(rung.set)
    alarm.set(0.3)
    time.sleep(0.4)  # noqa: ASYNC251  # this process is held up: that is the point
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not rung.is_set()
    await rung.wait()

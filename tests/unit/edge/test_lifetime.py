"""When a connection is over, on virtual time."""

from __future__ import annotations

import asyncio

from parlando_edge.openai_errors import describe
from parlando_edge.realtime.lifetime import Lifetime
from tests.unit.router.virtual_time import LoopClock, run


async def _ends_after(
    longest: float, idle: float, *used: float, spoken_until: float = 0.0
) -> tuple[float, str]:
    """Return after how many seconds a connection is over, and why, if it is used at some moments."""
    clock = LoopClock()
    began = clock.now()
    lifetime = Lifetime(clock, longest, idle)

    async def use() -> None:
        for moment in used:
            await clock.sleep(began + moment - clock.now())
            lifetime.use()

    using = asyncio.create_task(use())
    error = await lifetime.over(lambda: clock.now() - began < spoken_until)
    using.cancel()
    await asyncio.wait({using})
    assert describe(error)["code"] == "session_expired"
    return clock.now() - began, error.message


def test_a_connection_that_is_not_used_is_over() -> None:
    seconds, why = run(_ends_after(3_600, 600))
    assert seconds == 600
    assert "nothing was sent and nothing was spoken for 10 minutes" in why


def test_every_use_begins_the_wait_anew() -> None:
    assert run(_ends_after(3_600, 600, 100, 650, 1_200))[0] == 1_800


def test_while_something_is_spoken_it_is_not_idle() -> None:
    seconds, _ = run(_ends_after(3_600, 600, spoken_until=700))
    assert 1_200 <= seconds <= 1_300  # it is asked again each time the wait would have been over


def test_no_use_makes_it_longer_than_the_longest() -> None:
    seconds, why = run(_ends_after(1_500, 600, 500, 1_000, 1_499, spoken_until=9_999))
    assert seconds == 1_500
    assert "lasted 25 minutes" in why

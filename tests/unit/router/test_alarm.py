from __future__ import annotations

import asyncio

import pytest

from parlando_router.alarm import Alarm
from tests.unit.router.virtual_time import run


async def _rings(alarms: list[tuple[float, float]], until: float) -> list[float]:
    """Set an alarm at moments, each for so many seconds (below 0: clear it); return when it rang."""
    loop, rung = asyncio.get_running_loop(), []
    alarm = Alarm(lambda: rung.append(loop.time()))
    began = loop.time()
    for at, seconds in alarms:
        await asyncio.sleep(began + at - loop.time())
        if seconds < 0:
            alarm.clear()
        else:
            alarm.set(seconds)
    await asyncio.sleep(began + until - loop.time())
    return [at - began for at in rung]


@pytest.mark.parametrize(
    ("alarms", "rings"),
    [
        ([(0.0, 5.0)], [5.0]),
        ([(0.0, 5.0), (4.0, 5.0), (8.0, 5.0)], [13.0]),
        ([(0.0, 5.0), (1.0, 0.5)], [1.5]),
        ([(0.0, 2.0), (1.0, 5.0), (3.0, 1.0)], [4.0]),
        ([(0.0, 5.0), (4.0, -1.0)], []),
        ([(0.0, 5.0), (4.0, 5.0), (6.0, -1.0)], []),
        ([(0.0, 5.0), (1.0, -1.0), (2.0, 3.5)], [5.5]),
    ],
)
def test_it_rings_once_it_was_not_set_for_so_long(
    alarms: list[tuple[float, float]], rings: list[float]
) -> None:
    async def main() -> None:
        assert await _rings(alarms, 60.0) == pytest.approx(rings)

    run(main())

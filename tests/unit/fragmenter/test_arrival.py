import asyncio
from collections.abc import AsyncIterator

from parlando_fragmenter.arrival import Arrivals, Silence
from parlando_scripted.clock import ManualClock
from tests.unit.fragmenter.waiting import until


async def _numbers(queue: asyncio.Queue[int | None]) -> AsyncIterator[int]:
    while (number := await queue.get()) is not None:
        yield number


async def test_requests_come_in_order_and_then_it_is_over() -> None:
    queue: asyncio.Queue[int | None] = asyncio.Queue()
    arrivals = Arrivals(_numbers(queue), ManualClock())
    for number in (1, 2, None):
        queue.put_nowait(number)
    assert [await arrivals.next(), await arrivals.next(5.0), await arrivals.next()] == [1, 2, Silence.OVER]


async def test_a_pause_loses_no_request() -> None:
    queue: asyncio.Queue[int | None] = asyncio.Queue()
    clock = ManualClock()
    arrivals = Arrivals(_numbers(queue), clock)
    waiting = asyncio.create_task(arrivals.next(0.3))
    await until(lambda: clock.sleepers == 1)
    clock.advance(0.2)
    await asyncio.sleep(0)
    assert not waiting.done()
    clock.advance(0.1)
    assert await waiting is Silence.PAUSE
    queue.put_nowait(7)
    assert await arrivals.next() == 7
    await arrivals.close()


async def test_closing_gives_up_the_read() -> None:
    queue: asyncio.Queue[int | None] = asyncio.Queue()
    clock = ManualClock()
    arrivals = Arrivals(_numbers(queue), clock)
    waiting = asyncio.create_task(arrivals.next(1.0))
    await until(lambda: clock.sleepers == 1)
    waiting.cancel()
    await asyncio.wait({waiting})
    await arrivals.close()
    assert clock.sleepers == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}

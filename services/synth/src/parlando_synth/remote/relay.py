"""A vendor's stream, read on a task of its own so that a stop or a watchdog can end it at any await."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from parlando_kit.clock import Clock
from parlando_kit.queues import BoundedQueue, QueueClosed
from parlando_kit.tasks import finish
from parlando_synth.remote.vendor import Said
from parlando_synth.stop_flag import StopFlag

_HIGH = 1 << 20  # bytes of audio that are read and not passed on: about 20 seconds


class StoodStill(Exception):  # noqa: N818  # what happened, as `QueueClosed` is
    """Nothing came for as long as may be."""


class Watch:
    """How long a stream may say nothing: so long before its first item, so long between two.

    Args:
        first: seconds before the first item.
        between: seconds between items.
        clock: measures them.
    """

    def __init__(self, first: float, between: float, clock: Clock) -> None:
        self.clock = clock
        self._between = between
        self._limit = first
        self._since = clock.now()
        self._paused = False

    def saw(self) -> None:
        """Note that an item came."""
        self._limit = self._between
        self._since = self.clock.now()

    def pause(self) -> None:
        """Stop counting: it is not the vendor who is waited for."""
        self._paused = True

    def resume(self) -> None:
        """Count from now on."""
        self._paused = False
        self._since = self.clock.now()

    async def stands_still(self) -> None:
        """Return once nothing came for too long."""
        while (left := self._limit - (0.0 if self._paused else self.clock.now() - self._since)) > 0:
            await self.clock.sleep(min(left, self._between))


async def relayed(
    source: AsyncGenerator[Said, None], stop: StopFlag, watch: Watch
) -> AsyncGenerator[Said, None]:
    """Yield what `source` yields, until it ends, or `stop` is requested, or `watch` runs out.

    When it has ended, or been closed, `source` is closed.

    Raises:
        StoodStill: by the watch.
        Exception: what `source` raised, unless it was stopped.
    """
    if stop.requested:
        return
    queue: BoundedQueue[Said] = BoundedQueue(unit="bytes of audio", high=_HIGH, low=_HIGH / 2, cost=_size)
    loop = asyncio.get_running_loop()
    pump = asyncio.create_task(_pump(source, queue, watch))
    pump.add_done_callback(lambda _: queue.close(_failure(pump, stop)))
    ended = False

    def end() -> bool:
        """Break the pump off, once: what it does at its end is not to be broken off. False after that."""
        nonlocal ended
        if ended:
            return False
        ended = True
        pump.cancel()
        return True

    guard = asyncio.create_task(_guard(end, queue, watch))
    stop.on_set(lambda: loop.call_soon_threadsafe(end))
    try:
        while True:
            try:
                item = await queue.get()
            except QueueClosed:
                break
            yield item
    finally:
        end()
        guard.cancel()
        await finish(asyncio.wait({pump, guard}))


async def _pump(source: AsyncGenerator[Said, None], queue: BoundedQueue[Said], watch: Watch) -> None:
    begun = False
    async with aclosing(source):
        async for item in source:
            watch.saw()
            if queue.level >= _HIGH:
                watch.pause()
                await queue.room()
                watch.resume()
            queue.put_nowait(item)
            if not begun:
                begun = True
                await asyncio.sleep(0)  # more may be buffered, and the first sound is not to wait for it


async def _guard(end: Callable[[], bool], queue: BoundedQueue[Said], watch: Watch) -> None:
    await watch.stands_still()
    if end():  # a stop that is being told to the vendor has a time of its own
        queue.close(StoodStill())


def _failure(pump: asyncio.Task[None], stop: StopFlag) -> BaseException | None:
    """Return what a reader is to be told: not what a library may make of its own end."""
    error = None if pump.cancelled() else pump.exception()
    return None if stop.requested else error


def _size(item: Said) -> int:
    return len(item) if isinstance(item, bytes) else 0

"""Requests as they arrive, and the pauses between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from enum import Enum, auto
from typing import Generic, TypeVar

from parlando_kit.clock import Clock

T = TypeVar("T")


class Silence(Enum):
    """What comes instead of a request."""

    PAUSE = auto()
    """None came in time; one may yet."""
    OVER = auto()
    """None will come."""


class Arrivals(Generic[T]):
    """Requests one by one, each waited for as long as its reader likes. Close it when done.

    Args:
        requests: the stream. A read under way is kept over a pause: cancelling it would lose a request.
        clock: measures the pauses.
    """

    def __init__(self, requests: AsyncIterator[T], clock: Clock) -> None:
        self._requests = requests
        self._clock = clock
        self._reading: asyncio.Task[T | Silence] | None = None

    async def next(self, within: float | None = None) -> T | Silence:
        """Return the next request; PAUSE if none comes within so many seconds; OVER after the last."""
        if within is None and self._reading is None:
            return await self._read()
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        if within is not None and not await self._reads_within(self._reading, within):
            return Silence.PAUSE
        request = await self._reading
        self._reading = None
        return request

    async def close(self) -> None:
        """Give up the read under way."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait({self._reading})

    async def _read(self) -> T | Silence:
        try:
            return await anext(self._requests)
        except StopAsyncIteration:
            return Silence.OVER

    async def _reads_within(self, reading: asyncio.Task[T | Silence], seconds: float) -> bool:
        timer = asyncio.create_task(self._clock.sleep(seconds))
        try:
            await asyncio.wait({reading, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            await asyncio.wait({timer})
        return reading.done()

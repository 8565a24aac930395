"""A queue with a bound that names its unit: milliseconds of audio, fragments, code points."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class QueueClosed(Exception):  # noqa: N818  # a state, not a fault: like StopAsyncIteration
    """The queue was closed and holds nothing more."""


class BoundedQueue(Generic[T]):
    """A first-in, first-out queue between tasks of one loop, bounded by a cost of its own unit.

    `put` waits once the level has reached `high`, until it has fallen to `low`: two marks, so that a
    producer is not woken for every item.

    Args:
        unit: what the marks count, for people. Example: "ms of audio".
        high: level at which `put` begins to wait.
        low: level at which it goes on; below `high`.
        cost: cost of an item in `unit`, 0 or more; an item of cost 0 never waits.
    """

    def __init__(self, *, unit: str, high: float, low: float, cost: Callable[[T], float]) -> None:
        if not 0 <= low < high:
            raise ValueError(f"marks of a queue in {unit} must satisfy 0 <= low < high, not {low}, {high}")
        self.unit = unit
        self._high = high
        self._low = low
        self._cost = cost
        self._items: deque[tuple[T, float]] = deque()
        self._level = 0.0
        self._closed = False
        self._error: BaseException | None = None
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    @property
    def level(self) -> float:
        """What the queue holds, in its unit."""
        return self._level

    @property
    def closed(self) -> bool:
        """Whether it takes nothing more; it may still hold something."""
        return self._closed

    @property
    def waiting(self) -> list[T]:
        """The items it holds, in order."""
        return [item for item, _ in self._items]

    def __len__(self) -> int:
        return len(self._items)

    async def put(self, item: T) -> None:
        """Append an item, waiting for room.

        Raises:
            QueueClosed: the queue was closed before there was room.
        """
        if self._cost(item) > 0:
            await self.room()
        self.put_nowait(item)

    async def room(self) -> None:
        """Wait for room: for a producer that makes its item only then. A closed queue has room."""
        while not self._room.is_set() and not self._closed:
            await self._room.wait()

    def put_nowait(self, item: T) -> None:
        """Append an item at once, beyond the bound if need be: for what must not wait.

        Raises:
            QueueClosed: the queue is closed.
        """
        if self._closed:
            raise QueueClosed(self.unit)
        cost = self._cost(item)
        self._items.append((item, cost))
        self._level += cost
        if self._level >= self._high:
            self._room.clear()
        self._filled.set()

    async def get(self) -> T:
        """Remove and return the first item, waiting for one.

        Raises:
            QueueClosed: the queue is closed and empty.
            BaseException: the error the queue was closed with, once it is empty.
        """
        while not self._items:
            if self._closed:
                raise self._error if self._error is not None else QueueClosed(self.unit)
            self._filled.clear()
            await self._filled.wait()
        item, cost = self._items.popleft()
        self._fall(cost)
        return item

    def discard(self, doomed: Callable[[T], bool]) -> list[T]:
        """Remove the items that `doomed` names, and return them in order."""
        gone: list[T] = []
        kept: deque[tuple[T, float]] = deque()
        lost = 0.0
        for item, cost in self._items:
            if doomed(item):
                gone.append(item)
                lost += cost
            else:
                kept.append((item, cost))
        self._items = kept
        self._fall(lost)
        return gone

    def close(self, error: BaseException | None = None) -> None:
        """Take nothing more; readers get what is left, then `error` or QueueClosed. Idempotent."""
        if not self._closed:
            self._closed = True
            self._error = error
            self._filled.set()
            self._room.set()

    def _fall(self, cost: float) -> None:
        self._level -= cost
        if not self._items:
            self._level = 0.0  # floating-point dust must not keep a writer waiting
        if self._level <= self._low:
            self._room.set()

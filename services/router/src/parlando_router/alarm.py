"""An alarm that rings unless it is set anew in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_HELD_UP_SECONDS = 0.05


class Alarm:
    """Calls `ring` once it has not been set anew for as long as it was set for.

    Where this process itself was held up, so that the alarm comes late, what came meanwhile has yet to be
    read: then it waits for as long again.

    Args:
        ring: is called, once.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._loop = asyncio.get_running_loop()
        self._handle: asyncio.TimerHandle | None = None

    def set(self, seconds: float) -> None:
        """Ring in so many seconds."""
        self.clear()
        due = self._loop.time() + seconds
        self._handle = self._loop.call_at(due, self._expire, due, seconds)

    def clear(self) -> None:
        """Ring no more."""
        if self._handle is not None:
            self._handle.cancel()

    def _expire(self, due: float, seconds: float) -> None:
        if self._loop.time() - due > _HELD_UP_SECONDS:
            self.set(seconds)
        else:
            self._ring()

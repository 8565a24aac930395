"""An alarm that rings unless it is set anew in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_PUNCTUAL_SECONDS = 0.001
_HELD_UP_SECONDS = 0.05


class Alarm:
    """Calls `ring` once it has not been set anew for as long as it was set for.

    Where this process itself was held up, so that the alarm comes late, what came meanwhile has yet to be
    read: then it waits for as long again as it came late, or, where that is long, as it was set for.

    Args:
        ring: is called, once.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._loop = asyncio.get_running_loop()
        self._seconds = 0.0
        self._due = 0.0
        self._late = False  # it has come late once since it was set
        self._handle: asyncio.TimerHandle | None = None
        self._rings_at = 0.0  # the handle's time; where that comes before `_due`, it is set once more then

    def set(self, seconds: float) -> None:
        """Ring in so many seconds."""
        self._seconds, self._due, self._late = seconds, self._loop.time() + seconds, False
        if self._handle is None or self._rings_at > self._due:
            self.clear()
            self._start()

    def clear(self) -> None:
        """Ring no more."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _start(self) -> None:
        self._rings_at = self._due
        self._handle = self._loop.call_at(self._due, self._expire)

    def _expire(self) -> None:
        self._handle = None
        now = self._loop.time()
        late = now - self._due
        if late < 0:
            self._start()
        elif late > _HELD_UP_SECONDS:
            self.set(self._seconds)
        elif late > _PUNCTUAL_SECONDS and not self._late:
            self._due, self._late = now + late, True
            self._start()
        else:
            self._ring()

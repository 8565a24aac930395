"""Time that moves only when a test says so."""

from __future__ import annotations

import asyncio


class ManualClock:
    """A `parlando_kit.clock.Clock` that stands still until it is advanced."""

    def __init__(self) -> None:
        self._now = 1_000.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> float:
        """Return the time, in seconds."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Return once the clock has been advanced by `seconds`; at once where that is 0."""
        if seconds <= 0:
            return
        awake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._now + seconds, awake))
        try:
            await awake
        finally:
            self._sleepers = [sleeper for sleeper in self._sleepers if sleeper[1] is not awake]

    @property
    def sleepers(self) -> int:
        """How many wait for time to pass."""
        return len(self._sleepers)

    def advance(self, seconds: float) -> None:
        """Let time pass, waking who waited for it."""
        self._now += seconds
        for due, awake in self._sleepers:
            if due <= self._now and not awake.done():
                awake.set_result(None)

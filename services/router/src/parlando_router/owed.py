"""What the fragmenter owes on one stream, and for how long it may owe it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Owed:
    """Counts what the other end must still take or answer; a reader waits only so long while there is any.

    While nothing is owed, silence is no fault: the text may not have grown into a fragment.

    Args:
        seconds: how long a reader waits.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._count = 0
        self._limit: asyncio.Timeout | None = None  # of the reader that waits

    def more(self) -> None:
        """Note that something is sent that must be taken or answered."""
        self._count += 1
        self._watch()

    def less(self) -> None:
        """Note that one thing was."""
        self._count -= 1
        self._watch()

    @asynccontextmanager
    async def awaited(self) -> AsyncIterator[None]:
        """Bound a wait for what comes next: from its beginning, or from when something came to be owed.

        Raises:
            TimeoutError: nothing came although something was owed all the while.
        """
        try:
            async with asyncio.timeout(None) as self._limit:
                self._watch()
                yield
        finally:
            self._limit = None

    def _watch(self) -> None:
        limit = self._limit
        if limit is None or limit.expired():
            return
        if not self._count:
            limit.reschedule(None)
        elif limit.when() is None:
            limit.reschedule(asyncio.get_running_loop().time() + self._seconds)

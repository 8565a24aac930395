"""Calls under way, and the refusal of new ones while a server drains."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from parlando_kit.errors import ParlandoError, Reason


class CallsUnderWay:
    """Counts the calls of a server's own services; health checks and reflection are not among them."""

    def __init__(self) -> None:
        self._count = 0
        self._refusing = False
        self._none = asyncio.Event()
        self._none.set()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Count a call while the block lasts.

        Raises:
            ParlandoError: DRAINING, once `refuse` was called.
        """
        if self._refusing:
            raise ParlandoError(Reason.DRAINING, "the service is shutting down: call another replica")
        self._count += 1
        self._none.clear()
        try:
            yield
        finally:
            self._count -= 1
            if not self._count:
                self._none.set()

    def refuse(self) -> None:
        """Refuse new calls from now on."""
        self._refusing = True

    async def none(self, within: float) -> bool:
        """Wait for the end of every call under way, up to `within` seconds; tell whether it came.

        `asyncio.timeout` would not do: under Python 3.11.2 and before it lets a cancel through instead of a
        TimeoutError in a task that is being cancelled, as one is that leaves what it holds.
        """
        waiting = asyncio.create_task(self._none.wait())
        await asyncio.wait({waiting}, timeout=within)
        waiting.cancel()
        return self._none.is_set()

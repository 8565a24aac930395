"""A connection that is ready for the next job, though services close those that nobody uses.

While an engine was used of late and nobody speaks, its vendor is asked now and then to see to its
connections: to use one before it is closed, or to open another. It costs a small request or a handshake, and
nothing that is billed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from parlando_kit.clock import Clock
from parlando_synth.remote.vendor import Vendor

_LONGEST = 10.0  # seconds that a vendor may take

_log = logging.getLogger(__name__)


class KeepWarm:
    """Asks a vendor to see to its connections.

    Args:
        vendor: who is asked.
        every: seconds between.
        lasting: seconds after the last job for which it is worth it; 0: never.
        welcome: returns whether the vendor may be asked now.
        clock: measures, and waits.
    """

    def __init__(
        self, vendor: Vendor, *, every: float, lasting: float, welcome: Callable[[], bool], clock: Clock
    ) -> None:
        self._vendor = vendor
        self._every = every
        self._lasting = lasting
        self._welcome = welcome
        self._clock = clock
        self._live = 0
        self._used_at = 0.0

    @contextmanager
    def used(self) -> Iterator[None]:
        """Note that a job is live while the block lasts."""
        self._live += 1
        try:
            yield
        finally:
            self._live -= 1
            self._used_at = self._clock.now()

    async def run(self) -> None:
        """Do so until cancelled; the connection that was made to load the engine counts as used."""
        self._used_at = self._clock.now()
        while self._lasting:
            await self._clock.sleep(self._every)
            idle = self._clock.now() - self._used_at
            if self._live or idle > self._lasting or not self._welcome():
                continue
            try:
                async with asyncio.timeout(_LONGEST):
                    await self._vendor.warm()
            except Exception as error:  # noqa: BLE001  # the next job meets it, and says what it is
                _log.debug("%s: no connection is ready (%s)", self._vendor.name, type(error).__name__)

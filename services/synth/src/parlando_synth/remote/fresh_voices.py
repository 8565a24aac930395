"""A vendor's list of voices, asked for again once it has an age.

An account gets voices, and loses some, while a worker runs for weeks. Nobody waits for the list: the one that
is known is used until the next is there, for however long a vendor fails to tell it.
"""

from __future__ import annotations

import asyncio
import logging

from parlando_kit.clock import Clock
from parlando_synth.remote.vendor import Vendor

_LONGEST = 60.0  # seconds that a vendor may take
_AGAIN = 60.0  # seconds after which one that failed is asked again, or sooner where lists age faster

_log = logging.getLogger(__name__)


class FreshVoices:
    """Asks a vendor for its voices.

    Args:
        vendor: who is asked.
        age: seconds that a list lasts; 0: for good.
        clock: measures, and waits.
    """

    def __init__(self, vendor: Vendor, *, age: float, clock: Clock) -> None:
        self._vendor = vendor
        self._age = age
        self._clock = clock

    async def run(self) -> None:
        """Do so until cancelled; the list is new."""
        wait = self._age
        while self._age:
            await self._clock.sleep(wait)
            try:
                async with asyncio.timeout(_LONGEST):
                    await self._vendor.list_voices()
            except Exception as error:  # noqa: BLE001  # whatever the vendor's library raises
                wait = min(self._age, _AGAIN)
                why = type(error).__name__
                _log.warning("%s: the voices that were listed last are kept (%s)", self._vendor.name, why)
            else:
                wait = self._age
                default = self._vendor.describe().default_voice
                if self._vendor.find_voice(default) is None:
                    _log.warning(
                        "%s has its voice %s no more, which speaks where none is named: set another, and "
                        "start the worker again",
                        self._vendor.name,
                        default,
                    )

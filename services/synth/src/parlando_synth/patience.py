"""Waiting for something, but not for ever."""

from __future__ import annotations

import asyncio
from typing import Any

from parlando_kit.clock import Clock


async def done_within(future: asyncio.Future[Any], seconds: float, clock: Clock) -> bool:
    """Return whether `future` is done once it is, or once `seconds` have passed; it is never cancelled."""
    patience = asyncio.create_task(clock.sleep(seconds))
    try:
        await asyncio.wait({future, patience}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        patience.cancel()
        await asyncio.gather(patience, return_exceptions=True)
    return future.done()

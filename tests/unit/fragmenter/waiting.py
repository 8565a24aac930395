"""Waiting for what other tasks do."""

import asyncio
from collections.abc import Callable


async def until(holds: Callable[[], bool]) -> None:
    """Return once a condition holds; a test that waits in vain is ended by its time limit."""
    while not holds():  # noqa: ASYNC110  # what is waited for is the code's own state, and sets no event
        await asyncio.sleep(0.001)

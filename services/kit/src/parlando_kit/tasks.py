"""Tasks with an owner: work that outlasts its caller's cancel, and work that ends with a block."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


async def finish(work: Coroutine[Any, Any, T]) -> T:
    """Return what `work` returns, however often this task is cancelled meanwhile.

    The work must bound its own time. A cancel that came meanwhile is raised once the work is done.
    """
    task = asyncio.ensure_future(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait({task})  # leaves the task alone when it is cancelled itself
        except asyncio.CancelledError:
            cancelled = True
    result = task.result()
    if cancelled:
        raise asyncio.CancelledError
    return result


@contextmanager
def letting_go() -> Iterator[None]:
    """Let go what was at work in the block, however it ends.

    An error or a cancel that passes a TaskGroup leaves frames that refer to it, and to the task in which it
    was raised. They and all that they hold would last until Python next looks for cycles, which is seldom
    (see `garbage`).
    """
    try:
        yield
    except BaseException as error:
        _clear_frames(error)
        raise


def _clear_frames(error: BaseException) -> None:
    """Clear the frames through which an error came, or each of a group, and which have ended."""
    traceback.clear_frames(error.__traceback__)
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            _clear_frames(each)


@asynccontextmanager
async def background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run `work` while the block lasts, then cancel it and wait for its end. Its own failure is raised."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error

"""Calls under way, and the refusal of new ones while a service drains."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from parlando_kit.errors import ParlandoError, Reason

_DRAINED = "the service drained for too long"
"""What the cancel of a call says that a drain ends, and no other cancel."""


def is_drained(error: BaseException) -> bool:
    """Whether a call ends with this because the drain of its service has ended it."""
    return isinstance(error, asyncio.CancelledError) and error.args == (_DRAINED,)


class CallsUnderWay:
    """Counts the calls that are work: health checks, reflection, and what a service excepts are not."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()
        self._ended: set[asyncio.Task[object]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._told: list[Callable[[], None]] = []
        self.taken = True
        """Whether new calls are taken."""
        self._heard_at = -math.inf  # when the last call came or ended, by the loop's clock
        self._none = asyncio.Event()
        self._none.set()

    @property
    def live(self) -> int:
        """How many are under way."""
        return len(self._tasks)

    def on_change(self, tell: Callable[[], None]) -> None:
        """Call `tell` whenever new calls are taken no longer, or again."""
        self._told.append(tell)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Count the call that this task serves while the block lasts.

        Raises:
            ParlandoError: DRAINING, once `refuse` was called, or where `end` ended the call.
        """
        loop = asyncio.get_running_loop()
        self._heard_at = loop.time()
        if not self.taken:
            raise ParlandoError(Reason.DRAINING, "the service takes no more work: call another replica")
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a call is served by a task")
        self._tasks.add(task)
        self._none.clear()
        try:
            yield
        except asyncio.CancelledError:
            if task not in self._ended:
                raise
            task.uncancel()
            raise ParlandoError(Reason.DRAINING, f"{_DRAINED}: call again") from None
        finally:
            self._tasks.discard(task)
            self._ended.discard(task)
            self._heard_at = loop.time()
            if not self._tasks:
                self._none.set()

    def refuse(self, end_after: float | None = None) -> None:
        """Refuse new calls from now on.

        Args:
            end_after: seconds until what is under way then is ended; None lets it come to its end.
        """
        self._stop_timer()
        if end_after is not None:
            self._timer = asyncio.get_running_loop().call_later(end_after, self._end)
        self._take(taken=False)

    def accept(self) -> None:
        """Take new calls again; what is under way is not ended."""
        self._stop_timer()
        self._take(taken=True)

    def _take(self, *, taken: bool) -> None:
        if self.taken is not taken:
            self.taken = taken
            for tell in self._told:
                tell()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        for task in self._tasks - self._ended:
            self._ended.add(task)
            task.cancel(_DRAINED)

    async def none(self, within: float) -> bool:
        """Wait for the end of every call under way, up to `within` seconds; tell whether it came.

        `asyncio.timeout` would not do: under Python 3.11.2 and before it lets a cancel through instead of a
        TimeoutError in a task that is being cancelled, as one is that leaves what it holds.
        """
        waiting = asyncio.create_task(self._none.wait())
        try:
            await asyncio.wait({waiting}, timeout=within)
        finally:
            waiting.cancel()
            await asyncio.wait({waiting})
        return self._none.is_set()

    async def quiet(self, seconds: float, within: float) -> None:
        """Wait until no call has come or ended for so many seconds, up to `within` seconds."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + within
        while (left := min(self._heard_at + seconds, give_up) - loop.time()) > 0:  # noqa: ASYNC110  # each call puts the end off
            await asyncio.sleep(left)

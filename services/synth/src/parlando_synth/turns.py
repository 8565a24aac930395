"""Who runs the network next: the job whose listener runs dry first."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from heapq import heappop, heappush
from itertools import count

from parlando_synth.stop_flag import StopFlag


class Turns:
    """Lets a number of threads in at a time, the most urgent first.

    Args:
        at_once: how many.
    """

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._changed = threading.Condition()
        self._waiting: list[tuple[float, int]] = []
        self._numbers = count()

    @contextmanager
    def turn(self, dry_at: float, stop: StopFlag) -> Iterator[bool]:
        """Wait for a turn, and hold it for the length of the block.

        Args:
            dry_at: when the listener has nothing left to hear, in seconds of any clock that all share.
            stop: ends the wait, once `wake` is called too.

        Yields:
            Whether there is a turn; False once the job is stopped.
        """
        mine = (dry_at, next(self._numbers))
        with self._changed:
            heappush(self._waiting, mine)
            self._changed.wait_for(lambda: stop.requested or (self._free > 0 and self._waiting[0] == mine))
            granted = not stop.requested
            if granted:
                heappop(self._waiting)
                self._free -= 1
                self._changed.notify_all()
            else:
                self._leave(mine)
        try:
            yield granted
        finally:
            if granted:
                with self._changed:
                    self._free += 1
                    self._changed.notify_all()

    def wake(self) -> None:
        """Have those who wait look at their flags. To be called when a flag is set."""
        with self._changed:
            self._changed.notify_all()

    def _leave(self, mine: tuple[float, int]) -> None:
        self._waiting.remove(mine)
        self._waiting.sort()
        self._changed.notify_all()

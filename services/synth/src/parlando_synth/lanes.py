"""Work for a listener who waits goes ahead of work for one who has plenty to hear, while both are under way.

Two runs of a network share the machine's processors, however late one of them began. What can wait is done by
threads of low priority, which take what the others leave; the kernel does the rest. A thread can give up its
priority, but not take it back, so these threads do nothing else. What a network does on threads of its own,
which all its runs share, keeps the usual priority.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_YIELDING = 10  # steps of niceness: a tenth of the time of a thread that does not yield
_MOST = 19  # steps there are
_Made = TypeVar("_Made")


class Lanes:
    """Runs work on the caller's thread, or on one that yields. May be used from any thread.

    Elsewhere than on Linux, where priority is not a thread's own, nobody yields.

    Args:
        at_once: how much work that can wait is done at a time.
    """

    def __init__(self, at_once: int) -> None:
        self._yielding = ThreadPoolExecutor(at_once, "yielding", initializer=_yield)

    def run(self, work: Callable[[], _Made], *, urgent: bool) -> _Made:
        """Return what work makes.

        Args:
            work: blocks its thread.
            urgent: somebody waits for it.
        """
        return work() if urgent else self._yielding.submit(work).result()

    def close(self) -> None:
        """End the threads, once their work is done."""
        self._yielding.shutdown(wait=False)


def _yield() -> None:
    if sys.platform == "linux":
        thread = threading.get_native_id()
        usual = os.getpriority(os.PRIO_PROCESS, thread)
        os.setpriority(os.PRIO_PROCESS, thread, min(usual + _YIELDING, _MOST))

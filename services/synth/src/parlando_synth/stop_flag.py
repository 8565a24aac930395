"""How a job is told to end, from any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable


class StopFlag:
    """Set once, from any thread; an engine reads `requested` often, at least once per 50 ms of work."""

    __slots__ = ("_callbacks", "_lock", "_requested")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requested = False
        self._callbacks: list[Callable[[], object]] = []

    @property
    def requested(self) -> bool:
        """True once the job is to end."""
        return self._requested

    def set(self) -> None:
        """Ask the job to end."""
        with self._lock:
            self._requested = True
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def on_set(self, callback: Callable[[], object]) -> None:
        """Have `callback` called once, by the thread that sets the flag; at once where it is set already.

        For what waits rather than works: a job without a free instance, a read from a remote engine.
        """
        with self._lock:
            if not self._requested:
                self._callbacks.append(callback)
                return
        callback()

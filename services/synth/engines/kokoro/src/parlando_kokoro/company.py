"""How many speak at the same time, and the pace of runs with and without others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy

from parlando_kokoro.runs import Pace


class Company:
    """Keeps a pace for who is alone, and one for who is not. May be used from any thread.

    Among others a run waits for theirs and shares the processors with them: four at once, as in a rehearsal,
    take four times as long. Were that remembered of all runs, those of who is alone afterwards would be far
    too short, and each costs something besides what it says.

    Args:
        pace: of runs on an idle machine; both begin with it.
    """

    def __init__(self, pace: Pace) -> None:
        self._alone = pace
        self._among_others = copy(pace)
        self._lock = threading.Lock()
        self._speaking = 0

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Count as one who speaks for the length of the block."""
        with self._lock:
            self._speaking += 1
        try:
            yield
        finally:
            with self._lock:
                self._speaking -= 1

    @property
    def alone(self) -> bool:
        """Whether at most one speaks now."""
        return self._speaking <= 1

    def pace(self, *, alone: bool) -> Pace:
        """Return the pace of who is alone, or of who is not."""
        return self._alone if alone else self._among_others

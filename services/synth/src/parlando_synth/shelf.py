"""How much audio of all syntheses together is made and not read."""

from __future__ import annotations

from typing import Protocol


class Holder(Protocol):
    """Holds audio that its reader has not taken yet."""

    def give_up(self) -> None:
        """Drop what is held, and the reader with it; `Shelf.clear` is called for it."""


class Shelf:
    """Bounds what a worker holds in memory for readers who read slowly.

    An engine is never held up by a reader, so what is made has to go somewhere. When there is too much,
    the reader with the most unread audio is given up, and then the next, until there is room.

    Args:
        max_unread: seconds of audio.
    """

    def __init__(self, max_unread: float) -> None:
        self.max_unread = max_unread
        self._unread: dict[Holder, float] = {}
        self._total = 0.0

    @property
    def unread(self) -> float:
        """Seconds of audio held."""
        return self._total

    def put(self, holder: Holder, seconds: float) -> None:
        """Count audio that was made; this may give up any holder, this one too."""
        self._unread[holder] = self._unread.get(holder, 0.0) + seconds
        self._total += seconds
        while self._total > self.max_unread and self._unread:
            max(self._unread, key=self._unread.__getitem__).give_up()

    def take(self, holder: Holder, seconds: float) -> None:
        """Count audio that was read."""
        self._unread[holder] -= seconds
        self._total -= seconds

    def clear(self, holder: Holder) -> None:
        """Count all that a holder still has as gone."""
        self._total -= self._unread.pop(holder, 0.0)
        if not self._unread:
            self._total = 0.0  # without the dust of many additions

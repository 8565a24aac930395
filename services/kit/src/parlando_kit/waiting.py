"""Who waits for a first sound, and when those are too many: overload is refused early and cheaply.

What is overloaded, a core or an engine, need not be known: wherever a queue forms on the way to an engine and
back, those who wait for their first sound are the ones who stand in it. Those who hear something already are
never refused anything.
"""

from __future__ import annotations

from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason

_LEAST_RETRY = 0.1  # seconds
_MOST_RETRY = 30.0
_WEIGHT = 0.1
"""Of the latest distance between two that were served, in the running mean."""


class WaitingRoom:
    """Bounds how many wait.

    Args:
        most: utterances that may wait; one more is refused.
        clock: measures how fast they are served.
    """

    def __init__(self, most: int, clock: Clock) -> None:
        self._most = most
        self._clock = clock
        self._waiting = 0
        self._apart = 0.0  # seconds between two that are served while others wait; 0 while unknown
        self._served_at: float | None = None  # None while nobody waited since

    @property
    def waiting(self) -> int:
        """Utterances that wait."""
        return self._waiting

    def enter(self) -> Place:
        """Return a place; it must be left, whatever becomes of the utterance.

        Raises:
            ParlandoError: as `require_room`.
        """
        self.require_room()
        self._waiting += 1
        return Place(self)

    def require_room(self) -> None:
        """Refuse what is about to be begun while there is no place.

        Raises:
            ParlandoError: OVERLOADED, with the time after which those who wait now will have been served.
        """
        if self._waiting >= self._most:
            wait = min(max(self._waiting * self._apart, _LEAST_RETRY), _MOST_RETRY)
            raise ParlandoError(
                Reason.OVERLOADED,
                f"{self._waiting} utterances wait for their first audio: try again in {wait:.1f} s",
                retry_after=wait,
            )

    def _leave(self, *, served: bool) -> None:
        self._waiting -= 1
        if served:
            now = self._clock.now()
            if self._served_at is not None:
                apart = now - self._served_at
                self._apart += (apart - self._apart) * (_WEIGHT if self._apart else 1.0)
            self._served_at = now
        if not self._waiting:
            self._served_at = None  # a pause in which nobody waits says nothing of how fast they are served


class Place:
    """One utterance's place in a waiting room; made by `WaitingRoom.enter`."""

    def __init__(self, room: WaitingRoom) -> None:
        self._room: WaitingRoom | None = room

    def leave(self, *, served: bool = False) -> None:
        """Leave it; `served` says that the first sound has come. Idempotent."""
        room, self._room = self._room, None
        if room is not None:
            room._leave(served=served)  # noqa: SLF001  # the other half of one thing

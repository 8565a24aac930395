"""Who waits for a first sound, and when those are too many: overload is refused early and cheaply.

What is overloaded, a core or an engine, need not be known: wherever a queue forms on the way to an engine and
back, those who wait for their first sound are the ones who stand in it. Those who hear something already are
never refused anything.

A queue that a burst leaves is let be, up to a bound: it is gone again. One that stands makes everybody
late, and serves nobody sooner. So once a row of them came late, only as many may wait as will be served in
about twice the time that one alone takes, until a row of them was served with nobody refused.
"""

from __future__ import annotations

from collections import deque

from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason

_LEAST_RETRY = 0.1  # seconds
_MOST_RETRY = 30.0
_WEIGHT = 0.1
"""Of the latest figure, in a running mean."""

_LATELY = 3
"""Waits alone: what one alone takes is no more than the longest of these."""

ROW = 16
"""Utterances served one after another, by which it is told that a queue stands, and that it is gone."""

LEAST_WAIT = 0.25
"""Seconds that anybody may wait, however soon one alone is served."""

_TIMES = 2
"""How much longer than one alone those may wait who stand in a queue."""


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
        self._alone = 0.0  # seconds until one is served who found the room empty; 0 while unknown
        self._lately: deque[float] = deque(maxlen=_LATELY)  # those waits
        self._served_at: float | None = None  # None while nobody waited since
        self._stands = False
        self._emptied = False  # somebody of the row found the room empty
        self._row = 0  # served one after another: late, and while the queue stands, with nobody refused

    @property
    def waiting(self) -> int:
        """Utterances that wait."""
        return self._waiting

    @property
    def full(self) -> bool:
        """Whether one more would be refused."""
        # Two are always let in: with one at a time no pace is measured, and a wrong one would hold for good.
        crowded = self._waiting > 1 and self._waiting * self._apart > self._fair
        return self._waiting >= self._most or (self._stands and crowded)

    def enter(self, *, anyway: bool = False) -> Place:
        """Return a place; it must be left, whatever becomes of the utterance.

        Args:
            anyway: it cannot be refused any more, and counts among those who wait.

        Raises:
            ParlandoError: as `require_room`.
        """
        if not anyway:
            self.require_room()
        alone = not self._waiting
        self._waiting += 1
        return Place(self, self._clock.now(), alone=alone)

    def require_room(self) -> None:
        """Refuse what is about to be begun while there is no place.

        Raises:
            ParlandoError: OVERLOADED, with the time after which those who wait now will have been served.
        """
        if self.full:
            if self._stands:
                self._row, self._emptied = 0, False
            wait = min(max(self._waiting * self._apart, _LEAST_RETRY), _MOST_RETRY)
            raise ParlandoError(
                Reason.OVERLOADED,
                f"{self._waiting} utterances wait for their first audio: try again in {wait:.1f} s",
                retry_after=wait,
            )

    @property
    def _fair(self) -> float:
        """Seconds that one may have to wait in a queue that stands."""
        return max(_TIMES * self._alone, LEAST_WAIT)

    def _note(self, waited: float, *, alone: bool) -> None:
        """Note how long one waited who is served now."""
        if alone:
            self._lately.append(waited)
            mean = self._alone + (waited - self._alone) * (_WEIGHT if self._alone else 1.0)
            # The mean keeps a first one that had a model loaded for long, and lets all wait twice as long.
            self._alone = min(mean, max(self._lately))
        self._row = self._row + 1 if self._stands or waited > self._fair else 0
        self._emptied = self._emptied or alone
        # A queue that is only as long as it may be refuses nobody for a while, and stands all the same.
        if self._row >= ROW and (self._emptied or not self._stands):
            self._stands, self._row, self._emptied = not self._stands, 0, False

    def _leave(self, since: float, *, served: bool, alone: bool) -> None:
        self._waiting -= 1
        if served:
            now = self._clock.now()
            self._note(now - since, alone=alone)
            if self._served_at is not None:
                apart = now - self._served_at
                self._apart += (apart - self._apart) * (_WEIGHT if self._apart else 1.0)
            self._served_at = now
        if not self._waiting:
            self._served_at = None  # a pause in which nobody waits says nothing of how fast they are served


class Place:
    """One utterance's place in a waiting room; made by `WaitingRoom.enter`."""

    def __init__(self, room: WaitingRoom, since: float, *, alone: bool) -> None:
        self._room: WaitingRoom | None = room
        self._since = since
        self._alone = alone

    def leave(self, *, served: bool = False) -> None:
        """Leave it; `served` says that the first sound has come. Idempotent."""
        room, self._room = self._room, None
        if room is not None:
            room._leave(self._since, served=served, alone=self._alone)  # noqa: SLF001  # the other half

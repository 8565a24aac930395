"""Who waits for a first sound, and when those are too many: overload is refused early and cheaply.

What is overloaded, a core or an engine, need not be known: wherever a queue forms on the way to an engine and
back, those who wait for their first sound are the ones who stand in it. Those who hear something already are
never refused anything.

A queue that a burst leaves, or a peer that hung and has let go whom it had caught, is let be, up to a bound:
it grows shorter, and is gone again. One that stands makes everybody late, and serves nobody sooner. So once a
few were late, and the queue was too long all the while and is as long as ever, only as many may wait as will
be served in about twice the time that one alone takes, or in a time that is set, until a row of them was
served with nobody refused.
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
"""Waits alone: what one alone takes is no more than the longest of these, and strays no further."""

_LATE = 4
"""Served late one after another, by which it is told that a queue stands."""

ROW = 16
"""Utterances served one after another with nobody refused, by which it is told that a queue is gone."""

QUEUE_SECONDS = 0.25
"""Seconds that one may have to wait in a queue that stands, however soon one alone is served: the default."""

_ALWAYS = 2
"""Always let in: with one at a time no pace is measured, and a wrong one would hold for good."""

_TIMES = 2
"""How much longer than one alone those may wait who stand in a queue."""

_STRAYS = 4
"""Mean deviations by which one alone may take longer, and that is no sign: as in TCP's timeout, RFC 6298."""


def _nearer(mean: float, latest: float) -> float:
    return mean + (latest - mean) * _WEIGHT


class WaitingRoom:
    """Bounds how many wait.

    Args:
        most: utterances that may wait; one more is refused.
        clock: measures how fast they are served.
        queue_seconds: what one may have to wait in a queue that stands, or twice what one alone takes where
            that is longer. With more, fewer are refused, and all are served later under too much load.
    """

    def __init__(self, most: int, clock: Clock, queue_seconds: float = QUEUE_SECONDS) -> None:
        self._most = most
        self._clock = clock
        self._queue_seconds = queue_seconds
        self._waiting = 0
        self._apart = 0.0  # seconds between two that are served while others wait; 0 while unknown
        self._alone = 0.0  # seconds until one is served who found the room empty; 0 while unknown
        self._strays = 0.0  # seconds: the mean deviation from that
        self._lately: deque[float] = deque(maxlen=_LATELY)  # those waits
        self._served_at: float | None = None  # None while nobody waited since
        self._long_since: float | None = None  # None while nobody has to wait longer than is fair
        self._longest = 0  # those who waited at most since then
        self._stands = False
        self._line = 0.0  # when the latest who was refused is to come back
        self._emptied = False  # somebody of the row found the room empty
        self._row = 0  # served one after another: late, and while the queue stands, with nobody refused

    @property
    def waiting(self) -> int:
        """Utterances that wait."""
        return self._waiting

    @property
    def full(self) -> bool:
        """Whether one more would be refused."""
        return self._waiting >= self._most or (self._stands and self._too_many(self._waiting + 1))

    def enter(self, *, anyway: bool = False) -> Place:
        """Return a place; it must be left, whatever becomes of the utterance.

        Args:
            anyway: it cannot be refused any more, and counts among those who wait.

        Raises:
            ParlandoError: as `require_room`.
        """
        if not anyway:
            self.require_room()
        now, alone = self._clock.now(), not self._waiting
        self._waiting += 1
        self._look(now)
        return Place(self, now, alone=alone)

    def require_room(self) -> None:
        """Refuse what is about to be begun while there is no place.

        Raises:
            ParlandoError: OVERLOADED, with the time after which those who wait now will have been served, and
                those who were refused before and come back when they were told to.
        """
        if self.full:
            if self._stands:
                self._row, self._emptied = 0, False
            wait = self._next_in_line() - self._clock.now()
            raise ParlandoError(
                Reason.OVERLOADED,
                f"{self._waiting} utterances wait for their first audio: try again in {wait:.1f} s",
                retry_after=wait,
            )

    def _next_in_line(self) -> float:
        """Return when one who is refused now is to come back: after all who were told to, but for bounds."""
        now = self._clock.now()
        served = now + max(self._waiting * self._apart, _LEAST_RETRY)
        self._line = min(max(served, self._line + self._apart), now + _MOST_RETRY)
        return self._line

    @property
    def _fair(self) -> float:
        """Seconds that one may have to wait in a queue that stands."""
        return max(_TIMES * self._alone, self._alone + _STRAYS * self._strays, self._queue_seconds)

    def _too_many(self, waiting: int) -> bool:
        """Whether so many take longer than that to be served, at the pace of late."""
        return waiting > _ALWAYS and waiting * self._apart > self._fair

    def _look(self, now: float) -> None:
        """Note since when the queue has been too long, and how long it was at most."""
        if not self._too_many(self._waiting):
            self._long_since, self._longest = None, 0
            return
        if self._long_since is None:
            self._long_since = now
        self._longest = max(self._longest, self._waiting)

    def _note(self, since: float, waited: float, *, alone: bool) -> None:
        """Note since when, and how long, one waited who is served now."""
        if alone:
            self._note_alone(waited)
        if not self._stands:
            # Neither alone tells: a pace may be that of the asking, and a late one may be late by itself.
            late = waited > self._fair and self._long_since is not None and self._long_since <= since
            self._row = self._row + 1 if late else 0
            # Behind a burst, or those whom a peer that hung has let go, ever fewer wait; he himself has left.
            if self._row >= _LATE and self._waiting + 1 >= self._longest:
                self._stands, self._row, self._emptied = True, 0, False
            return
        self._row += 1
        self._emptied = self._emptied or alone
        # A queue that is only as long as it may be refuses nobody for a while, and stands all the same.
        if self._row >= ROW and self._emptied:
            self._stands, self._row, self._emptied = False, 0, False

    def _note_alone(self, waited: float) -> None:
        self._lately.append(waited)
        longest = max(self._lately)  # means keep a first one that had a model loaded for long
        if self._alone:
            self._strays = min(_nearer(self._strays, abs(waited - self._alone)), longest)
            self._alone = min(_nearer(self._alone, waited), longest)
        else:
            self._alone, self._strays = waited, waited / 2

    def _leave(self, since: float, *, served: bool, alone: bool) -> None:
        now = self._clock.now()
        self._waiting -= 1
        if served:
            self._note(since, now - since, alone=alone)
            if self._served_at is not None:
                apart = now - self._served_at
                self._apart = _nearer(self._apart, apart) if self._apart else apart
            self._served_at = now
        if not self._waiting:
            self._served_at = None  # a pause in which nobody waits says nothing of how fast they are served
        self._look(now)


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

"""Who waits for a first sound, and when those are too many: overload is refused early and cheaply.

What is overloaded, a core or an engine, need not be known: wherever a queue forms on the way to an engine and
back, those who wait for their first sound are the ones who stand in it. Those who hear something already are
never refused anything.

A queue that a burst leaves, or a peer that hung and has let go whom it had caught, is let be, up to a bound:
it grows shorter, and is gone again. One that stands makes everybody late, and serves nobody sooner. So once a
few were late, and the queue was too long all the while and is as long as ever, only as many may wait as will
be served in about twice the time that one alone takes, or in a time that is set, until a row of them was
served with nobody refused.

The time that is set spares refusals where a little too many come. Where many are refused for a while all the
same, it spares none, and those who are let in need not wait as well. Then they are let in one at a time for a
few, which tells what one alone takes now: an engine that speaks to many at once, and takes longer than one
before it, makes all late as well, and there is no queue at all. Else it is twice that, whatever is set.
"""

from __future__ import annotations

from collections import deque
from statistics import fmean

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

_OUTWEIGHED = 2
"""Served who outweigh one who is refused: overload comes to last where more than a third of all are."""

_OUTWEIGHED_SINCE_IT_LASTS = 4 / 3
"""Likewise, until fewer than three in seven are: a small room refuses a third of what could be served."""

_LASTS = 32 * _OUTWEIGHED
"""So many to be outweighed yet tell that it lasts; none, that it does no longer."""

_LASTS_SECONDS = 3.0
_LASTS_LEAST = _LASTS // 8
"""Or so many, where there were some for so long: of a few a second it takes long until there are more."""

_EMPTIED = 1
"""Of that row, who found it empty: a queue just as long as it may be refuses nobody for a while, too."""

_EMPTIED_SINCE_IT_LASTED = 3 * ROW // 4
"""Likewise: a room that is kept small is empty now and then."""

_IDLE_SECONDS = 1.0
_IDLE_TIMES = 16
"""By what one alone takes, where that is longer: nobody waited for so long, and what was is over."""

_TRIED = 8
"""Let in one at a time in a trial: for the first of them cores are still at work on what was begun before."""

_TRIED_LATEST = 5
"""Of those, of which the shortest and the longest are left out: what they tell holds for ten seconds."""

_TRIED_SECONDS = 1.0
"""Of their waits together, after which three are enough."""

_TRIAL_TIMES = 6
"""How much longer than those wait by whom the queue was told, or than a second, a trial may last."""

_TRY_AGAIN_SECONDS = 10.0
_TRY_AGAIN_TIMES = 100
"""By what one alone takes, where that is longer: the time to the next trial, so that it costs little."""


class _Pace:
    """How fast they are served: running means, in seconds; 0 while unknown.

    Attributes:
        apart: between two that are served while others wait.
        alone: until one is served who found the room empty.
    """

    def __init__(self) -> None:
        self.apart = 0.0
        self.alone = 0.0
        self._strays = 0.0  # the mean deviation from that
        self._lately: deque[float] = deque(maxlen=_LATELY)  # waits alone
        self._served_at: float | None = None  # None while nobody waited since

    @property
    def fair(self) -> float:
        """About twice what one alone takes, in seconds."""
        return max(_TIMES * self.alone, self.alone + _STRAYS * self._strays)

    def note_served(self, now: float, *, waiting: int) -> None:
        """Note that one was served, and how many wait still."""
        if self._served_at is not None:
            apart = now - self._served_at
            self.apart = _nearer(self.apart, apart) if self.apart else apart
        self._served_at = now
        self.note_left(waiting=waiting)

    def note_left(self, *, waiting: int) -> None:
        """Note how many wait still: a pause in which nobody does says nothing of how fast they are served."""
        if not waiting:
            self._served_at = None

    def note_alone(self, waited: float) -> None:
        """Note how long one waited who found the room empty."""
        self._lately.append(waited)
        longest = max(self._lately)  # means keep a first one that had a model loaded for long
        if self.alone:
            self._strays = min(_nearer(self._strays, abs(waited - self.alone)), longest)
            self.alone = min(_nearer(self.alone, waited), longest)
        else:
            self.alone, self._strays = waited, waited / 2

    def learn(self, alone: float) -> None:
        """Take this for what one alone takes from now on."""
        self._lately.clear()
        self._lately.append(alone)
        self.alone = alone


def _nearer(mean: float, latest: float) -> float:
    return mean + (latest - mean) * _WEIGHT


class _Trial:
    """Lets in one at a time, to learn what one alone takes.

    Args:
        since: when it begins; who came before does not count.
        seconds: what it may last: callers who may not be refused, or one that hangs, would keep it for good.
    """

    def __init__(self, since: float, seconds: float) -> None:
        self._since = since
        self._until = since + seconds
        self.waits: list[float] = []

    def note(self, since: float, waited: float) -> None:
        """Note how long one waited who came `since` then and found the room empty."""
        if since >= self._since:
            self.waits.append(waited)

    @property
    def alone(self) -> float:
        """What one alone takes, in seconds, where anybody was served."""
        latest = sorted(self.waits[-_TRIED_LATEST:])
        return fmean(latest[1:-1] or latest)

    def over(self, now: float) -> bool:
        """Whether that is known, or cannot be."""
        enough = len(self.waits) >= _LATELY and sum(self.waits) >= _TRIED_SECONDS
        return enough or len(self.waits) >= _TRIED or now > self._until


class WaitingRoom:
    """Bounds how many wait.

    Args:
        most: utterances that may wait; one more is refused.
        clock: measures how fast they are served.
        queue_seconds: what one may have to wait in a queue that stands, or twice what one alone takes where
            that is longer. With more, fewer are refused, and all are served later, where a little too many
            come; where so many come that more than a third are refused, it does not count.
    """

    def __init__(self, most: int, clock: Clock, queue_seconds: float = QUEUE_SECONDS) -> None:
        self._most = most
        self._clock = clock
        self._queue_seconds = queue_seconds
        self._waiting = 0
        self._pace = _Pace()
        self._idle_since = 0.0  # of use while nobody waits
        self._long_since: float | None = None  # None while nobody has to wait longer than is fair
        self._longest = 0  # those who waited at most since then
        self._line = 0.0  # when the latest who was refused is to come back
        self._row = 0  # served one after another: late, and while the queue stands, with nobody refused
        self._let_all_in()

    def _let_all_in(self) -> None:
        """Let in as many as there are places: no queue stands."""
        self._stands = False
        self._late = 0.0  # seconds that the last of those waited by whom it was told that the queue stands
        self._row = 0
        self._emptied = 0  # of the row, who found the room empty
        self._owed = 0.0  # served who have yet to outweigh those refused
        self._owed_since = 0.0  # of use while there are some
        self._lasts = False  # overload, in which so many are refused that those let in need not wait as well
        self._trial: _Trial | None = None
        self._tried_at: float | None = None  # None while it was not, since the queue stands

    @property
    def waiting(self) -> int:
        """Utterances that wait."""
        return self._waiting

    @property
    def full(self) -> bool:
        """Whether one more would be refused."""
        if self._trial is not None:
            return self._waiting > 0
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
        if alone and now - self._idle_since > max(_IDLE_SECONDS, _IDLE_TIMES * self._pace.alone):
            self._let_all_in()
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
            now = self._clock.now()
            if self._stands:
                self._note_refused(now)
            wait = self._next_in_line(now)
            raise ParlandoError(
                Reason.OVERLOADED,
                f"{self._waiting} utterances wait for their first audio: try again in {wait:.1f} s",
                retry_after=wait,
            )

    def _next_in_line(self, now: float) -> float:
        """Return in how many seconds one who is refused now is to come back: after all who were told to."""
        served = max(self._waiting * self._pace.apart, _LEAST_RETRY)
        wait = min(max(served, self._line - now + self._pace.apart), _MOST_RETRY)
        self._line = now + wait  # never read back as the difference: a clock far from 0 adds to that
        return wait

    @property
    def _fair(self) -> float:
        """Seconds that one may have to wait in a queue that stands."""
        return self._pace.fair if self._lasts else max(self._pace.fair, self._queue_seconds)

    def _too_many(self, waiting: int) -> bool:
        """Whether so many take longer than that to be served, at the pace of late."""
        return waiting > _ALWAYS and waiting * self._pace.apart > self._fair

    def _look(self, now: float) -> None:
        """Note since when the queue has been too long, and how long it was at most."""
        if not self._too_many(self._waiting):
            self._long_since, self._longest = None, 0
            return
        if self._long_since is None:
            self._long_since = now
        self._longest = max(self._longest, self._waiting)

    def _note_refused(self, now: float) -> None:
        """Note one who is refused while the queue stands."""
        self._row = self._emptied = 0
        if not self._owed:
            self._owed_since = now
        outweighed = _OUTWEIGHED_SINCE_IT_LASTS if self._lasts else _OUTWEIGHED
        self._owed = min(self._owed + outweighed, _LASTS)
        for_long = self._owed >= _LASTS_LEAST and now - self._owed_since > _LASTS_SECONDS
        self._lasts = self._lasts or for_long or self._owed == _LASTS
        if self._trial is not None:
            self._end_trial(self._trial, now)
        elif self._lasts and self._to_be_tried(now):
            self._trial = _Trial(now, _TRIAL_TIMES * max(self._late, _TRIED_SECONDS))

    def _to_be_tried(self, now: float) -> bool:
        apart = max(_TRY_AGAIN_SECONDS, _TRY_AGAIN_TIMES * self._pace.alone)
        return self._tried_at is None or now - self._tried_at > apart

    def _end_trial(self, trial: _Trial, now: float) -> None:
        """Learn from a trial that is over; let all in where there was no queue, or it cannot be told."""
        if not trial.over(now):
            return
        first, self._trial, self._tried_at = self._tried_at is None, None, now
        if trial.waits:
            self._pace.learn(trial.alone)
        if not trial.waits or (first and self._fair >= self._late):
            self._let_all_in()

    def _note(self, now: float, since: float, *, alone: bool) -> None:
        """Note one who is served now: since when he waited, and whether he had found the room empty."""
        if self._trial is not None and alone:
            self._trial.note(since, now - since)
            self._end_trial(self._trial, now)
        elif alone and not self._lasts:  # then cores are at work on what those hear who wait no longer
            self._pace.note_alone(now - since)
        if self._stands:
            self._note_in_time(alone=alone)
        else:
            self._note_late(now, since)

    def _note_late(self, now: float, since: float) -> None:
        # Neither alone tells: a pace may be that of the asking, and a late one may be late by itself.
        late = now - since > self._fair and self._long_since is not None and self._long_since <= since
        self._row = self._row + 1 if late else 0
        # Behind a burst, or those whom a peer that hung has let go, ever fewer wait; he himself has left.
        if self._row >= _LATE and self._waiting + 1 >= self._longest:
            self._stands, self._row, self._late = True, 0, now - since

    def _note_in_time(self, *, alone: bool) -> None:
        self._row += 1
        self._emptied += alone
        self._owed = max(self._owed - 1, 0.0)
        if not self._owed:
            self._lasts, self._trial = False, None
        emptied = _EMPTIED_SINCE_IT_LASTED if self._lasts else _EMPTIED
        if self._row >= ROW and self._emptied >= emptied:
            self._let_all_in()

    def _leave(self, since: float, *, served: bool, alone: bool) -> None:
        now = self._clock.now()
        self._waiting -= 1
        if served:
            self._note(now, since, alone=alone)
            self._pace.note_served(now, waiting=self._waiting)
        else:
            self._pace.note_left(waiting=self._waiting)
        self._idle_since = now
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

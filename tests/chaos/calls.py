"""What became of each call of a caller: when it was heard, how it ended, and what was wrong with it."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from load.plan import Order
from load.playback import Playback

BOUND_SECONDS = 60.0
"""Within this, every call ends, whatever fails: with speech, or with an error."""

COMPLETED = "completed"
STUCK = "stuck"
"""How a call is said to have ended that had not by its bound."""


class FailedError(Exception):
    """A call failed; the message is what its caller was told."""


@dataclass
class Call:
    """One order as its caller lives through it. Moments are of `time.monotonic`.

    Attributes:
        order: what is to be spoken, and by which road.
        due: when it was.
        ended: when it was over; 0 before.
        status: COMPLETED, or what the caller was told.
        silence: the longest that a player had nothing to play after the first sound.
        told: where in its text the words stand that its caller was told by their times, as they came.
        wrong: what was missing, twice or out of place; "" where nothing was. Of one that broke off only the
            beginning came, and that without a gap.
    """

    order: Order
    due: float
    ended: float = 0.0
    status: str = ""
    silence: float = 0.0
    told: list[tuple[int, int]] = field(default_factory=list)
    wrong: str = ""
    playback: Playback = field(default_factory=Playback)

    @property
    def well(self) -> bool:
        """Whether it came to its end."""
        return self.status == COMPLETED

    @property
    def being_heard(self) -> bool:
        """Whether it has begun to be heard, and goes on."""
        return self.playback.first_at is not None and not self.ended

    @property
    def cut_off(self) -> bool:
        """Whether it broke off after something of it had been heard."""
        return not self.well and self.playback.first_at is not None

    @property
    def late(self) -> float:
        """Seconds until the first sound; 0 where none came."""
        return self.playback.first_at - self.due if self.playback.first_at is not None else 0.0

    def heard(self, seconds: float) -> None:
        """Note that sound of a length has come."""
        before = self.playback.silence
        self.playback.heard(time.monotonic(), seconds)
        self.silence = max(self.silence, self.playback.silence - before)

    def check_words(self, *, whole: bool) -> None:
        """Note it where a word was not told once and in its place.

        Args:
            whole: it came to its end; else those that were told are those that its text begins with.
        """
        text = self.order.text
        written = [place for place, letter in enumerate(text) if letter.isalnum()]
        between = set(range(len(text))).difference(written)
        told = [place for span in self.told for place in range(*span) if place not in between]
        if told != (written if whole else written[: len(told)]):
            self.wrong = f"{self.order.road}: of {text!r} was told {self._said()}"

    def _said(self) -> list[str]:
        return [self.order.text[start:end] for start, end in self.told]

    def end(self, status: str) -> None:
        """Note that it is over."""
        self.ended, self.status = time.monotonic(), status


@dataclass(frozen=True)
class Account:
    """What callers noticed of one disturbance.

    Attributes:
        calls: those that were under way when it began, and all later ones.
        began: when it did.
    """

    calls: Sequence[Call]
    began: float

    @property
    def cut_off(self) -> int:
        """Calls that broke off in the middle."""
        return sum(call.cut_off for call in self.calls)

    @property
    def refused(self) -> int:
        """Calls of which nothing was heard."""
        return sum(not call.well and not call.cut_off for call in self.calls)

    @property
    def errors(self) -> Counter[str]:
        """What callers were told, by road."""
        return Counter(f"{call.order.road}: {call.status}" for call in self.calls if not call.well)

    @property
    def told_after(self) -> float:
        """The longest that a caller who was not served waited to be told so, in seconds.

        From the disturbance, or from when the call was due where that was later.
        """
        failed = [call for call in self.calls if not call.well and call.ended]
        return max((call.ended - max(call.due, self.began) for call in failed), default=0.0)

    @property
    def silence(self) -> float:
        """The longest silence in the middle of a call that came to its end, in seconds."""
        return max((call.silence for call in self.calls if call.well), default=0.0)

    @property
    def late(self) -> float:
        """The longest that a caller who was served waited for the first sound, in seconds."""
        return max((call.late for call in self.calls if call.well and call.ended > self.began), default=0.0)

    @property
    def back(self) -> float | None:
        """Seconds from the disturbance until a caller who came after the last that failed was heard.

        None where no call failed; infinite where nobody was heard who came later.
        """
        failed = [call.due for call in self.calls if not call.well]
        if not failed:
            return None
        later = [
            call.playback.first_at
            for call in self.calls
            if call.well and call.playback.first_at and call.due > max(*failed, self.began)
        ]
        return min(later) - self.began if later else math.inf


def account(calls: Iterable[Call], began: float) -> Account:
    """Return what callers noticed of a disturbance that began at a moment."""
    return Account([call for call in calls if call.ended > began or not call.ended], began)

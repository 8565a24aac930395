"""One order as its caller lives through it, and what is noted of it. Moments are handed in."""

from __future__ import annotations

from load.figures import Figures
from load.plan import Conduct, Order
from load.playback import Playback

REFUSALS = frozenset({"overloaded", "rate_limit_exceeded"})
"""Codes of refusals, which are counted apart from errors."""


ENDS = frozenset({"completed", "cancelled", "hung up"})
"""How an order ends well."""


class Take:
    """An order under way.

    Its clock starts when it was due, not when it was sent: whatever kept it from being sent counts (else a
    system that stands still would be asked less, and look well).

    Args:
        order: the order.
        due: when it was due, by the clock that all moments here are of.
        figures: are told.
        buffer: seconds that the player waits with the first sound.
    """

    def __init__(self, order: Order, due: float, figures: Figures, buffer: float) -> None:
        self.order = order
        self.due = due
        self.playback = Playback(buffer)
        self.over = False
        self.completed = False
        self._figures = figures
        self._cancelled_at: float | None = None
        self._answered = False
        self._was_under_way = False
        self._last_byte = 0.0

    @property
    def cancelled(self) -> bool:
        """Whether the caller has cancelled it."""
        return self._cancelled_at is not None

    def sent(self, at: float) -> None:
        """Note that it was sent."""
        self._figures.took("due until sent", at - self.due)

    def heard(self, at: float, seconds: float) -> None:
        """Note that sound came."""
        self._figures.audio_seconds += seconds
        if self._cancelled_at is not None:  # nobody listens any more
            self._last_byte = max(at - self._cancelled_at, 0.0)
            return
        if self.playback.first_at is None and self.order.conduct is not Conduct.STALL:
            self._figures.took("first chunk", at - self.due)
            self._figures.took(f"first chunk, {self.order.road}", at - self.due)
            self._figures.course.append((self.order.due, at - self.due))
        self.playback.heard(at, seconds)

    def cancel(self, at: float) -> None:
        """Note that its caller wants silence from a moment on: when that was due."""
        self._cancelled_at = at
        self._was_under_way = not self.over
        if self.playback.first_at is not None:
            self.playback.stopped(at)
        elif self.order.conduct is not Conduct.STALL:
            # It may have waited for long, and is in no percentile of the first chunk.
            self._figures.took("no sound until the cancel", at - self.due)

    def hears(self, at: float) -> bool:
        """Return whether its caller still waits for it, or listens to it, whether all was sent or not."""
        return not self.over or at < self.playback.until

    def all_was_sent(self, at: float) -> None:
        """Note the answer to a cancel that nothing was left to be stopped, since all had been sent."""
        if self._cancelled_at is None or self._answered:
            return
        if not self.over:
            self._figures.counts["error: cancel ignored"] += 1
            return
        self._answered = True
        if self._was_under_way:  # all was sent while the cancel was on its way
            self._figures.took("cancel, last byte", self._last_byte)
        self._figures.counts["cancelled after the end"] += 1
        self._figures.took("cancel after the end, answered", at - self._cancelled_at)

    def cancel_too_late(self) -> None:
        """Note that there was nothing to cancel: it had been heard to its end, over HTTP read to it."""
        self._figures.counts["cancel came too late"] += 1

    def noticed(self, seconds: float) -> None:
        """Note how long after its user began to speak that was noticed."""
        self._figures.took("speech until noticed", seconds)

    def unnoticed(self) -> None:
        """Note that its user said all there was to be said over it, and that it went on."""
        self._figures.counts["error: speech not noticed"] += 1

    def ended(self, at: float, status: str) -> None:
        """Note how it ended: "completed", "cancelled", "hung up", or the code of an error.

        An error after that counts only where a cancel waits for its answer.
        """
        figures, playback = self._figures, self.playback
        if self.over:
            if self.cancelled and not self._answered and status not in ENDS:
                self._answered = True
                figures.counts[f"error: {status}"] += 1
            return
        self.over = True
        # What is complete when it is cancelled has an answer to come; all else has it by this.
        self.completed = status == "completed"
        self._answered = not self.completed
        if status in REFUSALS:
            figures.counts["refused"] += 1
            figures.refused.append(self.order.due)
            figures.took("refusal", at - self.due)
            return
        if status not in ENDS:
            figures.counts[f"error: {status}"] += 1
            return
        figures.counts[status] += 1
        if self._cancelled_at is not None and status == "cancelled":
            # Who speaks over it waits for that to be noticed, too.
            kind = "barge-in" if self.order.conduct is Conduct.BARGE_IN else "cancel"
            figures.took(f"{kind}, last byte", self._last_byte)
            figures.took(f"{kind}, answered", at - self._cancelled_at)
        if self.order.conduct is not Conduct.STALL and playback.underruns:
            figures.counts["utterances with an underrun"] += 1
            figures.counts["underruns"] += playback.underruns
            figures.took("silence of an underrun utterance", playback.silence)
        if status == "completed" and playback.first_at is None and not self.cancelled:
            figures.counts["error: no sound"] += 1

"""A listener who plays sound as it comes, as arithmetic: no clock of its own."""

from __future__ import annotations


class Playback:
    """One utterance being played at real time.

    It begins `buffer` seconds after the first sound has come, and stands still wherever nothing is there to
    be played: an underrun. After one it goes on at once.

    Args:
        buffer: seconds that the player waits with the first sound.

    Attributes:
        first_at: when the first sound came; None before.
        until: when all that has come will have been played.
        seconds: length of what has come.
        underruns: how often it stood still.
        silence: seconds that it stood still.
    """

    def __init__(self, buffer: float = 0.0) -> None:
        self.first_at: float | None = None
        self.until = 0.0
        self.seconds = 0.0
        self.underruns = 0
        self.silence = 0.0
        self._buffer = buffer

    def heard(self, at: float, seconds: float) -> None:
        """Take sound of a length that has come at a moment, in order."""
        if self.first_at is None:
            self.first_at = at
            self.until = at + self._buffer
        elif at > self.until:
            self.underruns += 1
            self.silence += at - self.until
            self.until = at
        self.until += seconds
        self.seconds += seconds

    def stopped(self, at: float) -> None:
        """Note that its listener wants no more of it: where it stood still by then, it does so no longer."""
        if at > self.until:
            self.underruns += 1
            self.silence += at - self.until
            self.until = at

"""When a client plays our voice: an estimate, from what it was sent."""

from __future__ import annotations

import math

from parlando_kit.clock import Clock

_TAIL_SECONDS = 0.5
"""How much later it may still be heard: the way there and back, and the room."""


class Playback:
    """Plays each piece after the one before, from the moment it was sent.

    Args:
        clock: tells what has been played.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = -math.inf

    @property
    def audible(self) -> bool:
        """Whether our voice may be in what a microphone hears now."""
        return self._clock.now() < self._until + _TAIL_SECONDS

    def sent(self, seconds: float) -> None:
        """Note audio that left."""
        self._until = max(self._until, self._clock.now()) + seconds

    def stopped(self) -> None:
        """Note that the client was told to stop."""
        self._until = min(self._until, self._clock.now())

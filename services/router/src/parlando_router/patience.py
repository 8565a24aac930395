"""How long to wait for an engine's next word before it is taken to stand still. Pure.

Twice the longest wait for audio of late: engines speak in bursts, so a mean would say little of the pauses
between them. The longest fades as further waits end, and a wait that was given up counts as one, so that
patience with an engine that has become slower grows. First chunks are told from later ones: a first one may
have waited for its turn. An engine that speaks in long runs says how long it may be silent. While the
listener still has more audio than the next engine takes to speak, there is less haste.
"""

from __future__ import annotations

from dataclasses import dataclass, field

UNKNOWN_SECONDS = 5.0
"""Patience with an engine that has not been heard yet: it may be loading a model."""

LEAST_FIRST_SECONDS = 0.5
LEAST_NEXT_SECONDS = 0.2
"""Patience with the quickest of engines: a busy machine holds up everybody for so long."""

MOST_SECONDS = 30.0

_SPARE_SECONDS = 0.3
"""Audio that is to be left when another engine is asked, on top of what that one takes until it speaks."""

_LONGEST_CALM_SECONDS = 1.0
_MEDIANS = 4.0
"""Medians that the longest wait is taken to be, for an engine that was not heard here and says its median."""

_FACTOR = 2.0
_FADING = 0.98


@dataclass(slots=True)
class Wait:
    """Waits of one kind.

    Attributes:
        least: seconds of patience in any case.
    """

    least: float
    _longest: float | None = None

    def took(self, seconds: float) -> None:
        """Note a wait that ended, or was given up, after so long."""
        self._longest = max(seconds, (self._longest or 0.0) * _FADING)

    def limit(
        self, ahead: float, silence: float = 0.0, *, median: float | None = None, heir: float = 0.0
    ) -> float:
        """Return how many seconds to wait.

        Args:
            ahead: seconds of audio that the listener has.
            silence: seconds that the engine may take between two pieces of audio, as it says itself.
            median: of such waits lately, as the engine says itself; None where it does not.
            heir: seconds that whoever is asked next takes until it speaks.
        """
        longest = self._longest
        if longest is None:
            unknown = UNKNOWN_SECONDS / _FACTOR
            longest = unknown if median is None else min(_MEDIANS * median, unknown)
        usual = max(longest, silence) * _FACTOR
        calm = min(ahead - heir - _SPARE_SECONDS, _LONGEST_CALM_SECONDS)
        return min(max(usual, calm, self.least), MOST_SECONDS)


@dataclass(slots=True)
class Patience:
    """Patience with one engine."""

    first: Wait = field(default_factory=lambda: Wait(LEAST_FIRST_SECONDS))
    next: Wait = field(default_factory=lambda: Wait(LEAST_NEXT_SECONDS))

    def wait(self, *, begun: bool) -> Wait:
        """Return the kind of wait that is due: for the first chunk, or for a later one."""
        return self.next if begun else self.first

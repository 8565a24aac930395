"""How long to wait for an engine's next word before it is taken to stand still. Pure.

Twice the longest wait for audio of late: engines speak in bursts, so a mean would say little of the pauses
between them. The longest fades as further waits end. One that was given up counts where one of the few before
it was given up as well: an engine that has become slower, or is slow with some fragments, is given more time;
one that stood still once is not. First chunks are told from later ones: a first one may have waited for its
turn, and has more time where the listener waits for the first sound of all, not in a silence. An engine that
speaks in long runs says how long it may be silent. While the listener still has more audio than the next
engine takes to speak, there is less haste. An engine that is alone is waited for in any case, and what that
took says little of how long it is worth waiting once there is another one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

UNKNOWN_SECONDS = 5.0
"""Patience with an engine that has not been heard yet: it may be loading a model."""

LEAST_FIRST_SECONDS = 0.5
"""Patience with the quickest of engines before the first sound of an utterance."""

LEAST_NEXT_SECONDS = 0.2
"""The same after it: a busy machine holds up everybody for so long."""

MOST_SECONDS = 30.0

_SPARE_SECONDS = 0.3
"""Audio that is to be left when another engine is asked, on top of what that one takes until it speaks."""

_LONGEST_CALM_SECONDS = 1.0
_MEDIANS = 4.0
"""Medians that the longest wait is taken to be, for an engine that was not heard here and says its median."""

_FACTOR = 2.0
_FADING = 0.98

_FORGIVEN_AFTER = 4
"""Waits that end well until one that was given up is forgotten: a breaker opens where one in four fails."""


@dataclass(slots=True)
class Wait:
    """Waits of one kind."""

    _longest: float | None = None
    _given_up_at: float | None = None
    _well: int = 0  # waits that ended well since

    def took(self, seconds: float, *, alone: bool = False) -> None:
        """Note a wait that ended after so long; `alone`: for an engine beside which there was none."""
        self._longest = max(_told(seconds, alone=alone), (self._longest or 0.0) * _FADING)
        self._well += 1
        if self._well >= _FORGIVEN_AFTER:
            self._given_up_at = None

    def gave_up(self, since: float, now: float, *, alone: bool = False) -> None:
        """Note a wait that was given up.

        Args:
            since: when it began, in seconds of any clock.
            now: when it ended. Others that were under way meanwhile tell nothing new of the engine.
            alone: there was no other engine.
        """
        if self._given_up_at is not None and since >= self._given_up_at:
            self._longest = max(_told(now - since, alone=alone), self._longest or 0.0)
        self._well = 0
        self._given_up_at = now if self._given_up_at is None else max(now, self._given_up_at)

    def limit(
        self,
        ahead: float,
        silence: float = 0.0,
        *,
        median: float | None = None,
        heir: float = 0.0,
        least: float = LEAST_NEXT_SECONDS,
    ) -> float:
        """Return how many seconds to wait.

        Args:
            ahead: seconds of audio that the listener has.
            silence: seconds that the engine may take between two pieces of audio, as it says itself.
            median: of such waits lately, as the engine says itself; None where it does not.
            heir: seconds that whoever is asked next takes until it speaks.
            least: seconds of patience with the quickest of engines.
        """
        longest = self._longest
        if longest is None:
            unknown = UNKNOWN_SECONDS / _FACTOR
            longest = unknown if median is None else min(_MEDIANS * median, unknown)
        usual = max(longest, silence) * _FACTOR
        calm = min(ahead - heir - _SPARE_SECONDS, _LONGEST_CALM_SECONDS)
        return min(max(usual, calm, least), MOST_SECONDS)


@dataclass(slots=True)
class Patience:
    """Patience with one engine."""

    first: Wait = field(default_factory=Wait)
    next: Wait = field(default_factory=Wait)

    def wait(self, *, begun: bool) -> Wait:
        """Return the kind of wait that is due: for the first chunk, or for a later one."""
        return self.next if begun else self.first


def _told(seconds: float, *, alone: bool) -> float:
    """Return how much of a wait counts."""
    return min(seconds, UNKNOWN_SECONDS) if alone else seconds

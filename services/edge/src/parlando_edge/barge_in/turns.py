"""From how speech-like each frame is to where speech begins and ends."""

from __future__ import annotations

from dataclasses import dataclass

FRAME_SAMPLES = 512
RATE = 16_000
FRAME_MS = FRAME_SAMPLES * 1000 / RATE
"""What is judged at a time, 32 ms: the frame Silero's model was made for."""

_LINGER = 0.15
"""How far below the threshold speech goes on: Silero's own setting."""

_SILENCE = 0.01
"""Speech does not go on below it, however low the threshold is."""


@dataclass(frozen=True, slots=True)
class Detection:
    """When speech counts as begun and as ended.

    Attributes:
        threshold: least score of speech, 0 to 1.
        prefix_ms: how much before it the speech is said to begin.
        silence_ms: how long it is silent before speech has ended.
    """

    threshold: float = 0.5
    prefix_ms: int = 300
    silence_ms: int = 500


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """Speech was heard; `at_ms` is where it begins, padding included, in ms of the session's audio."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """It has been silent for long enough; `at_ms` is where that was known, in ms of the session's audio."""

    at_ms: int


SpeechEdge = SpeechBegan | SpeechEnded


class TurnDetector:
    """Speech begins with the first frame that reaches the threshold: a second one would come too late.

    A score of 0 is no speech, whatever the threshold.

    Args:
        at_ms: where in the session's audio the first frame begins.
    """

    def __init__(self, at_ms: float = 0.0) -> None:
        self._at = at_ms
        self._ended = at_ms  # where the speech before ended: padding goes no further back
        self._speaking = False
        self._silent = 0.0

    def hear(self, score: float, detection: Detection) -> SpeechEdge | None:
        """Return what a frame of 32 ms changes, given its score, 0 to 1."""
        began, self._at = self._at, self._at + FRAME_MS
        if not self._speaking:
            if score <= 0 or score < detection.threshold:
                return None
            self._speaking, self._silent = True, 0.0
            return SpeechBegan(round(max(self._ended, began - detection.prefix_ms)))
        if score >= max(detection.threshold - _LINGER, _SILENCE):
            self._silent = 0.0
            return None
        self._silent += FRAME_MS
        if self._silent < detection.silence_ms:
            return None
        return self._end()

    def leave(self) -> SpeechEdge | None:
        """Return what changes where hearing breaks off: speech that had begun has ended."""
        return self._end() if self._speaking else None

    def _end(self) -> SpeechEnded:
        self._speaking, self._ended = False, self._at
        return SpeechEnded(round(self._at))

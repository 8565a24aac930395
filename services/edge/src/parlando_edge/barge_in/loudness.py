"""Speech as what is louder than the noise before it: cheap, and deceived by music and by a slammed door."""

from __future__ import annotations

import math

from parlando_edge.barge_in.detector import Samples
from parlando_edge.barge_in.samples import level_of

_QUIETEST_DB = -50.0
"""Nothing below it, in dB of full scale, is speech."""

_CERTAIN_DB = 12.0
"""How far above the noise the score is 1; a threshold of 0.5 is half as far."""

_RISE_DB = 0.15
"""How much the noise is taken to rise in a frame at most: about 5 dB a second."""

_FALL = 0.3
"""Which part of the way down to a quieter frame it falls at once."""


class LoudnessDetector:
    """Follows the noise, and scores two frames together: one alone may be a click."""

    def __init__(self) -> None:
        self._noise: float | None = None
        self._before = 0.0

    def score(self, frame: Samples) -> float:
        """Return how far the frame and the one before it stand out of the noise, 0 to 1."""
        level = 20 * math.log10(max(level_of(frame), 1e-5))
        if self._noise is None:
            self._noise = level
        if level < self._noise:
            self._noise += _FALL * (level - self._noise)
        else:
            self._noise = min(level, self._noise + _RISE_DB)
        above = level - self._noise if level > _QUIETEST_DB else 0.0
        score = min(1.0, max(0.0, above / _CERTAIN_DB))
        before, self._before = self._before, score
        return min(before, score)

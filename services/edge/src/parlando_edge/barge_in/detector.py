"""The port of what tells speech from other sound."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Sound at 16,000 Hz, -1 to 1."""


class SpeechDetector(Protocol):
    """Judges one stream of frames, in order."""

    def score(self, frame: Samples) -> float:
        """Return how likely a frame of 512 samples is speech, 0 to 1."""
        ...

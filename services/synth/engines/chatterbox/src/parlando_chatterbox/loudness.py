"""How loud a voice speaks, and what brings it to the loudness of all others."""

from __future__ import annotations

import math

import numpy as np
import pyloudnorm
from numpy.typing import NDArray

from parlando_chatterbox.wave import RATE

_MOST_GAIN = 20.0  # dB, up or down; a voice further off is no voice
_PEAK = 0.95  # of full scale: what a voice's loudest sample may come to


def gain(sound: NDArray[np.float32], target: float) -> float:
    """Return what brings a voice to a loudness: one factor for all that it says, so that nothing pumps.

    Args:
        sound: something that the voice said, at `RATE`.
        target: integrated loudness, in LUFS (ITU-R BS.1770-4).
    """
    meter = pyloudnorm.Meter(RATE)
    if len(sound) < meter.block_size * RATE:
        return 1.0
    away = target - meter.integrated_loudness(sound)
    if not math.isfinite(away):  # nothing that can be heard
        return 1.0
    factor = 10 ** (max(-_MOST_GAIN, min(away, _MOST_GAIN)) / 20)
    return float(min(factor, _PEAK / np.abs(sound).max()))

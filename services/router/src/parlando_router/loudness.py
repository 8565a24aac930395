"""One voice made as loud as another."""

from __future__ import annotations

import numpy as np


def louder(pcm: bytes, gain_db: float) -> bytes:
    """Return 16-bit samples made louder by so many decibels; peaks are held at full scale."""
    if not gain_db:
        return pcm
    scaled = np.frombuffer(pcm, dtype="<i2") * np.float32(10 ** (gain_db / 20))
    return np.clip(np.rint(scaled), -32768, 32767).astype("<i2").tobytes()

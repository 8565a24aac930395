"""Sound for tests of the router: bursts whose beginning and end can be found again to the sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from parlando_router.events import Samples

AMPLITUDE = 8_000


def silence(seconds: float, rate: int) -> Samples:
    """Return digital silence."""
    return np.zeros(round(seconds * rate), dtype=np.int16)


def burst(seconds: float, rate: int, hertz: float = 1_000.0) -> Samples:
    """Return a tone that is loud from its first sample to its last."""
    turns = np.arange(round(seconds * rate)) * hertz / rate
    wave: NDArray[np.float64] = AMPLITUDE * np.cos(2 * np.pi * turns)
    return wave.astype(np.int16)


def speech(parts: Sequence[tuple[str, float]], rate: int) -> Samples:
    """Return sound from a score such as `[("quiet", 0.1), ("loud", 0.05)]`, in seconds."""
    made = [silence(seconds, rate) if kind == "quiet" else burst(seconds, rate) for kind, seconds in parts]
    return np.concatenate(made)


def bursts(samples: Samples, rate: int, *, apart: float = 0.004) -> list[tuple[int, int]]:
    """Return [first, end) of every burst, two being told apart by `apart` seconds of quiet."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > AMPLITUDE * 0.3)
    if not len(loud):
        return []
    gaps = np.flatnonzero(np.diff(loud) > apart * rate)
    firsts = [int(loud[0]), *(int(loud[gap + 1]) for gap in gaps)]
    ends = [*(int(loud[gap]) + 1 for gap in gaps), int(loud[-1]) + 1]
    return list(zip(firsts, ends, strict=True))


def largest_step(samples: Samples) -> int:
    """Return the largest difference between two neighbours."""
    return int(np.abs(np.diff(samples.astype(np.int32))).max())

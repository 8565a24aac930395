"""What can be heard in samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RATE = 22_050
_WINDOW = 1_024
_LOWEST, _HIGHEST = 50, 450  # Hz


def loudness(pcm: Sequence[int]) -> float:
    """Return the root mean square."""
    return float(np.sqrt(np.mean(np.square(np.asarray(pcm, dtype=float)))))


def brightness(pcm: Sequence[int]) -> float:
    """Return the mean frequency of the power spectrum, in Hz."""
    power = np.abs(np.fft.rfft(np.asarray(pcm, dtype=float))) ** 2
    frequencies = np.fft.rfftfreq(len(pcm), 1 / RATE)
    return float((power * frequencies).sum() / power.sum())


def fundamental(pcm: Sequence[int]) -> float:
    """Return the median fundamental frequency of the voiced windows, in Hz."""
    samples = np.asarray(pcm, dtype=float)
    found: list[float] = []
    shortest, longest = RATE // _HIGHEST, RATE // _LOWEST
    for start in range(0, len(samples) - 2 * _WINDOW, _WINDOW):
        window = samples[start : start + 2 * _WINDOW]
        if loudness(window.astype(int).tolist()) < 1_000:
            continue
        alike = np.correlate(window, window, "full")[2 * _WINDOW - 1 :]
        best = alike[shortest:longest].max()
        peaks = [
            lag
            for lag in range(shortest, longest)
            if alike[lag] > 0.85 * best and alike[lag] >= max(alike[lag - 1], alike[lag + 1])
        ]
        if peaks and best > 0.4 * alike[0]:
            found.append(RATE / peaks[0])  # the first, lest an octave below be taken for it
    return float(np.median(found))

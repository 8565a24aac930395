"""How loud speech is, and speech made louder. Pure.

Loudness is integrated as ITU-R BS.1770-4 states it: the power of K-weighted blocks of 400 ms that begin every
100 ms, gated at -70 LUFS and again at 10 LU below the mean of what is left. The weighting is applied to the
spectrum of each 100 ms, which numpy can do: its two filters are those of the recommendation, made for any
rate of samples from their analogue form as libebur128 does.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_STEPS_A_SECOND = 10
_STEPS_A_BLOCK = 4
_OFFSET = -0.691
_ABSOLUTE_GATE = -70.0
_RELATIVE_GATE = -10.0
_FULL_SCALE = 32_768.0

# Of the high shelf, which stands for the head, and of the high-pass: hertz, quality, the shelf's gain in dB.
_SHELF = (1_681.974450955533, 0.7071752369554196, 3.999843853973347)
_HIGH_PASS = (38.13547087602444, 0.5003270373238773)
_PASSED = 1.004994958
"""What the recommendation's high-pass, stated for 48 kHz, leaves of high tones: more than all."""


def louder(pcm: bytes, gain_db: float) -> bytes:
    """Return 16-bit samples made louder by so many decibels; peaks are held at full scale."""
    if not gain_db:
        return pcm
    scaled = np.frombuffer(pcm, dtype="<i2") * np.float32(10 ** (gain_db / 20))
    return np.clip(np.rint(scaled), -32768, 32767).astype("<i2").tobytes()


def loudness(pcm: bytes, rate: int) -> float | None:
    """Return the integrated loudness of one channel of 16-bit samples, in LUFS.

    None where there is less than one block, or nothing above the gates.
    """
    samples = np.frombuffer(pcm, dtype="<i2")
    step = rate // _STEPS_A_SECOND
    steps = len(samples) // step
    if steps < _STEPS_A_BLOCK:
        return None
    spectra = np.fft.rfft(samples[: steps * step].reshape(steps, step) / _FULL_SCALE)
    powers = (spectra.real**2 + spectra.imag**2) @ _weights(rate, step)
    blocks = np.lib.stride_tricks.sliding_window_view(powers, _STEPS_A_BLOCK).mean(axis=1)
    blocks = blocks[blocks > _power(_ABSOLUTE_GATE)]
    if not len(blocks):
        return None
    blocks = blocks[blocks > blocks.mean() * 10 ** (_RELATIVE_GATE / 10)]
    return float(_OFFSET + 10 * np.log10(blocks.mean()))


def _power(level: float) -> float:
    return float(10 ** ((level - _OFFSET) / 10))


@lru_cache(maxsize=8)
def _weights(rate: int, length: int) -> NDArray[np.float64]:
    """Return by how much each bin of a real spectrum counts, so that they add up to the mean square."""
    turns = np.exp(-2j * np.pi * np.fft.rfftfreq(length))
    response = _shelf(turns, rate) * _high_pass(turns, rate)
    both_sides = np.full(len(turns), 2.0)
    both_sides[0] = 1.0
    if length % 2 == 0:
        both_sides[-1] = 1.0
    weights: NDArray[np.float64] = np.abs(response) ** 2 * both_sides / length**2
    return weights


def _shelf(turns: NDArray[np.complex128], rate: int) -> NDArray[np.complex128]:
    hertz, quality, gain = _SHELF
    k = np.tan(np.pi * hertz / rate)
    high = 10 ** (gain / 20)
    band = high**0.4996667741545416
    over = (high + band * k / quality + k * k, 2 * (k * k - high), high - band * k / quality + k * k)
    under = (1 + k / quality + k * k, 2 * (k * k - 1), 1 - k / quality + k * k)
    return _response(over, under, turns)


def _high_pass(turns: NDArray[np.complex128], rate: int) -> NDArray[np.complex128]:
    hertz, quality = _HIGH_PASS
    k = np.tan(np.pi * hertz / rate)
    under = (1 + k / quality + k * k, 2 * (k * k - 1), 1 - k / quality + k * k)
    return _response((_PASSED, -2 * _PASSED, _PASSED), under, turns)


def _response(
    over: tuple[float, float, float], under: tuple[float, float, float], turns: NDArray[np.complex128]
) -> NDArray[np.complex128]:
    # Polynomials in z to the power of -1, the constant first.
    response: NDArray[np.complex128] = np.polyval(over[::-1], turns) / np.polyval(under[::-1], turns)
    return response

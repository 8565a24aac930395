"""From a client's bytes to samples at 16,000 Hz, with hardly a delay."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from parlando_edge.barge_in.detector import Samples
from parlando_edge.barge_in.turns import RATE
from parlando_edge.formats import AudioFormat, Codec

_UP = 2
_TAPS = 49
"""Of the filter: it delays by 0.5 ms from 24,000 Hz and 1.5 ms from 8,000 Hz."""


def _mulaw_table() -> Samples:
    """Return the sample each byte of µ-law stands for (ITU-T G.711)."""
    code = ~np.arange(256) & 0xFF
    size = ((((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    return np.asarray(np.where(code & 0x80, -size, size) / 32_768, np.float32)


def _alaw_table() -> Samples:
    """Return the sample each byte of A-law stands for (ITU-T G.711)."""
    code = np.arange(256) ^ 0x55
    exponent, mantissa = (code & 0x70) >> 4, (code & 0x0F) << 4
    size = np.where(exponent == 0, mantissa + 8, (mantissa + 0x108) << np.maximum(exponent - 1, 0))
    return np.asarray(np.where(code & 0x80, size, -size) / 32_768, np.float32)


_TABLES = {Codec.MULAW: _mulaw_table(), Codec.ALAW: _alaw_table()}


def decode(data: bytes, audio: AudioFormat) -> Samples:
    """Return the samples in bytes of one of Realtime's formats, at the format's rate."""
    if audio.codec in _TABLES:
        return np.asarray(_TABLES[audio.codec][np.frombuffer(data, np.uint8)], np.float32)
    return np.asarray(np.frombuffer(data, "<i2") / np.float32(32_768), np.float32)


def level_of(frame: Samples) -> float:
    """Return the root mean square of samples, 0 to 1."""
    return math.sqrt(float(np.dot(frame, frame)) / len(frame))


class Resampler:
    """Brings one stream from 24,000 or 8,000 Hz to 16,000 Hz.

    Twice as many samples, a windowed sinc, and of them each third from 24,000 Hz, each from 8,000 Hz.
    """

    def __init__(self, rate: int) -> None:
        self._down = rate * _UP // RATE
        self._filter = _low_pass(1 / max(self._down, _UP))
        self._tail = np.zeros(_TAPS - 1, np.float32)
        self._skip = 0

    def resample(self, samples: Samples) -> Samples:
        """Return what the next samples add."""
        if not len(samples):
            return samples
        raised = np.zeros(len(samples) * _UP, np.float32)
        raised[::_UP] = samples
        joined = np.concatenate([self._tail, raised])
        self._tail = joined[-(_TAPS - 1) :]
        made = np.convolve(joined, self._filter, "valid")[self._skip :: self._down]
        self._skip += len(made) * self._down - len(raised)
        return np.asarray(made, np.float32)


def _low_pass(cutoff: float) -> NDArray[np.float32]:
    """Return a filter that keeps what lies below `cutoff`, in parts of half the rate, as loud as it was."""
    place = np.arange(_TAPS) - _TAPS // 2
    taps = np.sinc(cutoff * place) * np.blackman(_TAPS)
    return np.asarray(taps * (_UP / taps.sum()), np.float32)

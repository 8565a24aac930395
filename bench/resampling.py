"""What each quality of the resampler costs and gives.

    bench/resampling.py [--from 22050] [--to 24000]

A sine of half of full scale is fed in pieces of 10 ms, as an engine's audio comes. For each quality: how
much audio must have gone in before any comes out, which is what a quality adds to the first chunk in audio
that an engine has to make; CPU a second of audio; and for tones up to nine tenths of the lower rate's half,
the ratio of the tone to all that is not the tone, and the tone's gain. 16-bit samples allow some 86 dB.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import soxr
from numpy.typing import NDArray

_QUALITIES = ("VHQ", "HQ", "MQ", "LQ", "QQ")
_SECONDS = 4
_PIECE_SECONDS = 0.010
_AMPLITUDE = 16_384


def resampled(
    samples: NDArray[np.int16], quality: str, rate: int, wanted: int
) -> tuple[NDArray[np.int16], float]:
    """Return the samples at the wanted rate, and the ms of audio that went in before any came out."""
    stream = soxr.ResampleStream(rate, wanted, 1, dtype="int16", quality=quality)
    piece, pieces, silent = round(_PIECE_SECONDS * rate), [], 0
    for start in range(0, len(samples), piece):
        pieces.append(stream.resample_chunk(samples[start : start + piece]))
        silent += not any(map(len, pieces))
    pieces.append(stream.resample_chunk(samples[:0], last=True))
    return np.concatenate(pieces), (silent + 1) * _PIECE_SECONDS * 1000


def tone_in(samples: NDArray[np.int16], frequency: float, rate: int) -> tuple[float, float]:
    """Return the ratio of a tone to the rest of the signal, and its gain; both in dB."""
    middle = slice(len(samples) // 4, 3 * len(samples) // 4)
    phase = 2 * np.pi * frequency * np.arange(len(samples))[middle] / rate
    basis = np.stack((np.sin(phase), np.cos(phase)), axis=1)
    heard = samples[middle].astype(np.float64)
    found = np.linalg.lstsq(basis, heard, rcond=None)[0]
    tone = basis @ found
    ratio = float(np.sum(tone**2) / np.sum((heard - tone) ** 2))
    return 10 * float(np.log10(ratio)), 20 * float(np.log10(np.hypot(*found) / _AMPLITUDE))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--from", type=int, default=22_050, dest="rate", help="samples a second in")
    parser.add_argument("--to", type=int, default=24_000, dest="wanted", help="samples a second out")
    arguments = parser.parse_args()
    rate, wanted = arguments.rate, arguments.wanted
    half = min(rate, wanted) / 2
    tones = (200.0, 1000.0, 3000.0, 0.8 * half, 0.9 * half)
    print(f"{rate} to {wanted} Hz")
    print(f"{'quality':<9}{'first ms':>9}{'CPU ms/s':>10}" + "".join(f"{tone:>14.0f} Hz" for tone in tones))
    for quality in _QUALITIES:
        told, first, used = [], 0.0, 0.0
        for tone in tones:
            sine = _AMPLITUDE * np.sin(2 * np.pi * tone * np.arange(_SECONDS * rate) / rate)
            samples = np.round(sine).astype(np.int16)
            began = time.process_time()
            out, first = resampled(samples, quality, rate, wanted)
            used += time.process_time() - began
            ratio, gain = tone_in(out, tone, wanted)
            told.append(f"{ratio:5.0f} dB {gain:+6.2f}")
        cost = used * 1000 / (_SECONDS * len(tones))
        print(f"{quality:<9}{first:9.0f}{cost:10.2f}" + "".join(f"{one:>17}" for one in told))


if __name__ == "__main__":
    main()

"""What a run made, as it is joined to the run before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from kokoro_onnx.trim import trim
from numpy.typing import NDArray

from parlando_kit.ledger import TimingQuality
from parlando_kokoro.network import SAMPLE_RATE, Run

_MARGIN = round(0.025 * SAMPLE_RATE)  # of the silence around a run, what is always kept
_FADE = round(0.005 * SAMPLE_RATE)  # at both ends, so that no cut clicks
# How much of the silence after a mark is kept, in samples: what the network makes of it at the end of a run.
_PAUSES = {
    mark: round(seconds * SAMPLE_RATE) for marks, seconds in ((".!?…", 0.25), (",;:—", 0.1)) for mark in marks
}


@dataclass(frozen=True, slots=True)
class Spliced:
    """A run, ready to follow the one before.

    Attributes:
        samples: float32, faded at both ends.
        edges: first sample of each symbol, and the end of the last: n + 1 values for n symbols.
        quality: of the edges.
    """

    samples: NDArray[np.float32]
    edges: NDArray[np.int64]
    quality: TimingQuality


def spliced(run: Run, symbols: str) -> Spliced:
    """Return what a run made without the silence that the network puts around it, but for a mark's pause.

    Where the network does not tell how long its symbols last, each is taken to last the same.
    """
    kept = _PAUSES.get(symbols.rstrip('"”)')[-1:], _MARGIN)
    if run.edges is not None:
        speech = int(run.edges[1]), int(run.edges[-2])
        quality = TimingQuality.EXACT
        edges = run.edges[1:-1]
    else:
        _, (start, end) = trim(run.samples)
        speech = int(start), int(end)
        quality = TimingQuality.ESTIMATED
        edges = np.linspace(*speech, len(symbols) + 1).round().astype(np.int64)
    first = max(speech[0] - _MARGIN, 0)
    last = min(speech[1] + kept, len(run.samples))
    samples = run.samples[first:last].copy()
    fade = min(_FADE, len(samples) // 2)
    ramp = np.linspace(0, 1, fade, endpoint=False, dtype=np.float32)
    samples[:fade] *= ramp
    samples[len(samples) - fade :] *= ramp[::-1]
    return Spliced(samples, np.clip(edges - first, 0, len(samples)), quality)

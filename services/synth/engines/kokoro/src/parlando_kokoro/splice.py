"""What a run makes, as it is joined to the run before it."""

from __future__ import annotations

from collections.abc import Iterator
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
        length: of all of it, in samples.
        edges: first sample of each symbol, and the end of the last: n + 1 values for n symbols.
        quality: of the edges.
        first: the first part of it, float32, faded in.
        windows: those that follow; the last is faded out. See `Run.windows`.
    """

    length: int
    edges: NDArray[np.int64]
    quality: TimingQuality
    first: NDArray[np.float32]
    windows: Iterator[NDArray[np.float32]]

    def symbols_by(self, samples: int) -> int:
        """Return how many symbols have been said by a sample."""
        if samples == self.length:
            return len(self.edges) - 1
        return int(np.searchsorted(self.edges[1:], samples, side="right"))


def spliced(run: Run, symbols: str) -> Spliced | None:
    """Return what a run makes without the silence that the network puts around it, but for a mark's pause.

    Where the network does not tell how long its symbols last, each is taken to last the same. None where the
    job was stopped before there was a window.
    """
    kept = _PAUSES.get(symbols.rstrip('"”)')[-1:], _MARGIN)
    windows = run.windows
    if run.edges is not None:
        speech = int(run.edges[1]), int(run.edges[-2])
        quality = TimingQuality.EXACT
        edges = run.edges[1:-1]
    else:
        whole = np.concatenate(list(windows))
        windows = iter([whole])
        _, (start, end) = trim(whole)
        speech = int(start), int(end)
        quality = TimingQuality.ESTIMATED
        edges = np.linspace(*speech, len(symbols) + 1).round().astype(np.int64)
    first = max(speech[0] - _MARGIN, 0)
    last = min(speech[1] + kept, run.length)
    length = last - first
    parts = _cut(windows, first, last)
    begin = next(parts, None)
    if begin is None:
        return None
    return Spliced(length, np.clip(edges - first, 0, length), quality, begin, parts)


def _cut(windows: Iterator[NDArray[np.float32]], first: int, last: int) -> Iterator[NDArray[np.float32]]:
    """Yield what of a run's windows lies in it from `first` to `last`, faded in and out at these."""
    length = last - first
    fade = max(min(_FADE, length // 2), 1)
    ramp = np.arange(fade + 1) / fade
    place = 0
    for window in windows:
        start, end = max(first - place, 0), min(last - place, len(window))
        if start < end:
            samples = window[start:end].copy()
            since = place + start - first
            # Its ends alone: the rest may be seconds long, and milliseconds in which no other thread may run.
            rising = samples[: max(fade - since, 0)]
            rising *= ramp[since : since + len(rising)]
            falling = samples[max(length - fade - since, 0) :]
            left = length - since - len(samples)
            falling *= ramp[left + 1 : left + 1 + len(falling)][::-1]
            yield samples
        place += len(window)

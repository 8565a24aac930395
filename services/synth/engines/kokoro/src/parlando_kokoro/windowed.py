"""The network in two halves: the first audio of a long text comes early, with the prosody of the whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import onnxruntime as ort
from kokoro_onnx.sliding import token_edges
from numpy.typing import NDArray

from parlando_kit.errors import ParlandoError, Reason
from parlando_kokoro.cutting import UncutError, halves
from parlando_kokoro.model import Model
from parlando_kokoro.network import Run
from parlando_kokoro.parts import in_parts
from parlando_synth.networks import session, unless_stopped
from parlando_synth.stop_flag import StopFlag

FRAME = 600
"""Samples of a frame."""

_FIRST = 20  # frames of the first window: half a second
_GROWTH = 1.5  # each later window is as many times longer: playback stays ahead
_REST = 1.25  # a rest this little longer than a window is not cut off it
_LONGEST = 320  # frames: a stop wastes no more
_AROUND = 6  # frames on either side of a window that it is decoded with, and that are dropped
_PITCHES = 2  # of pitch and energy, in a frame
_SOURCES = 120  # of the source, in a frame


class Points(NamedTuple):
    """How a text is to sound: what the second half takes, and how long each symbol lasts, in frames."""

    asr: NDArray[np.float32]
    pitch: NDArray[np.float32]
    energy: NDArray[np.float32]
    source: NDArray[np.float32]
    durations: NDArray[np.int64]


def growing() -> Iterator[int]:
    """Yield frames of windows that grow, so that the first is there early and playback stays ahead."""
    size = _FIRST
    while True:
        yield size
        size = min(int(size * _GROWTH), _LONGEST)


class WindowedModel(Model):
    """A `Network` that gives out what it makes of a text window by window.

    Args:
        path: the ONNX file.
        threads: threads of one run.

    Raises:
        ParlandoError: as `Model`; ENGINE_FAILED, the export cannot be cut.
    """

    windowed = True

    def __init__(self, path: Path, *, threads: int) -> None:
        super().__init__(path, threads=threads)

    def run(
        self, symbols: Sequence[int], style: NDArray[np.float32], speed: float, stop: StopFlag
    ) -> Run | None:
        """Find how a text sounds, and decode it as its windows are asked for; see `Network.run`."""
        points = self.prosody(symbols, style, speed, stop)
        if points is None:
            return None
        length = points.asr.shape[2] * FRAME
        edges = token_edges(points.durations, length)
        return Run(length, edges, self.windows(points, style, stop, growing()))

    def prosody(
        self, symbols: Sequence[int], style: NDArray[np.float32], speed: float, stop: StopFlag
    ) -> Points | None:
        """Return how a text is to sound; arguments as in `run`."""
        found = unless_stopped(stop, partial(self._outputs, self._inputs(symbols, style, speed)))
        if found is None:
            return None
        asr, pitch, energy, source, durations = found
        return Points(asr, pitch, energy, source, durations.ravel())

    def windows(
        self, points: Points, style: NDArray[np.float32], stop: StopFlag, sizes: Iterable[int]
    ) -> Iterator[NDArray[np.float32]]:
        """Decode, each window when it is asked for, with the statistics of all until then.

        Args:
            points: how it is to sound.
            style: as in `run`.
            stop: ends the windows.
            sizes: of the windows in frames; the last one also takes what would be a short one after it.
        """
        frames = points.asr.shape[2]
        mean = variance = self._unknown
        start = 0
        for size in sizes:
            end = start + size if frames - start > size * _REST else frames
            first, last = max(start - _AROUND, 0), min(end + _AROUND, frames)
            inputs = {
                self._names["asr"]: points.asr[:, :, first:last],
                self._names["pitch"]: points.pitch[:, :, first * _PITCHES : last * _PITCHES],
                self._names["energy"]: points.energy[:, :, first * _PITCHES : last * _PITCHES],
                self._names["source"]: points.source[:, :, first * _SOURCES : last * _SOURCES + 1],
                "style": np.asarray(style, np.float32),
                "mean": mean,
                "variance": variance,
                "weight": np.array([(last - first) / (start + last - first)], np.float32),
            }
            decoded = unless_stopped(stop, partial(self._decoder.run, None, inputs))
            if decoded is None:
                return
            samples, mean, variance = decoded
            yield np.asarray(samples, np.float32).ravel()[(start - first) * FRAME : (end - first) * FRAME]
            start = end
            if start == frames:
                return

    def _opened(self, path: Path) -> ort.InferenceSession:
        try:
            cut = halves(onnx.load(path))
        except UncutError as error:
            raise ParlandoError(
                Reason.ENGINE_FAILED,
                f"{path.name} cannot be decoded in windows ({error}): set KOKORO_WINDOWED=false",
            ) from error
        self._decoder = session(in_parts(cut.decoder).SerializeToString(), threads=self._threads)
        self._names = cut.points
        self._unknown = np.zeros((1, cut.norms, 1), np.float32)
        return session(cut.prosody.SerializeToString(), threads=self._threads)

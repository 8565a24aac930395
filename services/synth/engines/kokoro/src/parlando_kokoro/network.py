"""What the engine needs of a network, whatever runs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from kokoro_onnx.config import MAX_PHONEME_LENGTH, SAMPLE_RATE
from numpy.typing import NDArray

from parlando_synth.stop_flag import StopFlag

__all__ = ["LONGEST_RUN", "SAMPLE_RATE", "STYLE", "Network", "Run"]

LONGEST_RUN = MAX_PHONEME_LENGTH
"""Symbols that the network takes at once."""

STYLE = 256
"""Length of a style vector."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of the network makes.

    Attributes:
        length: of all of it, in samples at `SAMPLE_RATE`.
        edges: first sample of the leading pad, of each symbol, of the trailing pad, and the end: n + 3 values
            for n symbols; None where the network does not tell.
        windows: parts that follow one another, float32 in [-1, 1], each made when it is asked for; they end
            early once the job is stopped. One, and made already, where the network makes all of it at once.
    """

    length: int
    edges: NDArray[np.int64] | None
    windows: Iterator[NDArray[np.float32]]


class Network(Protocol):
    """The network, loaded. Any number of threads may run it at the same time.

    Attributes:
        vocabulary: symbol to number.
        timed: it tells how long each symbol lasts.
        whole_speeds: it takes whole numbers as speed alone.
        windowed: what it makes of a text comes in parts, so that a text need not be cut to be heard early.
    """

    vocabulary: Mapping[str, int]
    timed: bool
    whole_speeds: bool
    windowed: bool

    def run(
        self, symbols: Sequence[int], style: NDArray[np.float32], speed: float, stop: StopFlag
    ) -> Run | None:
        """Speak a few symbols.

        Args:
            symbols: 1 to `LONGEST_RUN` numbers of the vocabulary.
            style: float32 [1, 256].
            speed: 0.5 to 2.0; 1 or 2 where `whole_speeds`.
            stop: ends the run, also in the middle.

        Returns:
            What was made, or None when the job was stopped meanwhile.
        """
        ...

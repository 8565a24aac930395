"""A long sentence of Kokoro in windows, against the whole at once and against runs that double.

    python bench/kokoro_network.py /tmp/kokoro        once: a network of full size (it says how)
    PYTHON bench/kokoro_windows.py /tmp/kokoro [--threads 2] [--rounds 3]

PYTHON is that of Kokoro's own environment. One sentence of 62 words, spoken in three ways in turn: time to
the first audio and in all, underruns of a player that starts with it, and how far below the whole the error
of the windows lies. Exits with 1 where a limit is passed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from parlando_kokoro.model import Model
from parlando_kokoro.network import SAMPLE_RATE
from parlando_kokoro.windowed import WindowedModel, growing
from parlando_synth.stop_flag import StopFlag

SYMBOLS = 330
"""Of 62 words, spaces and marks included."""

DOUBLING = (10, 20, 40, 80, 160, 20)
"""Symbols of the runs that the sentence would be cut into."""

FIRST = 0.1
"""Of a whole run: within what the first window must be there."""

TOTAL = 1.3
"""Of a whole run: what all windows together may take."""


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds to the first audio, in all, and without audio while playing."""

    first: float
    all: float
    underrun: float


def played(parts: Iterable[NDArray[np.float32]]) -> Timed:
    """Take the parts as they are made, and play them in thought."""
    began = time.perf_counter()
    first = until = underrun = 0.0
    for part in parts:
        now = time.perf_counter() - began
        first = first or now
        underrun += max(now - until, 0.0) if until else 0.0
        until = max(until, now) + len(part) / SAMPLE_RATE
    return Timed(first, time.perf_counter() - began, underrun)


Samples = NDArray[np.float32]


def spoken(model: Model, symbols: list[int], sizes: Iterable[int], style: Samples) -> Iterator[Samples]:
    """Yield what a network makes of symbols in runs of so many."""
    start = 0
    for size in sizes:
        run = model.run(symbols[start : start + size], style, 1.0, StopFlag())
        assert run is not None  # noqa: S101  # nobody stops it
        yield from run.windows
        start += size


def decibels(model: WindowedModel, symbols: list[int], style: NDArray[np.float32]) -> list[float]:
    """Return how far below the whole the error of each window lies, and last that of all."""
    points = model.prosody(symbols, style, 1.0, StopFlag())
    assert points is not None  # noqa: S101  # nobody stops it
    (whole,) = model.windows(points, style, StopFlag(), [points.asr.shape[2]])
    windows = list(model.windows(points, style, StopFlag(), growing()))
    found, start = [], 0
    for window in (*windows, np.concatenate(windows)):
        start %= len(whole)
        part = whole[start : start + len(window)]
        found.append(float(10 * np.log10(np.square(part).sum() / np.square(part - window).sum())))
        start += len(window)
    return found


def main() -> int:
    """Measure and print."""
    summary = "Compare Kokoro's windows with the whole."
    parser = argparse.ArgumentParser(description=summary)
    parser.add_argument("folder", type=Path, help="with kokoro.onnx and voices.bin")
    parser.add_argument("--threads", type=int, default=min(os.cpu_count() or 1, 4))
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    path = arguments.folder / "kokoro.onnx"
    whole, windowed = Model(path, threads=arguments.threads), WindowedModel(path, threads=arguments.threads)
    random = np.random.default_rng(0)
    symbols = random.integers(1, 100, SYMBOLS).tolist()
    style = random.normal(0, 0.2, (1, 256)).astype(np.float32)
    ways = {
        "whole": lambda: spoken(whole, symbols, [SYMBOLS], style),
        "doubling": lambda: spoken(whole, symbols, DOUBLING, style),
        "windows": lambda: spoken(windowed, symbols, [SYMBOLS], style),
    }
    for way in ways.values():  # the first run lays out memory
        played(way())
    rounds = [{name: played(way()) for name, way in ways.items()} for _ in range(arguments.rounds)]
    print(f"{'':10}{'first':>9}{'of whole':>10}{'in all':>9}{'of whole':>10}{'underrun':>10}")
    for name in ways:
        first, total = (
            statistics.median(getattr(each[name], what) / each["whole"].all for each in rounds)
            for what in ("first", "all")
        )
        seconds = [
            statistics.median(getattr(each[name], what) for each in rounds) for what in ("first", "all")
        ]
        late = max(each[name].underrun for each in rounds)
        print(f"{name:10}{seconds[0]:8.2f}s{first:10.3f}{seconds[1]:8.2f}s{total:9.2f}x{late * 1000:8.0f}ms")
    print(f"limits for windows: first audio {FIRST:g} of the whole run, in all {TOTAL:g} times")
    *by_window, together = decibels(windowed, symbols, style)
    print(
        f"error of the windows: {together:.1f} dB below the whole; window by window "
        + " ".join(f"{each:.0f}" for each in by_window)
    )
    return 0 if first <= FIRST and total <= TOTAL else 1


if __name__ == "__main__":
    sys.exit(main())

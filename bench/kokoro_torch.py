"""What glibc's memory costs Kokoro on PyTorch: long runs with memory kept for the next one, and without.

    PYTHON bench/kokoro_torch.py [--threads 2] [--rounds 3] [--symbols 15 160 330]

PYTHON is that of kokoro-torch. The makers' layers at full size, with the weights that they begin with, and a
bias on the durations, so that a symbol lasts about three frames. Each way is a process of its own, for what
malloc is told holds for good. Times are the process's own CPU seconds, for what the kernel clears and maps
is what this is about, and what else the machine does is not.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from parlando_kokoro.network import SAMPLE_RATE
from parlando_kokoro_torch.allocator import keep_memory
from parlando_kokoro_torch.model import loaded
from parlando_kokoro_torch.settings import KokoroTorchSettings
from parlando_synth.stop_flag import StopFlag

SYMBOLS = (15, 160, 330)
_FRAMES, _FIRING = 2.7, 6  # as in kokoro_network.py


def measured(threads: int, rounds: int, lengths: Sequence[int]) -> dict[str, float]:
    """Return the CPU seconds that runs take by their symbols, and megabytes at most."""
    with tempfile.NamedTemporaryFile(suffix=".pth") as empty:
        torch.save({}, empty.name)
        model = loaded(KokoroTorchSettings(model=Path(empty.name), threads=threads))
    with torch.no_grad():
        durations = model.layers.predictor.duration_proj.linear_layer
        durations.bias.fill_(-12.0)
        durations.bias[:_FIRING] = math.log((_FRAMES / _FIRING) / (1 - _FRAMES / _FIRING))
    random = np.random.default_rng(0)
    style = random.normal(0, 0.2, (1, 256)).astype(np.float32)
    found: dict[str, float] = {}
    for count in lengths:
        symbols = random.integers(1, 100, count).tolist()
        took = []
        for _ in range(rounds + 1):
            began = time.process_time()
            run = model.run(symbols, style, 1.0, StopFlag())
            took.append(time.process_time() - began)
        assert run is not None  # noqa: S101  # nobody stops it
        found[f"{count} symbols, {run.length / SAMPLE_RATE:.0f} s of audio"] = statistics.median(took[1:])
    found["most memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def main() -> None:
    """Measure both ways, and print."""
    parser = argparse.ArgumentParser(description="Measure Kokoro on PyTorch with memory kept and without.")
    parser.add_argument("--threads", type=int, default=min(os.cpu_count() or 1, 4))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--symbols", type=int, nargs="+", default=SYMBOLS, help="of the runs")
    parser.add_argument("--way", choices=("usual", "kept"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        if arguments.way == "kept" and not keep_memory():
            raise SystemExit("the C library cannot keep memory")
        print(json.dumps(measured(arguments.threads, arguments.rounds, arguments.symbols)))
        return
    ways = {}
    for way in ("usual", "kept"):
        told = subprocess.run(
            [sys.executable, *sys.argv, "--way", way], capture_output=True, text=True, check=True
        )
        ways[way] = json.loads(told.stdout.splitlines()[-1])
    for what, usual in ways["usual"].items():
        unit = "MB" if what == "most memory" else "s"
        kept = ways["kept"].get(what, math.nan)
        print(f"{what:30}{usual:8.2f} {unit:2} as usual{kept:9.2f} {unit:2} kept{usual / kept:7.2f}x")


if __name__ == "__main__":
    main()

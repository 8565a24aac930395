"""What glibc's memory costs Kokoro on PyTorch: runs with memory kept for the next one, and without.

    PYTHON bench/kokoro_torch.py [--threads 2] [--rounds 3] [--symbols 15 160 330]

PYTHON is that of kokoro-torch. The makers' layers at full size, with the weights that they begin with, and a
bias on the durations, so that a symbol lasts about three frames. Three ways: as the C library does by itself;
told by mallopt, as `parlando_kokoro_torch.allocator` does; and told by the environment, as one would who
cannot call it. Each is a process of its own, for what malloc is told holds for good, and they run in turn.

CPU seconds are the process's own, and of them those of the kernel: what it clears and maps is what this is
about. Seconds by the clock are those of a machine that may have more to do.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from parlando_kokoro.network import SAMPLE_RATE
from parlando_kokoro_torch.allocator import keep_memory
from parlando_kokoro_torch.model import TorchModel, loaded
from parlando_kokoro_torch.settings import KokoroTorchSettings
from parlando_synth.stop_flag import StopFlag

SYMBOLS = (15, 160, 330)
"""Of a first run, of the longest that the engine makes, and of 60 words in one, which it never makes."""

_FRAMES, _FIRING = 2.7, 6  # as in kokoro_network.py
_BY_ENVIRONMENT = {
    "MALLOC_MMAP_THRESHOLD_": "4294967295",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "MALLOC_TOP_PAD_": "268435456",
}
WAYS = ("usual", "mallopt", "environment")


def network(threads: int) -> TorchModel:
    """Return the network, with the same weights in every process."""
    torch.manual_seed(0)
    with tempfile.NamedTemporaryFile(suffix=".pth") as empty:
        torch.save({}, empty.name)
        model = loaded(KokoroTorchSettings(model=Path(empty.name), threads=threads))
    with torch.no_grad():
        durations = model.layers.predictor.duration_proj.linear_layer
        durations.bias.fill_(-12.0)
        durations.bias[:_FIRING] = math.log((_FRAMES / _FIRING) / (1 - _FRAMES / _FIRING))
    return model


def measured(model: TorchModel, count: int) -> dict[str, float]:
    """Run the network once on so many symbols; return what it took, in seconds, page faults and megabytes."""
    random = np.random.default_rng(count)
    style = random.normal(0, 0.2, (1, 256)).astype(np.float32)
    symbols = random.integers(1, 100, count).tolist()
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    run = model.run(symbols, style, 1.0, StopFlag())
    clock, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    assert run is not None  # noqa: S101  # nobody stops it
    kernel = after.ru_stime - before.ru_stime
    return {
        "audio": run.length / SAMPLE_RATE,
        "cpu": kernel + after.ru_utime - before.ru_utime,
        "kernel": kernel,
        "clock": clock,
        "faults": after.ru_minflt - before.ru_minflt,
        "most memory": after.ru_maxrss / 1024,
    }


def serve(way: str, threads: int) -> None:
    """Run the network as often as there are lines on stdin, each so many symbols."""
    if way == "mallopt" and not keep_memory():
        raise SystemExit("the C library cannot keep memory")
    model = network(threads)
    for line in sys.stdin:
        print(json.dumps(measured(model, int(line))), flush=True)


def asked(process: subprocess.Popen[str], count: int) -> dict[str, float]:
    """Have a process run the network on so many symbols."""
    assert process.stdin is not None  # noqa: S101  # it was asked for
    assert process.stdout is not None  # noqa: S101  # likewise
    process.stdin.write(f"{count}\n")
    process.stdin.flush()
    told: dict[str, float] = json.loads(process.stdout.readline())
    return told


def main() -> None:
    """Measure all ways, and print."""
    parser = argparse.ArgumentParser(description="Measure Kokoro on PyTorch with memory kept and without.")
    parser.add_argument("--threads", type=int, default=min(os.cpu_count() or 1, 4))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--symbols", type=int, nargs="+", default=SYMBOLS, help="of the runs")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        serve(arguments.way, arguments.threads)
        return
    print(
        f"{'symbols':>7}{'audio':>7}  {'':12}{'CPU s':>7}{'kernel':>8}{'clock':>8}{'faults':>10}"
        f"{'spares CPU':>12}{'clock':>7}  most memory"
    )
    with contextlib.ExitStack() as stack:
        processes = {
            way: stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-W", "ignore", *sys.argv, "--way", way],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    env={**os.environ, **(_BY_ENVIRONMENT if way == "environment" else {})},
                )
            )
            for way in WAYS
        }
        for count in arguments.symbols:
            for process in processes.values():
                asked(process, count)  # the first run lays out memory
            rounds = [
                {way: asked(process, count) for way, process in processes.items()}
                for _ in range(arguments.rounds)
            ]
            for way in WAYS:
                took = {
                    what: statistics.median(each[way][what] for each in rounds) for what in rounds[0][way]
                }
                ratios = [
                    statistics.median(each["usual"][what] / each[way][what] for each in rounds)
                    for what in ("cpu", "clock")
                ]
                print(
                    f"{count:7}{took['audio']:6.0f}s  {way:12}{took['cpu']:7.2f}{took['kernel']:8.2f}"
                    f"{took['clock']:8.2f}{took['faults']:10.0f}{ratios[0]:11.2f}x{ratios[1]:6.2f}x"
                    f"  {took['most memory']:.0f} MB",
                    flush=True,
                )
        for process in processes.values():
            process.terminate()


if __name__ == "__main__":
    main()

"""Kokoro with weights of 8 bits against the network that they are made from: speed, first audio, memory.

    python bench/kokoro_network.py /tmp/kokoro        once: a network of full size (it says how)
    PYTHON bench/kokoro_int8.py /tmp/kokoro [--threads 2] [--rounds 3]

PYTHON is that of Kokoro's own environment. The network is quantized as the published one is, dynamically,
into FOLDER/kokoro.int8.onnx, unless that is there. Both run in turn, on so many symbols as a first run has,
and as later ones have. Of random weights the speed is honest, and the sound is not: how 8 bits sound is not
measured.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path

import numpy as np
import psutil
from onnxruntime.quantization import QuantType, quantize_dynamic

from parlando_kokoro.model import Model
from parlando_kokoro.network import SAMPLE_RATE
from parlando_synth.stop_flag import StopFlag

SYMBOLS = (12, 60, 160)
"""Of a first run, of the third, and of the longest."""


def memory() -> float:
    """Return megabytes that this process alone has."""
    return float(psutil.Process().memory_full_info().uss / 1e6)


def timed(model: Model, count: int) -> tuple[float, float, float]:
    """Run a network once; return seconds, CPU seconds, and seconds of audio."""
    random = np.random.default_rng(count)
    symbols = random.integers(1, 100, count).tolist()
    style = random.normal(0, 0.2, (1, 256)).astype(np.float32)
    began, cpu = time.perf_counter(), time.process_time()
    run = model.run(symbols, style, 1.0, StopFlag())
    took, spent = time.perf_counter() - began, time.process_time() - cpu
    assert run is not None  # noqa: S101  # nobody stops it
    return took, spent, run.length / SAMPLE_RATE


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Compare Kokoro's int8 form with fp32.")
    parser.add_argument("folder", type=Path, help="with kokoro.onnx")
    parser.add_argument("--threads", type=int, default=min(os.cpu_count() or 1, 4))
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    paths = {"fp32": arguments.folder / "kokoro.onnx", "int8": arguments.folder / "kokoro.int8.onnx"}
    if not paths["int8"].exists():
        quantize_dynamic(paths["fp32"], paths["int8"], weight_type=QuantType.QUInt8)
    models: dict[str, Model] = {}
    for name, path in paths.items():
        before = memory()
        models[name] = Model(path, threads=arguments.threads)
        loaded = memory() - before
        timed(models[name], SYMBOLS[-1])  # the first run lays out memory
        print(
            f"{name}: file {path.stat().st_size / 1e6:.0f} MB, in memory {loaded:.0f} MB, after a run of "
            f"{SYMBOLS[-1]} symbols {memory() - before:.0f} MB"
        )
    print(f"{'':6}{'symbols':>8}{'run':>9}{'real-time factor':>18}{'CPU s per s':>13}{'of fp32':>9}")
    for count in SYMBOLS:
        rounds = [
            {name: timed(model, count) for name, model in models.items()} for _ in range(arguments.rounds)
        ]
        for name in models:
            took, factor, cpu, ratio = (
                statistics.median(values)
                for values in zip(
                    *(
                        (run[0], run[0] / run[2], run[1] / run[2], run[1] / run[2] / (own[1] / own[2]))
                        for run, own in ((each[name], each["fp32"]) for each in rounds)
                    ),
                    strict=True,
                )
            )
            print(f"{name:6}{count:8}{took:8.2f}s{factor:18.2f}{cpu:13.3f}{ratio:8.2f}x")


if __name__ == "__main__":
    main()

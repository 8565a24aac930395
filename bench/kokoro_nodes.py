"""The longest node of runs of Kokoro: how long a stop may have to wait, and what shorter runs would cost.

Run by bench/kokoro_stops.py in Kokoro's own environment.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnxruntime as ort

_SYMBOLS = (20, 40, 80, 160)
_ROUNDS = 3
_RATE = 24_000


def main() -> None:
    """Run a network on so many symbols in turn, and print the longest node of the last round."""
    network, threads = Path(sys.argv[1]) / "kokoro.onnx", int(sys.argv[2])
    random = np.random.default_rng(0)
    cpu: dict[int, float] = dict.fromkeys(_SYMBOLS, 0.0)
    audio: dict[int, float] = dict.fromkeys(_SYMBOLS, 0.0)
    with TemporaryDirectory() as folder:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(folder) / "profile")
        session = ort.InferenceSession(network, options, providers=["CPUExecutionProvider"])
        for number in range(_ROUNDS):
            for symbols in _SYMBOLS:
                inputs = {
                    "input_ids": random.integers(1, 100, (1, symbols + 2)),
                    "style": np.zeros((1, 256), np.float32),
                    "speed": np.ones(1, np.float32),
                }
                began = time.process_time()
                samples = session.run(None, inputs)[0]
                if number:  # the first round lays out memory
                    cpu[symbols] += time.process_time() - began
                    audio[symbols] += samples.size / _RATE
        told = json.loads(Path(session.end_profiling()).read_text())
    runs = sorted((each for each in told if each["name"] == "model_run"), key=lambda run: run["ts"])
    nodes = [each for each in told if each["name"].endswith("_kernel_time")]
    for symbols, run in zip(_SYMBOLS, runs[-len(_SYMBOLS) :], strict=True):
        own = [node for node in nodes if run["ts"] <= node["ts"] < run["ts"] + run["dur"]]
        longest = max(own, key=lambda node: node["dur"])
        print(
            f"run of {symbols:3} symbols, {audio[symbols] / (_ROUNDS - 1):4.1f} s of audio: longest node "
            f"{longest['args']['op_name']}, {longest['dur'] / 1000:.0f} ms; "
            f"{sum(node['dur'] > 20_000 for node in own)} nodes over 20 ms; "
            f"{cpu[symbols] / audio[symbols]:.3f} CPU s for a second of audio"
        )


if __name__ == "__main__":
    main()

"""The nodes of runs of Kokoro: how long a stop may have to wait, what it burns, what shorter runs would cost.

Run by bench/kokoro_stops.py in Kokoro's own environment. A run goes on to the end of the node that it is in
when it is stopped. So how long its nodes take says what a stop at any of its moments burns, without stopping:
the quickest of the rounds is taken for each node, and all threads are taken to work in it, so that what it
says of a busy machine is too much.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray

from parlando_kokoro.parts import in_parts

_SYMBOLS = (20, 40, 80, 160)
_ROUNDS = 4
_RATE = 24_000


def burnt(seconds: NDArray[np.float64], share: float) -> float:
    """Return what so large a share of stops burns at most, the others more: seconds, of nodes of so many."""
    low, high = 0.0, float(seconds.max())
    for _ in range(40):
        middle = (low + high) / 2
        more = np.maximum(seconds - middle, 0).sum() / seconds.sum()
        low, high = (middle, high) if more > 1 - share else (low, middle)
    return high


def main() -> None:
    """Run a network on so many symbols in turn, and print what is to be known of its nodes."""
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
        divided = in_parts(onnx.load(network)).SerializeToString()
        session = ort.InferenceSession(divided, options, providers=["CPUExecutionProvider"])
        # The same in each round: how many parts a node is divided into goes by how long the run is.
        texts = {symbols: random.integers(1, 100, (1, symbols + 2)) for symbols in _SYMBOLS}
        for number in range(_ROUNDS):
            for symbols, text in texts.items():
                inputs = {
                    "input_ids": text,
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
    # What chooses between parts and the whole ends when these end: a stop does not wait for it.
    nodes = [
        each for each in told if each["name"].endswith("_kernel_time") and each["args"]["op_name"] != "If"
    ]
    for number, symbols in enumerate(_SYMBOLS):
        rounds = [
            [node for node in nodes if run["ts"] <= node["ts"] < run["ts"] + run["dur"]]
            for run in runs[number :: len(_SYMBOLS)][1:]
        ]
        took = np.min([[node["dur"] / 1e6 for node in own] for own in rounds], axis=0)
        longest = rounds[0][int(took.argmax())]["args"]["op_name"]
        half, most = (burnt(took, share) for share in (0.5, 0.99))
        print(
            f"run of {symbols:3} symbols, {audio[symbols] / (_ROUNDS - 1):4.1f} s of audio: longest node "
            f"{longest}, {took.max() * 1000:.0f} ms; {(took > 0.02).sum()} nodes over 20 ms; "
            f"a stop burns p50 {half * threads:.3f}, p99 {most * threads:.3f} CPU s; "
            f"{cpu[symbols] / audio[symbols]:.3f} CPU s for a second of audio"
        )


if __name__ == "__main__":
    main()

"""The longest node of a run of Kokoro: how long a stop may have to wait. Run by bench/kokoro_stops.py."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort

_SYMBOLS = 160


def main() -> None:
    """Run a network twice, and print the longest node of the second time."""
    folder, threads = Path(sys.argv[1]), int(sys.argv[2])
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    options.enable_profiling = True
    options.profile_file_prefix = str(folder / "profile")
    session = ort.InferenceSession(folder / "kokoro.onnx", options, providers=["CPUExecutionProvider"])
    inputs = {
        "input_ids": np.random.default_rng(0).integers(1, 100, (1, _SYMBOLS + 2)),
        "style": np.zeros((1, 256), np.float32),
        "speed": np.ones(1, np.float32),
    }
    for _ in range(2):
        session.run(None, inputs)
    profile = Path(session.end_profiling())
    nodes = [each for each in json.loads(profile.read_text()) if each["name"].endswith("_kernel_time")]
    profile.unlink()
    longest = max(nodes[len(nodes) // 2 :], key=lambda node: node["dur"])
    took = longest["dur"] / 1000
    print(f"longest node of a run of {_SYMBOLS} symbols: {longest['args']['op_name']}, {took:.0f} ms")


if __name__ == "__main__":
    main()

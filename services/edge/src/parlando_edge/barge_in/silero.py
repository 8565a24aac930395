"""Silero's model of voice activity, by ONNX Runtime: a small recurrent network, 32 ms at a time.

The package `silero_vad` imports torch; only the file of the model in it is read.
"""

from __future__ import annotations

from importlib.metadata import distribution
from typing import Any

import numpy as np
import onnxruntime

from parlando_edge.barge_in.detector import Samples
from parlando_edge.barge_in.turns import FRAME_SAMPLES, RATE

_MODEL = "silero_vad/data/silero_vad_16k_op15.onnx"
_CONTEXT_SAMPLES = 64
"""What the model wants of the frame before."""


def load() -> Any:
    """Return the model; any number of detectors can share it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    path = distribution("silero-vad").locate_file(_MODEL)
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class SileroDetector:
    """One stream's state of the model.

    Args:
        model: what `load` returned.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._rate = np.array(RATE, np.int64)
        self._state = np.zeros((2, 1, 128), np.float32)
        self._input = np.zeros((1, _CONTEXT_SAMPLES + FRAME_SAMPLES), np.float32)

    def score(self, frame: Samples) -> float:
        """Return the probability the model gives, 0 to 1."""
        self._input[0, :_CONTEXT_SAMPLES] = self._input[0, -_CONTEXT_SAMPLES:]
        self._input[0, _CONTEXT_SAMPLES:] = frame
        inputs = {"input": self._input, "state": self._state, "sr": self._rate}
        score, self._state = self._model.run(None, inputs)
        return float(score[0, 0])

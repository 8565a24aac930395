"""Networks on ONNX Runtime: threads that stay where they are, a stop in the midst of a run, samples as PCM.

Engines that import this bring ONNX Runtime themselves: which build of it is theirs to say.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from parlando_synth.stop_flag import StopFlag

_Made = TypeVar("_Made")


def session(
    model: Path | bytes,
    *,
    threads: int,
    spinning_us: int = 0,
    providers: Sequence[Any] = ("CPUExecutionProvider",),
) -> ort.InferenceSession:
    """Return a network, loaded. Any number of threads may run it at the same time.

    Args:
        model: a file, or what is in one.
        threads: threads of one run.
        spinning_us: microseconds for which a thread looks for more work before it sleeps, within a run; 0 for
            not at all. It pays where nodes are so small that waking a thread takes as long as they do.
        providers: what runs it, the best first; ONNX Runtime's names, or names with options.

    Raises:
        Exception: ONNX Runtime's own, it is no network.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that wait by spinning take the core from those that work, and after a run there is no more work.
    options.add_session_config_entry("session.intra_op.allow_spinning", "1" if spinning_us else "0")
    options.add_session_config_entry("session.intra_op.spin_duration_us", str(spinning_us))
    options.add_session_config_entry("session.force_spinning_stop", "1")
    options.log_severity_level = 4  # what fails is raised; a stop within an If would be logged, too
    made = ort.InferenceSession(model, options, providers=list(providers))
    made._model_bytes = None  # noqa: SLF001  # what it was made of, which it would keep and never use
    _give_back()
    return made


def _give_back() -> None:
    """Have the C library give back what a network took while it was read: a third of Kokoro's size."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:  # glibc
        trim(0)


def interruption(stop: StopFlag) -> ort.RunOptions:
    """Return what ends a job's runs, also in the middle, once the flag is set."""
    options = ort.RunOptions()
    stop.on_set(lambda: setattr(options, "terminate", True))
    return options


def unless_stopped(stop: StopFlag, run: Callable[[ort.RunOptions], _Made]) -> _Made | None:
    """Return what a run makes, or None where the job was stopped meanwhile.

    Args:
        stop: ends the run, also in the middle.
        run: runs a network with the options that it is given.
    """
    interrupt = interruption(stop)
    try:
        return run(interrupt)
    except Exception:
        if interrupt.terminate:
            return None
        raise


def pcm(samples: NDArray[np.float32], volume_db: float) -> bytes:
    """Return samples in [-1, 1] as signed 16-bit little-endian; what is beyond full scale is held there."""
    scaled = np.clip(samples * (10 ** (volume_db / 20) * 32_767), -32_768, 32_767)
    encoded: bytes = scaled.round().astype("<i2").tobytes()
    return encoded

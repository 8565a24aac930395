"""Kokoro on ONNX Runtime's build for CUDA, where no GPU is: on the CPU, because a test asks for it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import onnxruntime as ort
import pytest
from tiny import write_network, write_voices

from parlando_kit.errors import ParlandoError, Reason
from parlando_kokoro.model import Model
from parlando_kokoro_gpu.engine import engine
from parlando_kokoro_gpu.model import GpuModel
from parlando_kokoro_gpu.settings import KokoroGpuSettings
from parlando_synth.contract import EngineContract
from parlando_synth.engine import Engine
from parlando_synth.stop_flag import StopFlag


@cache
def settings() -> KokoroGpuSettings:
    folder = Path(mkdtemp(prefix="tiny-kokoro-"))
    model = write_network(folder / "tiny.onnx")
    voices = write_voices(folder / "voices.bin")
    return KokoroGpuSettings(model=model, voices=voices, threads=1, live=3, device="cpu")


class TestOnTheCpu(EngineContract):
    @staticmethod
    def create_engine() -> Engine:
        return engine(settings())


def test_this_is_the_build_for_cuda() -> None:
    assert "CUDAExecutionProvider" in ort.get_available_providers()


def test_bound_runs_say_what_others_say() -> None:
    style = np.full((1, 256), 0.2, np.float32)
    bound = GpuModel(settings()).run([20, 30, 40], style, 1.0, StopFlag())
    plain = Model(settings().model, threads=1).run([20, 30, 40], style, 1.0, StopFlag())
    assert bound is not None
    assert plain is not None
    assert np.array_equal(next(bound.windows), next(plain.windows))
    assert bound.edges is not None
    assert plain.edges is not None
    assert np.array_equal(bound.edges, plain.edges)


def test_a_stop_ends_a_bound_run() -> None:
    stop = StopFlag()
    stop.set()
    assert GpuModel(settings()).run([20] * 20, np.zeros((1, 256), np.float32), 1.0, stop) is None


def test_the_cpu_is_not_taken_for_a_gpu_in_silence() -> None:
    if Path("/dev/nvidia0").exists():
        GpuModel(settings().model_copy(update={"device": "cuda"}))
        return
    with pytest.raises(ParlandoError, match="CUDA cannot be used here") as refused:
        GpuModel(settings().model_copy(update={"device": "cuda"}))
    assert refused.value.reason is Reason.ENGINE_FAILED

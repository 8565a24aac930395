"""The network on a GPU, its inputs and outputs bound to where they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnxruntime as ort
from numpy.typing import NDArray

from parlando_kit.errors import ParlandoError, Reason
from parlando_kokoro.model import Model
from parlando_kokoro_gpu.settings import KokoroGpuSettings
from parlando_synth.networks import session

_CUDA = "CUDAExecutionProvider"


class GpuModel(Model):
    """A `Network` on a GPU, or on the CPU where the settings ask for that.

    Args:
        settings: which file, and where to run it.

    Raises:
        ParlandoError: as `Model`; ENGINE_FAILED, CUDA was asked for and cannot be had.
    """

    def __init__(self, settings: KokoroGpuSettings) -> None:
        self._device = settings.device
        self._device_id = settings.device_id if settings.device == "cuda" else 0
        self._providers: list[Any] = ["CPUExecutionProvider"]  # for what CUDA has no kernel of
        if settings.device == "cuda":
            # To try all algorithms for a shape costs more than it gains: every run has a shape of its own.
            cuda = {"device_id": settings.device_id, "cudnn_conv_algo_search": "HEURISTIC"}
            self._providers.insert(0, (_CUDA, cuda))
        super().__init__(settings.model.expanduser(), threads=settings.threads)
        if settings.device == "cuda" and _CUDA not in self._session.get_providers():
            raise ParlandoError(
                Reason.ENGINE_FAILED,
                "CUDA cannot be used here: it wants an NVIDIA GPU with its driver, CUDA and cuDNN in the "
                "versions that this onnxruntime-gpu was built for; or run the engine kokoro",
            )

    def _opened(self, path: Path) -> ort.InferenceSession:
        """Open it as it is: the parts are made for a processor."""
        return session(path, threads=self._threads, providers=self._providers)

    def _outputs(self, inputs: Mapping[str, NDArray[Any]], interrupt: ort.RunOptions) -> Sequence[Any]:
        binding = self._session.io_binding()
        for name, value in inputs.items():
            binding.bind_cpu_input(name, value)
        for output in self._session.get_outputs():  # how long they are is known once they are made
            binding.bind_output(output.name, self._device, self._device_id)
        self._session.run_with_iobinding(binding, interrupt)
        outputs: Sequence[Any] = binding.copy_outputs_to_cpu()
        return outputs

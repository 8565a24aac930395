"""The network on PyTorch."""

from __future__ import annotations

import importlib.metadata
import json
import sys
import threading
import types
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

import numpy as np
import torch
from kokoro_onnx.sliding import token_edges
from numpy.typing import NDArray

from parlando_kit.errors import ParlandoError, Reason
from parlando_kokoro.network import Run
from parlando_kokoro_torch.settings import KokoroTorchSettings
from parlando_synth.stop_flag import StopFlag


class Layers(Protocol):
    """What is used of `kokoro.model.KModel`."""

    vocab: Mapping[str, int]

    def forward_with_tokens(
        self, input_ids: torch.Tensor, ref_s: torch.Tensor, speed: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return samples, and the frames that each symbol lasts."""
        ...

    def modules(self) -> Any:
        """Return the layers."""
        ...


class _StoppedError(Exception):
    """The job was stopped in the midst of a run."""


class TorchModel:
    """A `Network` on PyTorch. A stop ends a run between two of its layers.

    Args:
        layers: the network.
        device: where it is.
        threads: threads of one run.

    Attributes:
        layers: as given.
    """

    timed = True
    whole_speeds = False
    windowed = False

    def __init__(self, layers: Layers, *, device: str, threads: int) -> None:
        torch.set_num_threads(threads)
        self.vocabulary = layers.vocab
        self.layers = layers
        self._device = device
        self._running = threading.local()
        for layer in layers.modules():
            layer.register_forward_pre_hook(self._look)

    def run(
        self, symbols: Sequence[int], style: NDArray[np.float32], speed: float, stop: StopFlag
    ) -> Run | None:
        """Speak a few symbols; see `Network.run`."""
        self._running.stop = stop
        numbers = torch.tensor([[0, *symbols, 0]], device=self._device)
        voice = torch.from_numpy(np.array(style, np.float32)).to(self._device)
        try:
            with torch.inference_mode():
                audio, durations = self.layers.forward_with_tokens(numbers, voice, speed)
        except _StoppedError:
            return None
        samples = audio.float().cpu().numpy().ravel()
        return Run(len(samples), token_edges(durations.cpu().numpy().ravel(), len(samples)), iter([samples]))

    def _look(self, *_: object) -> None:
        if self._running.stop.requested:
            raise _StoppedError


def loaded(settings: KokoroTorchSettings) -> TorchModel:
    """Return the network from its files.

    Raises:
        ParlandoError: MODEL_NOT_FOUND where a file is not there; ENGINE_FAILED where it is no Kokoro.
    """
    path, config = settings.model.expanduser(), settings.config.expanduser()
    for file, setting in ((path, "KOKORO_MODEL"), (config, "KOKORO_CONFIG")):
        if not file.is_file():
            raise ParlandoError(
                Reason.MODEL_NOT_FOUND, f"{file.name} is not there: name the file that is in {setting}"
            )
    try:
        layers = _class()(repo_id="none", config=json.loads(config.read_text()), model=str(path))
        layers.eval().to(settings.device)
    except Exception as error:  # PyTorch and the package raise what they like
        raise ParlandoError(
            Reason.ENGINE_FAILED,
            f"{path.name} is no network of Kokoro's for PyTorch: name one in KOKORO_MODEL",
        ) from error
    return TorchModel(cast("Layers", layers), device=settings.device, threads=settings.threads)


def _class() -> Any:
    """Return the package's class without what its package imports besides: a speller that downloads."""
    if "kokoro" not in sys.modules:
        package = types.ModuleType("kokoro")
        package.__path__ = [str(importlib.metadata.distribution("kokoro").locate_file("kokoro"))]
        sys.modules["kokoro"] = package
    from kokoro.model import KModel  # noqa: PLC0415  # after the package

    return KModel

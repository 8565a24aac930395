"""What the engine is told, from the environment: what Kokoro is told, and what is PyTorch's own."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import kokoro_onnx
from pydantic import Field

from parlando_kokoro.settings import MODELS, KokoroSettings


class KokoroTorchSettings(KokoroSettings):
    """Settings of the engine: KOKORO_<NAME>."""

    model: Path = Field(default=MODELS / "kokoro-v1_0.pth", description="the network, as PyTorch saved it")
    config: Path = Field(
        default=Path(kokoro_onnx.__file__).with_name("config.json"),
        description="the network's layers, as JSON; those of v1.0 where it is left out",
    )
    device: Literal["cpu", "cuda"] = Field(default="cpu", description="what runs the network")
    keep_memory: bool = Field(
        default=True,
        description="keep memory for the next run, where the C library lets it; meant for long runs",
    )

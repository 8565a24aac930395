"""What the engine is told, from the environment: what Kokoro on the CPU is told, and where to run."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from parlando_kokoro.settings import KokoroSettings


class KokoroGpuSettings(KokoroSettings):
    """Settings of the engine: KOKORO_<NAME>."""

    device: Literal["cuda", "cpu"] = Field(
        default="cuda",
        description="what runs the network; `cpu` is for tests without a GPU, and is never taken unasked",
    )
    device_id: int = Field(default=0, ge=0, le=255, description="which GPU, as CUDA counts them")

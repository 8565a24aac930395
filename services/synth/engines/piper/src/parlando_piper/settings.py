"""What the engine is told, from the environment."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class PiperSettings(BaseSettings):
    """Settings of the engine: PIPER_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="PIPER_", frozen=True, extra="ignore")

    voices: Path = Field(
        default=Path("~/.local/share/parlando/models/piper"),
        description="folder of NAME.onnx and NAME.onnx.json: all that are in it are voices",
    )
    default_voice: str = Field(
        default="", description="voice of those who name none; empty: an English one, else the first"
    )
    loaded: int = Field(
        default=4,
        ge=1,
        le=256,
        description="networks kept in memory, 60 to 120 MB each; one beyond that takes the place of the one "
        "that was not used for longest",
    )
    threads: int = Field(
        default_factory=lambda: min(os.cpu_count() or 1, 4),
        ge=1,
        le=256,
        description="threads that one run of a network uses",
    )
    runs: int = Field(
        default=2,
        ge=1,
        le=256,
        description="sentences made at a time; the second begins at once when a new listener waits",
    )
    live: int = Field(default=16, ge=1, le=1024, description="syntheses at a time; they take turns at runs")

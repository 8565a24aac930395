"""What the engine is told, from the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

_HOME = Path("~/.local/share/parlando")


class ChatterboxSettings(BaseSettings):
    """Settings of the engine: CHATTERBOX_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="CHATTERBOX_", frozen=True, extra="ignore")

    model: Literal["english", "multilingual", "turbo"] = Field(
        default="english", description="which of the published models"
    )
    folder: Path = Field(
        default=_HOME / "models" / "chatterbox",
        description="folder of the model's files, named as they are published",
    )
    voices: Path = Field(
        default=_HOME / "voices",
        description="folder of cloned voices, a document each; what is put there is found at once",
    )
    voices_kept: int = Field(
        default=32,
        ge=1,
        le=1024,
        description="voices kept ready, 1 MB each; one more takes the place of the one not used for longest",
    )
    device: str = Field(
        default="auto",
        description='where the networks run: "cpu", "cuda", "mps"; "auto" is a GPU where there is one',
    )
    threads: int = Field(
        default_factory=lambda: min(os.cpu_count() or 1, 4),
        ge=1,
        le=256,
        description="threads of each synthesis on a CPU",
    )
    live: int = Field(default=1, ge=1, le=64, description="syntheses at a time; they share the networks")
    loudness: Annotated[float, Field(ge=-40, le=-14)] | Literal["own"] = Field(
        default=-23.0,
        description="LUFS at which every voice speaks, by a gain of its own, for which it speaks a sentence "
        'to nobody when it is made ready; "own" leaves each as loud as its network makes it',
    )
    candidates: int = Field(
        default=1,
        ge=1,
        le=5,
        description="takes of a portion that may be made until one is without fault; with more than 1 a "
        "portion is heard only once it is whole",
    )

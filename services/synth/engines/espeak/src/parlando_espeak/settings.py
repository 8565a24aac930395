"""What the engine is told, from the environment."""

from __future__ import annotations

import os

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class EspeakSettings(BaseSettings):
    """Settings of the engine: ESPEAK_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="ESPEAK_", frozen=True, extra="ignore")

    instances: int = Field(
        default_factory=lambda: os.cpu_count() or 1,
        ge=1,
        le=1024,
        description="syntheses at a time, each on a process of its own; by default one for each CPU",
    )

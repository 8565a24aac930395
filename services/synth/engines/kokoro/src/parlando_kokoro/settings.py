"""What the engine is told, from the environment."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

MODELS = Path("~/.local/share/parlando/models/kokoro")
"""Where `parlando models fetch kokoro` puts the files."""


def _network() -> Path:
    """Return the network that is there: the larger, else the smaller, else the larger that should be."""
    networks = [MODELS / name for name in ("kokoro-v1.0.onnx", "kokoro-v1.0.int8.onnx")]
    return next((path for path in networks if path.expanduser().is_file()), networks[0])


class KokoroSettings(BaseSettings):
    """Settings of the engine: KOKORO_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="KOKORO_", frozen=True, extra="ignore")

    model: Path = Field(default_factory=_network, description="the network, as an ONNX file")
    voices: Path = Field(default=MODELS / "voices-v1.0.bin", description="its voices, as a NumPy archive")
    mixes: Path = Field(
        default=Path("~/.local/share/parlando/voices"),
        description="folder of mixtures kept as voices, a document each; what is put there is found at once",
    )
    threads: int = Field(
        default_factory=lambda: min(os.cpu_count() or 1, 4),
        ge=1,
        le=256,
        description="threads that one run of the network uses",
    )
    runs: int = Field(
        default=2,
        ge=1,
        le=256,
        description="runs of the network at a time; the second begins at once when a new listener waits",
    )
    live: int = Field(default=16, ge=1, le=1024, description="syntheses at a time; they take turns at runs")
    windowed: bool = Field(
        default=False,
        description="decode whole sentences in windows: first audio early without a cut, at some cost in "
        "exactness; takes an export with durations",
    )
    first_run_seconds: float = Field(
        default=0.25,
        ge=0.01,
        le=10,
        description="how long the first run of a text may take: less is sooner, more is better prosody",
    )

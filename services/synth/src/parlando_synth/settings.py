"""What a synth worker is told, from the environment."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from parlando_kit.settings import ServerSettings


class SynthSettings(ServerSettings):
    """Settings of a worker: SYNTH_<NAME>, but for those that all services share."""

    model_config = SettingsConfigDict(env_prefix="SYNTH_", frozen=True, extra="ignore", populate_by_name=True)

    engine: str = Field(default="espeak", description="engine to serve: its name among those installed")
    port: int = Field(default=50061, ge=0, le=65535, description="port to listen on; 0 picks a free one")
    max_queued: int = Field(
        default=32,
        ge=0,
        le=10_000,
        description="syntheses that may wait for an instance; more are refused with OVERLOADED",
    )
    max_wait_seconds: float = Field(
        default=10.0,
        ge=0.1,
        le=3_600,
        description="seconds that a listener without audio may wait for an instance; who would wait longer, "
        "as syntheses went lately, is refused with OVERLOADED at once, and who did, then",
    )
    warm_instances: int = Field(
        default=1,
        ge=1,
        le=1_024,
        description="instances that are held however long nobody uses them; all that the engine may have are "
        "opened at the start",
    )
    instance_ttl_seconds: float = Field(
        default=600.0,
        ge=1,
        le=86_400,
        description="seconds after which an instance beyond those is released, once nobody uses it; it is "
        "opened again when syntheses wait",
    )
    max_unread_seconds: float = Field(
        default=1_200.0,
        ge=1,
        le=86_400,
        description="seconds of audio, 48 kB each at 24 kHz, that may be made and not read by their callers, "
        "all together; beyond it the caller with the most is given up",
    )

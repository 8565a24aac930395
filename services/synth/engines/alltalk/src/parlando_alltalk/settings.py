"""What the engine is told, from the environment."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from parlando_synth.remote.settings import RemoteSettings


class Way(StrEnum):
    """How the server is asked."""

    STREAMING = "streaming"
    SPEECH = "speech"


class AllTalkSettings(RemoteSettings, env_prefix="ALLTALK_"):
    """ALLTALK_<NAME>."""

    base_url: str = Field(
        default="", pattern=r"^(https?://[^/\s]+)?$", description="where the server is: http://127.0.0.1:7851"
    )
    way: Way = Field(
        default=Way.STREAMING,
        description="streaming: sound as it is made, which some of its engines cannot; speech: its interface "
        "in OpenAI's form, which makes all of it first and has six voices by OpenAI's names",
    )
    default_voice: str = Field(default="", description="voice of those who name none; empty: the first")
    languages: tuple[str, ...] = Field(
        default=("en",), description="languages of its voices, as BCP 47 tags; the server does not say"
    )
    sample_rate_hz: int = Field(default=24_000, ge=8_000, le=48_000, description="rate of its model's sound")
    live: int = Field(
        default=1,
        ge=1,
        le=1,
        description="syntheses at a time: the server makes one, and stops any",
    )

"""What the engine is told, from the environment."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from parlando_synth.remote.settings import RemoteSettings


class Transport(StrEnum):
    """How the service is spoken to."""

    AUTO = "auto"
    WEBSOCKET = "websocket"
    HTTP = "http"


class OutputFormat(StrEnum):
    """How sound travels; the number is its sample rate."""

    PCM_8000 = "pcm_8000"
    PCM_16000 = "pcm_16000"
    PCM_22050 = "pcm_22050"
    PCM_24000 = "pcm_24000"
    PCM_44100 = "pcm_44100"
    PCM_48000 = "pcm_48000"
    ULAW_8000 = "ulaw_8000"
    ALAW_8000 = "alaw_8000"

    @property
    def rate(self) -> int:
        """Sample rate in hertz."""
        return int(self.partition("_")[2])


class ElevenLabsSettings(RemoteSettings, env_prefix="ELEVENLABS_"):
    """ELEVENLABS_<NAME>."""

    base_url: str = Field(
        default="https://api.elevenlabs.io",
        pattern=r"^https?://[^/\s]+$",
        description="where the service is: one of its residencies, such as "
        "https://api.eu.residency.elevenlabs.io",
    )
    model: str = Field(default="eleven_flash_v2_5", description="model")
    default_voice: str = Field(
        default="", description="id or name of the voice of those who name none; empty: the account's first"
    )
    transport: Transport = Field(
        default=Transport.AUTO,
        description="websocket: contexts over one connection; http: a request each, with the text before and "
        "after; auto: websocket, and http while no WebSocket can be opened",
    )
    output_format: OutputFormat = Field(
        default=OutputFormat.PCM_24000, description="how sound travels; the higher rates want a paid plan"
    )
    stability: float | None = Field(
        default=None, ge=0, le=1, description="of the voice; none: as it is stored"
    )
    similarity_boost: float | None = Field(default=None, ge=0, le=1, description="likewise")
    style: float | None = Field(default=None, ge=0, le=1, description="likewise")
    use_speaker_boost: bool | None = Field(default=None, description="likewise")
    normalization: str = Field(
        default="off",
        pattern="^(auto|on|off)$",
        description="whether the service writes numbers out; here that has been done already",
    )
    logging: bool = Field(
        default=True, description="false: the service keeps nothing; enterprise plans alone"
    )

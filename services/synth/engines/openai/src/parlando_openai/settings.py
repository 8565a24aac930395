"""What the engines are told, from the environment."""

from __future__ import annotations

from pydantic import Field

from parlando_openai.formats import WireFormat
from parlando_synth.remote.settings import RemoteSettings


class SpeechSettings(RemoteSettings):
    """Settings of an engine that speaks through `/audio/speech`; the prefix is the server's."""

    base_url: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="where the service is, with its /v1; empty: the vendor's own, where there is one",
    )
    model: str = Field(default="", description="model; empty: the server's usual one")
    default_voice: str = Field(default="", description="voice of those who name none; empty: the usual one")
    voices: tuple[str, ...] = Field(
        default=(),
        description='further voices by name, as a JSON list: ["my-voice"]; custom ones, for instance',
    )
    languages: tuple[str, ...] = Field(
        default=("en",), description="languages of voices of which nothing else is known, as BCP 47 tags"
    )
    sample_rate_hz: int = Field(default=24_000, ge=8_000, le=48_000, description="rate of the model's sound")
    format: WireFormat | None = Field(
        default=None,
        description="how sound travels from the server: pcm, wav, mp3, opus, aac or flac; unset: as it comes "
        "soonest and costs least",
    )
    instructions: str = Field(default="", description="how to speak, for models that take instructions")
    clips: bool = Field(
        default=False,
        description="whether callers may send the clip of a voice to speak in (ref_audio of vLLM-Omni); who "
        "allows it answers for the consent of whose voice it is",
    )
    streams: bool = Field(
        default=True,
        description="whether sound comes before all of it is made; some models of LocalAI cannot",
    )


class OpenAISettings(SpeechSettings, env_prefix="OPENAI_"):
    """OPENAI_<NAME>."""


class KokoroFastAPISettings(SpeechSettings, env_prefix="KOKORO_FASTAPI_"):
    """KOKORO_FASTAPI_<NAME>."""


class SpeachesSettings(SpeechSettings, env_prefix="SPEACHES_"):
    """SPEACHES_<NAME>."""


class LocalAISettings(SpeechSettings, env_prefix="LOCALAI_"):
    """LOCALAI_<NAME>."""


class VLLMOmniSettings(SpeechSettings, env_prefix="VLLM_OMNI_"):
    """VLLM_OMNI_<NAME>."""


class RealtimeSettings(RemoteSettings, env_prefix="OPENAI_REALTIME_"):
    """OPENAI_REALTIME_<NAME>."""

    base_url: str = Field(
        default="https://api.openai.com/v1",
        pattern=r"^https?://\S+$",
        description="where the service is, with its /v1; the connection is a WebSocket to /realtime below it",
    )
    model: str = Field(default="gpt-realtime-2.1-mini", min_length=1, description="model")
    default_voice: str = Field(default="marin", min_length=1, description="voice of those who name none")
    voices: tuple[str, ...] = Field(default=(), description='further voices, as a JSON list: ["voice_1234"]')
    instructions: str = Field(
        default="", description="how to speak, beside word for word; for example: warm, and a little slow"
    )

"""What the engines are told, from the environment."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from parlando_synth.remote.settings import RemoteSettings


class SpeechSettings(RemoteSettings):
    """Settings of an engine that speaks through `/audio/speech`; the prefix is the server's."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

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
    instructions: str = Field(default="", description="how to speak, for models that take instructions")
    streams: bool = Field(
        default=True,
        description="whether sound comes before all of it is made; some models of LocalAI cannot",
    )


class OpenAISettings(SpeechSettings):
    """OPENAI_<NAME>."""

    model_config = SettingsConfigDict(
        env_prefix="OPENAI_", frozen=True, extra="ignore", hide_input_in_errors=True
    )


class KokoroFastAPISettings(SpeechSettings):
    """KOKORO_FASTAPI_<NAME>."""

    model_config = SettingsConfigDict(
        env_prefix="KOKORO_FASTAPI_", frozen=True, extra="ignore", hide_input_in_errors=True
    )


class SpeachesSettings(SpeechSettings):
    """SPEACHES_<NAME>."""

    model_config = SettingsConfigDict(
        env_prefix="SPEACHES_", frozen=True, extra="ignore", hide_input_in_errors=True
    )


class LocalAISettings(SpeechSettings):
    """LOCALAI_<NAME>."""

    model_config = SettingsConfigDict(
        env_prefix="LOCALAI_", frozen=True, extra="ignore", hide_input_in_errors=True
    )


class VLLMOmniSettings(SpeechSettings):
    """VLLM_OMNI_<NAME>."""

    model_config = SettingsConfigDict(
        env_prefix="VLLM_OMNI_", frozen=True, extra="ignore", hide_input_in_errors=True
    )


class RealtimeSettings(RemoteSettings):
    """OPENAI_REALTIME_<NAME>."""

    model_config = SettingsConfigDict(
        env_prefix="OPENAI_REALTIME_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

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

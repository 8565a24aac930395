"""What the engines are told, from the environment."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import Field

from parlando_synth.remote.settings import RemoteSettings

_ENDPOINT = "https://texttospeech.googleapis.com"


class Encoding(StrEnum):
    """How sound travels from Google to here."""

    PCM = "pcm"
    MULAW = "mulaw"
    ALAW = "alaw"
    OGG_OPUS = "ogg_opus"


class GoogleSettings(RemoteSettings, env_prefix="GOOGLE_"):
    """GOOGLE_<NAME>. Without a key or a file, credentials are found as Google's libraries find them (ADC)."""

    endpoint: str = Field(
        default=_ENDPOINT,
        pattern=r"^https?://[^/\s]+$",
        description="where the service is: one of its regions, as https://eu-texttospeech.googleapis.com; "
        "http:// only on this machine",
    )
    credentials: Path | None = Field(
        default=None, description="file of a service account's credentials; taken where no key is set"
    )
    application_credentials: Path | None = Field(
        default=None,
        validation_alias="GOOGLE_APPLICATION_CREDENTIALS",
        description="file that Google's libraries take, and read, where neither key nor file is set",
    )
    live: int = Field(default=4, ge=1, le=100, description="syntheses at a time; Google allows 100 streams")


class ChirpSettings(GoogleSettings):
    """Settings of Chirp 3 HD."""

    default_voice: str = Field(
        default="en-US-Chirp3-HD-Charon", description="voice of those who name none, as ListVoices names it"
    )
    encoding: Encoding = Field(
        default=Encoding.PCM,
        description="how sound travels: pcm (48 kB/s), mulaw or alaw (24 kB/s), ogg_opus (about 6 kB/s)",
    )
    clones: Path | None = Field(
        default=None,
        description='file of cloned voices: {"id": {"key": "…", "language": "en-US", "name": "…", '
        '"consent_note": "…"}}; a key is as secret as the account\'s',
    )


class ClassicModel(StrEnum):
    """Families of the older voices, by what stands in their names. Each has a price of its own."""

    STANDARD = "Standard"
    WAVENET = "Wavenet"
    NEURAL2 = "Neural2"
    STUDIO = "Studio"


class ClassicSettings(GoogleSettings, populate_by_name=True):
    """Settings of the older voices: those of the account, and GOOGLE_CLASSIC_<NAME>."""

    model: ClassicModel = Field(
        default=ClassicModel.NEURAL2,
        validation_alias="GOOGLE_CLASSIC_MODEL",
        description="family of voices; they differ in price",
    )
    default_voice: str = Field(
        default="",
        validation_alias="GOOGLE_CLASSIC_DEFAULT_VOICE",
        description="voice of those who name none; empty: the family's first of en-US",
    )

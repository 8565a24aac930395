"""What every remote engine is told, from the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from parlando_kit.errors import ParlandoError, Reason


class RemoteSettings(BaseSettings):
    """Settings that remote engines have in common; each adds its own, and the prefix of them all.

    A subclass that sets `model_config` keeps `hide_input_in_errors`: what is refused may hold the key.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    key: SecretStr = Field(default=SecretStr(""), description="key of the account")
    key_file: Path | None = Field(
        default=None, description="file that holds the key, and nothing else; taken where no key is set"
    )
    live: int = Field(
        default=4,
        ge=1,
        le=1024,
        description="syntheses at a time, as the account allows; workers that share it share its number",
    )
    connect_seconds: float = Field(default=5.0, gt=0, le=60, description="how long a connection may take")
    first_byte_seconds: float = Field(
        default=10.0, gt=0, le=600, description="how long a request may be without sound, connecting included"
    )
    chunk_seconds: float = Field(
        default=5.0, gt=0, le=600, description="how long sound that has begun may pause"
    )
    retry_seconds: float = Field(
        default=0.5,
        ge=0,
        le=60,
        description="how long to wait where the vendor names a time to come back; longer while the listener "
        "has audio. Beyond it the job is refused at once, with that time",
    )
    warm_seconds: float = Field(
        default=600.0,
        ge=0,
        le=86_400,
        description="how long after the last job a connection is kept ready for the next; 0: not at all",
    )
    warm_every_seconds: float = Field(
        default=30.0,
        ge=0.01,
        le=3_600,
        description="how often it is seen to; less than the service waits before it closes what is idle",
    )
    voices_seconds: float = Field(
        default=3_600.0,
        ge=0,
        le=86_400 * 7,
        description="how old the vendor's list of voices may become before it is asked for again, beside the "
        "work; 0: it is kept for good",
    )
    prices: Path | None = Field(
        default=None, description="file with prices of your own contract, in the form of prices.toml"
    )

    def secret(self) -> SecretStr:
        """Return the key; empty where none is set.

        Raises:
            ParlandoError: ENGINE_KEY_REFUSED: the file cannot be read, or what is set can be no key.
        """
        name = f"{self.model_config.get('env_prefix', '')}KEY"
        key = self.key.get_secret_value()
        if not key and self.key_file is not None:
            name += "_FILE"
            try:
                key = self.key_file.expanduser().read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise _no_key(f"{name} cannot be read ({type(error).__name__})") from None
        key = key.strip()
        if not all("!" <= character <= "~" for character in key):
            raise _no_key(f"{name} holds more than a key")
        return SecretStr(key)


def _no_key(wrong: str) -> ParlandoError:
    return ParlandoError(Reason.ENGINE_KEY_REFUSED, f"{wrong}: one line of ASCII without spaces is expected")

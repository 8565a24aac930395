"""Settings of the fragmenter."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from parlando_kit.settings import ServerSettings


class FragmenterSettings(ServerSettings):
    """What the fragmenter is told. Read from the environment with the prefix FRAGMENTER_."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, env_prefix="FRAGMENTER_"
    )

    port: int = Field(default=50052, ge=0, le=65535, description="port to listen on; 0 picks a free one")

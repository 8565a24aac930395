"""The router's settings."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from parlando_kit.settings import ServerSettings


class RouterSettings(ServerSettings):
    """What the router is told, by environment variables that begin with ROUTER_ unless said otherwise."""

    model_config = SettingsConfigDict(env_prefix="ROUTER_")

    port: int = Field(default=50051, ge=0, le=65535, description="port to listen on; 0 picks a free one")
    max_message_bytes: int = Field(
        default=16 * 1024 * 1024,
        ge=64 * 1024,
        description="largest message taken: large enough that a text too long is told so by name",
    )
    engines: str = Field(
        default="127.0.0.1:50061",
        description="addresses of synth workers, comma-separated, the primary engine's first: host:port, or "
        "dns:///name:port for all the addresses of a name (ENGINES)",
        validation_alias="ENGINES",
    )
    fragmenter: str = Field(
        default="127.0.0.1:50052",
        description="address of the fragmenter (FRAGMENTER_ADDRESS)",
        validation_alias="FRAGMENTER_ADDRESS",
    )
    synthesis_seconds: float = Field(
        default=120.0, gt=0, le=3600, description="how long one fragment's synthesis may take"
    )
    poll_seconds: float = Field(
        default=1.0, ge=0.1, le=60, description="how often workers are asked how they are"
    )

    @property
    def engine_targets(self) -> list[str]:
        """The addresses in `engines`, in order."""
        return [target.strip() for target in self.engines.split(",") if target.strip()]

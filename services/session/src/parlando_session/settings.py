"""The session service's settings."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from parlando_kit.settings import ServerSettings


class SessionSettings(ServerSettings):
    """What the session service is told, by environment variables that begin with SESSION_ unless said."""

    model_config = SettingsConfigDict(env_prefix="SESSION_")

    port: int = Field(default=50053, ge=0, le=65535, description="port to listen on; 0 picks a free one")
    max_message_bytes: int = Field(
        default=16 * 1024 * 1024,
        ge=64 * 1024,
        description="largest message taken: large enough that a text too long is told so by name",
    )
    redis_url: SecretStr = Field(
        default=SecretStr(""),
        description="Redis 6.2 or later that keeps everything, redis://host:port/db; empty: the process's "
        "own memory does, for a system with one session service (REDIS_URL)",
        validation_alias="REDIS_URL",
    )
    memory_sessions: int = Field(
        default=10_000, ge=1, description="sessions held in the process's own memory; more are refused"
    )
    memory_bytes: int = Field(
        default=64 * 1024 * 1024,
        ge=64 * 1024,
        description="bytes of sessions and turns held in the process's own memory; more are refused",
    )
    lease_seconds: float = Field(
        default=120.0, ge=1, le=3_600, description="how long a lease holds part of a budget"
    )
    poll_seconds: float = Field(
        default=1.0,
        ge=0.1,
        le=60,
        description="how often the store is asked whether it answers and whether policies have changed: a "
        "change made through another session service is told to watchers after at most so long",
    )
    engines: str = Field(
        default="",
        description="names of the engines that policies may name, comma-separated; empty: any",
    )

    @property
    def known_engines(self) -> frozenset[str]:
        """The names in `engines`."""
        return frozenset(name.strip() for name in self.engines.split(",") if name.strip())

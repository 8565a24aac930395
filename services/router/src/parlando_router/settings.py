"""The router's settings."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from parlando_kit.settings import ServerSettings
from parlando_kit.waiting import QUEUE_SECONDS

_TARGET = re.compile(r"(dns:///)?[^\s/]+:\d{1,5}")


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
        description="address of the fragmenter; of several, numeric and comma-separated, or dns:///name:port "
        "for all the addresses of a name (FRAGMENTER_ADDRESS)",
        validation_alias="FRAGMENTER_ADDRESS",
    )
    session: str = Field(
        default="",
        description="address of the session service, which has the policies, or of several, as for the "
        "fragmenter; empty: there are none, and engines are asked in the order of ENGINES (SESSION_ADDRESS)",
        validation_alias="SESSION_ADDRESS",
    )
    voice_maps: str = Field(
        default="",
        description="files in the form of the router's own voices.json, comma-separated: what is known of "
        "further voices, so that the nearest one can stand in for another",
    )
    synthesis_seconds: float = Field(
        default=120.0, gt=0, le=3600, description="how long one fragment's synthesis may take"
    )
    max_waiting: int = Field(
        default=64,
        ge=1,
        le=100_000,
        description="utterances that may wait for their first audio in a burst; more are refused with "
        "OVERLOADED, and of a queue that stands those who would wait too long",
    )
    queue_seconds: float = Field(
        default=QUEUE_SECONDS,
        ge=0,
        le=60,
        description="seconds that one may have to wait for the first audio in a queue that stands, or twice "
        "what one alone takes where that is longer; who would wait longer is refused. Where more than a "
        "third of those who ask are, it is twice what one alone takes",
    )
    preview_bytes: int = Field(
        default=8 * 1024 * 1024,
        ge=0,
        description="memory for voice previews that were spoken already; the least used go first",
    )
    poll_seconds: float = Field(
        default=1.0, ge=0.1, le=60, description="how often workers are asked how they are"
    )

    @field_validator("engines")
    @classmethod
    def _have_ports(cls, engines: str) -> str:
        for target in engines.split(","):
            if target.strip() and not _TARGET.fullmatch(target.strip()):
                raise ValueError(f'"{target.strip()}" has no port: write host:port or dns:///name:port')
        return engines

    @property
    def voice_map_files(self) -> list[Path]:
        """The files in `voice_maps`, in order."""
        return [Path(name.strip()) for name in self.voice_maps.split(",") if name.strip()]

    @property
    def engine_targets(self) -> list[str]:
        """The addresses in `engines`, in order."""
        return [target.strip() for target in self.engines.split(",") if target.strip()]

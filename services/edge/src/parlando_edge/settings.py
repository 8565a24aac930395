"""The edge's settings."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from parlando_kit.settings import ServerSettings
from parlando_kit.waiting import QUEUE_SECONDS

_SHORTEST_KEY = 16  # characters
_CHECKOUT = Path(__file__).parents[4]


class EdgeSettings(ServerSettings):
    """What the edge is told, by environment variables that begin with EDGE_ unless said otherwise."""

    # What is refused may be the key.
    model_config = SettingsConfigDict(env_prefix="EDGE_", hide_input_in_errors=True)

    port: int = Field(default=8000, ge=0, le=65535, description="port to listen on; 0 picks a free one")
    router: str = Field(
        default="127.0.0.1:50051",
        description="address of the router; of several, numeric and comma-separated, or dns:///name:port for "
        "all the addresses of a name (ROUTER_ADDRESS)",
        validation_alias="ROUTER_ADDRESS",
    )
    session: str = Field(
        default="127.0.0.1:50053",
        description="address of the session service, or of several on one Redis, as for the router; the edge "
        "works on without it (SESSION_ADDRESS)",
        validation_alias="SESSION_ADDRESS",
    )
    dev: Literal["auto", "on", "off"] = Field(
        default="auto",
        description="whether /dev/* is there, which tests and mends engines for whoever can reach it; "
        "auto: while the edge itself listens on this machine alone",
    )
    admin_key: SecretStr = Field(
        default=SecretStr(""),
        description="what callers must send as `Authorization: Bearer …` to make, change and remove voices "
        "over HTTP, 16 characters or more, none at its ends white space; empty: nobody can",
    )
    studio: Path = Field(
        default=_CHECKOUT / "studio",
        description="folder of the page at /; by default the checkout's own",
    )
    max_live: int = Field(
        default=2_000,
        ge=1,
        le=100_000,
        description="requests and WebSockets at a time; more are refused with 429 and Retry-After",
    )
    max_waiting: int = Field(
        default=64,
        ge=1,
        le=100_000,
        description="utterances that may wait for their first audio; more are refused with 429 and "
        "Retry-After, over Realtime with a response that failed",
    )
    queue_seconds: float = Field(
        default=QUEUE_SECONDS,
        ge=0,
        le=60,
        description="seconds that one may have to wait for the first audio in a queue that stands, or twice "
        "what one alone takes where that is longer; who would wait longer is refused. Where more than a "
        "third of those who ask are, it is twice what one alone takes",
    )
    max_body_bytes: int = Field(
        default=256 * 1024,
        ge=32 * 1024,
        description="largest HTTP body taken; larger ones are refused with 413, unread",
    )
    max_upload_bytes: int = Field(
        default=25 * 1024 * 1024,
        ge=32 * 1024,
        description="largest form taken that a voice is uploaded with; larger ones are refused with 413",
    )
    upload_seconds: float = Field(
        default=120.0, gt=0, le=3600, description="how long such a form may take to arrive"
    )
    max_event_bytes: int = Field(
        default=1024 * 1024,
        ge=32 * 1024,
        description="largest WebSocket message taken; a larger one closes the connection with code 1009",
    )
    max_assembled_bytes: int = Field(
        default=32 * 1024 * 1024,
        ge=1024,
        description="largest file that ?assembled=true puts together; a longer one is refused with 400",
    )
    reader_seconds: float = Field(
        default=20.0,
        ge=0.1,
        le=3600,
        description="how long a client may take nothing while there is something for it; it is then dropped, "
        "its socket at most as long again after that",
    )
    send_buffer_bytes: int = Field(
        default=64 * 1024,
        ge=4096,
        description="the kernel's send buffer of a connection (SO_SNDBUF), before it doubles it",
    )
    longest_session_seconds: float = Field(
        default=3_600.0,
        gt=0,
        le=86_400,
        description="how long a Realtime connection may last, as OpenAI's; it is then closed with 1001",
    )
    idle_session_seconds: float = Field(
        default=1_800.0,
        gt=0,
        le=86_400,
        description="how long a Realtime connection may go without events of its client and without speech",
    )
    ping_seconds: float = Field(
        default=20.0,
        gt=0,
        le=3600,
        description="how often a WebSocket is pinged, and how long its pong may take",
    )
    barge_in: Literal["silero", "loudness"] = Field(
        default="silero",
        description="how a user's speech is told from other sound: by a small neural network, which takes "
        "55 MB from the first audio on, or by loudness, which music deceives; without the extra barge-in, "
        "loudness",
    )

    @field_validator("admin_key")
    @classmethod
    def _can_be_sent_and_not_guessed(cls, key: SecretStr) -> SecretStr:
        said = key.get_secret_value()
        if said != said.strip():
            raise ValueError("a key has no white space at its ends, where headers lose it: remove it")
        if 0 < len(said) < _SHORTEST_KEY:
            raise ValueError(
                f"a key has {_SHORTEST_KEY} characters or more: `openssl rand -hex 16` makes one"
            )
        return key

    @property
    def offers_dev(self) -> bool:
        """Whether /dev/* is there."""
        return self.dev == "on" or (self.dev == "auto" and _is_loopback(self.host))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

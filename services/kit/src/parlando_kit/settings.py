"""Settings that every service has. Each service adds its own in one frozen object, built in `__main__`."""

from __future__ import annotations

from typing import Self

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError


class ServerSettings(BaseSettings):
    """What a gRPC server is told. Read from the environment, each field by its alias or prefixed name."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=0, ge=0, le=65535, description="port to listen on; 0 picks a free one")
    drain_seconds: float = Field(
        default=10.0,
        ge=0,
        le=600,
        description="how long calls under way may take after SIGTERM before they are ended; who kills what "
        "has not ended waits 10 s longer",
    )
    max_message_bytes: int = Field(
        default=4 * 1024 * 1024,
        ge=64 * 1024,
        description="largest message taken; larger ones end the call with RESOURCE_EXHAUSTED",
    )
    log_level: str = Field(
        default="INFO",
        pattern="^(DEBUG|INFO|WARNING|ERROR)$",
        description="least severe log line written",
        validation_alias="PARLANDO_LOG_LEVEL",
    )
    otlp_endpoint: str = Field(
        default="",
        description="OTLP/gRPC collector for traces; empty: none are made",
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
    )
    otlp_metrics_endpoint: str = Field(
        default="",
        description="OTLP/gRPC collector for metrics, with exemplars that name traces; empty: none are sent",
        validation_alias="OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    )
    metrics_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="port for Prometheus scrapes; 0: none",
    )
    metrics_host: str = Field(
        default="127.0.0.1",
        description="address to offer scrapes on",
        validation_alias="PARLANDO_METRICS_HOST",
    )

    @classmethod
    def from_environment(cls) -> Self:
        """Return what the environment says.

        Raises:
            SystemExit: some of it is wrong; a line for each variable says what, and has no key in it.
        """
        prefix = cls.model_config.get("env_prefix", "")
        try:
            return cls()
        except ValidationError as error:
            faults = [
                f"{_variable(prefix, fault['loc'])}: {fault['msg'].removeprefix('Value error, ')}"
                for fault in error.errors(include_input=False, include_url=False)
            ]
        except SettingsError as error:
            faults = [f"{error}: JSON is expected"]
        service = prefix.rstrip("_").lower()
        raise SystemExit("\n".join(f"{service}: {fault}" for fault in faults))


def _variable(prefix: str, place: tuple[int | str, ...]) -> str:
    """Return the variable that a fault is in, by its alias or its field's name."""
    name = str(place[0]) if place else ""
    return name if name.isupper() else f"{prefix}{name}".upper()

"""Settings of the fragmenter."""

from __future__ import annotations

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from parlando_fragmenter.normalisation.normaliser import RULE_NAMES
from parlando_kit.settings import ServerSettings


class FragmenterSettings(ServerSettings):
    """What the fragmenter is told. Read from the environment with the prefix FRAGMENTER_."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, env_prefix="FRAGMENTER_"
    )

    port: int = Field(default=50052, ge=0, le=65535, description="port to listen on; 0 picks a free one")
    disabled_rules: frozenset[str] = Field(
        default=frozenset(),
        description="normalisation rules to leave out for every caller, as a JSON list of names",
    )

    @field_validator("disabled_rules")
    @classmethod
    def _are_known(cls, names: frozenset[str]) -> frozenset[str]:
        if unknown := names - RULE_NAMES:
            raise ValueError(
                f"no such rules: {', '.join(sorted(unknown))}; there are {', '.join(sorted(RULE_NAMES))}"
            )
        return names

"""Settings of the fragmenter."""

from __future__ import annotations

from enum import Enum

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from parlando_fragmenter.normalisation.normaliser import RULE_NAMES
from parlando_kit.settings import ServerSettings


class LanguageGuess(Enum):
    """How the language of text is guessed that comes without one."""

    NOT = "not"
    """Not at all: the voice's own."""
    WRITING = "writing"
    """By its writing system alone."""
    MODEL = "model"
    """By its writing system, and by a model where languages share one."""


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

    guess_language: LanguageGuess = Field(
        default=LanguageGuess.WRITING,
        description="how the language of text without one is guessed: not, writing (by the writing system), "
        "or model (also between languages that share one; costs 6 MB)",
    )
    languages: str = Field(
        default="ar,de,en,es,fr,hi,it,mr,ms,nl,pt,ru",
        pattern=r"^\s*[a-z]{2,3}(\s*,\s*[a-z]{2,3})*\s*$",
        description="languages that the model may decide for, comma-separated; the fewer, the surer",
    )

    @field_validator("disabled_rules")
    @classmethod
    def _are_known(cls, names: frozenset[str]) -> frozenset[str]:
        if unknown := names - RULE_NAMES:
            raise ValueError(
                f"no such rules: {', '.join(sorted(unknown))}; there are {', '.join(sorted(RULE_NAMES))}"
            )
        return names

    @property
    def among(self) -> frozenset[str]:
        """The languages in `languages`."""
        return frozenset(tag.strip() for tag in self.languages.split(","))

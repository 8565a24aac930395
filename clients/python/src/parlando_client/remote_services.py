"""Engines that speak through a service elsewhere: which are configured here."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class RemoteEngine:
    """An engine that speaks through a service.

    Attributes:
        name: the engine's.
        project: folder of the project that has it, under services/synth/engines.
    """

    name: str
    project: str


def configured(environment: Mapping[str, str]) -> list[RemoteEngine]:
    """Return the engines of which the key or the address is set, in the order they are listed."""
    listed = tomllib.loads(files("parlando_client").joinpath("services.toml").read_text())
    return [
        RemoteEngine(name, about["project"])
        for name, about in listed.items()
        if any(environment.get(variable) for variable in about["variables"])
    ]

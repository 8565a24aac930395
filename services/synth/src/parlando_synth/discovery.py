"""Engines that are installed, by name."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.engine import Engine

_GROUP = "parlando.engines"


def installed(name: str) -> Callable[[], Engine]:
    """Return what makes the engine of that name; it is imported only when it is made.

    Raises:
        ParlandoError: ENGINE_NOT_FOUND, naming the engines there are.
    """
    found = entry_points(group=_GROUP)
    if name not in found.names:
        known = ", ".join(sorted(found.names)) or "none"
        raise ParlandoError(
            Reason.ENGINE_NOT_FOUND,
            f'no engine "{name}" is installed, only {known}: set SYNTH_ENGINE, or install it here',
            field="engine",
        )
    entry = found[name]

    def create() -> Engine:
        engine: Engine = entry.load()()
        return engine

    return create

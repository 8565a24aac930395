"""`python -m parlando_synth`: one engine, served."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack

from parlando_kit import lifecycle, telemetry
from parlando_kit.server import Server
from parlando_synth.assembly import assemble
from parlando_synth.discovery import installed
from parlando_synth.engine import Engine
from parlando_synth.settings import SynthSettings


def main() -> None:
    """Serve the engine that the settings name, until told to stop."""
    serve(SynthSettings.from_environment(), installed)


def serve(settings: SynthSettings, find: Callable[[str], Callable[[], Engine]]) -> None:
    """Serve an engine until told to stop.

    Args:
        settings: of the worker; they name the engine.
        find: returns what makes the engine of a name; ParlandoError where there is none.
    """

    async def build(resources: AsyncExitStack) -> Server:
        telemetry.set_up("synth", settings, resources)
        return await assemble(settings, find, resources)

    lifecycle.run("synth", settings, build, pushes=False)


if __name__ == "__main__":
    main()

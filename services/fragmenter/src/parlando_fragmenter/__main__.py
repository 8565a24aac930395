"""`python -m parlando_fragmenter`: the fragmenter, served."""

from __future__ import annotations

from contextlib import AsyncExitStack

from parlando_fragmenter.assembly import assemble
from parlando_fragmenter.settings import FragmenterSettings
from parlando_kit import lifecycle, telemetry
from parlando_kit.server import Server


def main() -> None:
    """Serve until told to stop."""
    settings = FragmenterSettings.from_environment()

    async def build(resources: AsyncExitStack) -> Server:
        telemetry.set_up("fragmenter", settings, resources)
        return assemble(settings)

    lifecycle.run("fragmenter", settings, build, pushes=False)


if __name__ == "__main__":
    main()

"""`python -m parlando_fragmenter`: the fragmenter, served."""

from __future__ import annotations

from contextlib import AsyncExitStack

from parlando_fragmenter.servicer import FragmenterServicer, fragmenter_service
from parlando_fragmenter.settings import FragmenterSettings
from parlando_kit import lifecycle, telemetry
from parlando_kit.clock import MonotonicClock
from parlando_kit.server import Server


def main() -> None:
    """Serve until told to stop."""
    settings = FragmenterSettings()

    async def build(resources: AsyncExitStack) -> Server:
        telemetry.set_up("fragmenter", settings, resources)
        servicer = FragmenterServicer(
            MonotonicClock(), telemetry.meter("fragmenter"), settings.disabled_rules
        )
        return Server(settings, [fragmenter_service(servicer)], telemetry.server_interceptors(settings))

    lifecycle.run("fragmenter", settings, build)


if __name__ == "__main__":
    main()

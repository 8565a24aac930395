"""`python -m parlando_synth`: one engine, served."""

from __future__ import annotations

from contextlib import AsyncExitStack

from parlando_kit import lifecycle, telemetry
from parlando_kit.clock import MonotonicClock
from parlando_kit.server import Server
from parlando_synth.discovery import installed
from parlando_synth.loading import engine_of
from parlando_synth.servicer import synth_service
from parlando_synth.settings import SynthSettings
from parlando_synth.worker import Worker


def main() -> None:
    """Serve until told to stop."""
    settings = SynthSettings()

    async def build(resources: AsyncExitStack) -> Server:
        telemetry.set_up("synth", settings, resources)
        worker = Worker(
            settings.engine,
            installed(settings.engine),
            max_queued=settings.max_queued,
            max_unread=settings.max_unread_seconds,
            clock=MonotonicClock(),
            meter=telemetry.meter("synth"),
        )
        server = Server(settings, [synth_service(worker)], telemetry.server_interceptors(settings))
        await resources.enter_async_context(engine_of(worker, server))
        return server

    lifecycle.run("synth", settings, build)


if __name__ == "__main__":
    main()

"""`python -m parlando_synth`: one engine, served."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack

from parlando_kit import lifecycle, telemetry
from parlando_kit.administration import admin_service
from parlando_kit.calls import CallsUnderWay
from parlando_kit.clock import MonotonicClock
from parlando_kit.server import Server
from parlando_synth.admin_servicer import AdminServicer
from parlando_synth.discovery import installed
from parlando_synth.engine import Engine, Warmth
from parlando_synth.loading import engine_of
from parlando_synth.servicer import synth_service
from parlando_synth.settings import SynthSettings
from parlando_synth.worker import Bounds, Worker


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
        clock = MonotonicClock()
        worker = Worker(
            settings.engine,
            find(settings.engine),
            bounds=Bounds(settings.max_queued, settings.max_wait_seconds, settings.max_unread_seconds),
            warmth=Warmth(settings.warm_instances, settings.instance_ttl_seconds),
            clock=clock,
            meter=telemetry.meter("synth"),
        )
        calls = CallsUnderWay()
        admin = AdminServicer(  # type: ignore[abstract]  # the rest is UNIMPLEMENTED
            worker, clock, calls, settings.drain_seconds
        )
        services = [synth_service(worker, calls), admin_service(admin)]
        server = Server(settings, services, telemetry.server_interceptors(settings), calls)
        await resources.enter_async_context(engine_of(worker, server))
        return server

    lifecycle.run("synth", settings, build, pushes=False)


if __name__ == "__main__":
    main()

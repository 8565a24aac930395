"""A worker's parts, put together."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack

from parlando_kit import telemetry
from parlando_kit.administration import admin_service
from parlando_kit.calls import CallsUnderWay
from parlando_kit.clock import MonotonicClock
from parlando_kit.server import Server
from parlando_synth.admin_servicer import AdminServicer
from parlando_synth.engine import Engine, Warmth
from parlando_synth.loading import engine_of
from parlando_synth.servicer import synth_service
from parlando_synth.settings import SynthSettings
from parlando_synth.worker import Bounds, Worker


async def assemble(
    settings: SynthSettings, find: Callable[[str], Callable[[], Engine]], resources: AsyncExitStack
) -> Server:
    """Return the server, to be started, while the engine that the settings name is loaded.

    Args:
        settings: of the worker.
        find: returns what makes the engine of a name; ParlandoError where there is none.
        resources: is given the engine.
    """
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

"""The router's parts, put together."""

from __future__ import annotations

from contextlib import AsyncExitStack

import grpc

from parlando_kit import retries, telemetry
from parlando_kit.administration import admin_service
from parlando_kit.calls import CallsUnderWay
from parlando_kit.channels import open_channel, open_channel_to_replicas
from parlando_kit.clock import MonotonicClock
from parlando_kit.server import Server
from parlando_kit.tasks import background
from parlando_kit.waiting import WaitingRoom
from parlando_router.admin_servicer import AdminServicer
from parlando_router.budget_client import GrpcBudgets
from parlando_router.budgets import Budgets
from parlando_router.engines import Engines
from parlando_router.equivalence import load_voice_map
from parlando_router.fragmenter_client import GrpcFragmenter
from parlando_router.instruments import Instruments
from parlando_router.policy_watch import watch_policies
from parlando_router.previews import Previews
from parlando_router.servicer import speech_service
from parlando_router.settings import RouterSettings
from parlando_router.utterance import Studio
from parlando_router.watch import EngineWatch, OpenChannel, watch_fragmenter


async def assemble(
    settings: RouterSettings,
    to_fragmenter: grpc.aio.Channel,
    resources: AsyncExitStack,
    to_worker: OpenChannel = open_channel,
) -> Server:
    """Return the server, to be started.

    Args:
        settings: its settings.
        to_fragmenter: a channel to the fragmenter.
        resources: is given what it holds and has at work.
        to_worker: opens a channel to the worker at an address.
    """
    clock = MonotonicClock()
    engines = Engines(clock, load_voice_map(settings.voice_map_files))
    waiting = WaitingRoom(settings.max_waiting, clock, settings.queue_seconds)
    to_session = None
    if settings.session:
        to_session = open_channel_to_replicas(settings.session, retries.SESSION)
        await resources.enter_async_context(to_session)
    budgets = Budgets(GrpcBudgets(to_session) if to_session is not None else None, clock)
    studio = Studio(GrpcFragmenter(to_fragmenter), engines, clock, Instruments(), waiting, budgets)
    studio.instruments.follow(engines.statistics)
    calls = CallsUnderWay()
    previews = Previews(studio, settings.preview_bytes)
    admin = AdminServicer(  # type: ignore[abstract]  # the rest is UNIMPLEMENTED
        studio, previews, clock, calls, settings.drain_seconds
    )
    services = [speech_service(studio, previews), admin_service(admin)]
    server = Server(settings, services, telemetry.server_interceptors(settings), calls)
    await server.set_health("dependency/engines", serving=False)
    await server.set_health("dependency/fragmenter", serving=False)
    watch = EngineWatch(
        engines,
        settings.engine_targets,
        clock,
        poll=settings.poll_seconds,
        deadline=settings.synthesis_seconds,
        server=server,
        to_worker=to_worker,
    )
    works = [
        watch.run(),
        watch_fragmenter(to_fragmenter, server, clock, settings.poll_seconds),
        budgets.run(),
    ]
    if to_session is not None:
        works.append(watch_policies(to_session, clock, engines.take_policies))
    for work in works:
        await resources.enter_async_context(background(work))
    return server

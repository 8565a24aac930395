"""The edge's parts, put together."""

from __future__ import annotations

from contextlib import AsyncExitStack

import grpc

from parlando_edge.admin_client import GrpcAdministration
from parlando_edge.admitting import AdmittingSpeaker
from parlando_edge.app import create_app
from parlando_edge.dialogue import Verbatim
from parlando_edge.gate import Gate
from parlando_edge.http_server import HttpServer
from parlando_edge.router_client import GrpcSpeaker
from parlando_edge.session_client import GrpcSessionStore
from parlando_edge.settings import EdgeSettings
from parlando_edge.traced import Traced
from parlando_kit import retries
from parlando_kit.channels import open_channel_to_replicas
from parlando_kit.clock import MonotonicClock
from parlando_kit.waiting import WaitingRoom


async def assemble(
    settings: EdgeSettings, to_router: grpc.aio.Channel, resources: AsyncExitStack
) -> HttpServer:
    """Return the server, to be started.

    Args:
        settings: its settings.
        to_router: a channel to the router.
        resources: is given what it holds.
    """
    clock = MonotonicClock()
    room = WaitingRoom(settings.max_waiting, clock, settings.queue_seconds)
    speaker = AdmittingSpeaker(GrpcSpeaker(to_router), room)
    to_session = open_channel_to_replicas(settings.session, retries.SESSION)
    store = GrpcSessionStore(await resources.enter_async_context(to_session), clock)
    resources.push_async_callback(store.close)
    gate = Gate(settings.max_live)
    app = create_app(settings, speaker, store, GrpcAdministration(to_router), gate, clock, Verbatim())
    return HttpServer(settings, Traced(app) if settings.otlp_endpoint else app, gate)

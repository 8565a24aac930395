"""Run the edge: settings, parts, serve."""

from __future__ import annotations

from contextlib import AsyncExitStack

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
from parlando_kit import lifecycle, retries, telemetry
from parlando_kit.channels import open_channel_to_replicas
from parlando_kit.clock import MonotonicClock
from parlando_kit.waiting import WaitingRoom


def main() -> None:
    """Serve until told to stop."""
    settings = EdgeSettings.from_environment()

    async def build(resources: AsyncExitStack) -> HttpServer:
        telemetry.set_up("edge", settings, resources)
        to_router = open_channel_to_replicas(settings.router, retries.ROUTER)
        router = await resources.enter_async_context(to_router)
        clock = MonotonicClock()
        room = WaitingRoom(settings.max_waiting, clock, settings.queue_seconds)
        speaker = AdmittingSpeaker(GrpcSpeaker(router), room)
        administration = GrpcAdministration(router)
        to_session = open_channel_to_replicas(settings.session, retries.SESSION)
        session = await resources.enter_async_context(to_session)
        store = GrpcSessionStore(session)
        gate = Gate(settings.max_live)
        app = create_app(settings, speaker, store, administration, gate, clock, Verbatim())
        return HttpServer(settings, Traced(app) if settings.otlp_endpoint else app, gate)

    lifecycle.run("edge", settings, build)


if __name__ == "__main__":
    main()

"""Run the router: settings, parts, serve."""

from __future__ import annotations

from contextlib import AsyncExitStack

from parlando.admin.v1 import admin_service_pb2, admin_service_pb2_grpc
from parlando.speech.v1 import speech_service_pb2, speech_service_pb2_grpc
from parlando_kit import lifecycle, telemetry
from parlando_kit.channels import open_channel
from parlando_kit.clock import MonotonicClock
from parlando_kit.server import Server, Service
from parlando_kit.tasks import background
from parlando_router.admin_servicer import AdminServicer
from parlando_router.engines import Engines
from parlando_router.equivalence import load_voice_map
from parlando_router.fragmenter_client import GrpcFragmenter
from parlando_router.instruments import Instruments
from parlando_router.policy_watch import watch_policies
from parlando_router.servicer import SpeechServicer
from parlando_router.settings import RouterSettings
from parlando_router.utterance import Studio
from parlando_router.watch import EngineWatch, watch_fragmenter


def main() -> None:
    """Serve until told to stop."""
    settings = RouterSettings()
    name = speech_service_pb2.DESCRIPTOR.services_by_name["SpeechService"].full_name
    admin_name = admin_service_pb2.DESCRIPTOR.services_by_name["AdminService"].full_name

    async def build(resources: AsyncExitStack) -> Server:
        telemetry.set_up("router", settings, resources)
        clock = MonotonicClock()
        engines = Engines(clock, load_voice_map(settings.voice_map_files))
        to_fragmenter = await resources.enter_async_context(open_channel(settings.fragmenter))
        studio = Studio(GrpcFragmenter(to_fragmenter), engines, clock, Instruments())
        studio.instruments.follow(engines.statistics)
        speech = SpeechServicer(studio)
        admin = AdminServicer(studio, clock)  # type: ignore[abstract]  # the rest is UNIMPLEMENTED
        services = [
            Service(
                name,
                lambda server: speech_service_pb2_grpc.add_SpeechServiceServicer_to_server(speech, server),
            ),
            Service(
                admin_name,
                lambda server: admin_service_pb2_grpc.add_AdminServiceServicer_to_server(admin, server),
            ),
        ]
        server = Server(settings, services, telemetry.server_interceptors(settings))
        await server.set_health("dependency/engines", serving=False)
        await server.set_health("dependency/fragmenter", serving=False)
        watch = EngineWatch(
            engines,
            settings.engine_targets,
            clock,
            poll=settings.poll_seconds,
            deadline=settings.synthesis_seconds,
            server=server,
        )
        works = [watch.run(), watch_fragmenter(to_fragmenter, server, clock, settings.poll_seconds)]
        if settings.session:
            to_session = await resources.enter_async_context(open_channel(settings.session))
            works.append(watch_policies(to_session, clock, engines.take_policies))
        for work in works:
            await resources.enter_async_context(background(work))
        return server

    lifecycle.run("router", settings, build)


if __name__ == "__main__":
    main()

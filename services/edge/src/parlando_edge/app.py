"""The edge as one ASGI application: which path is answered by what."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from parlando_edge.answers import on_exception, on_http_exception, on_parlando_error
from parlando_edge.catalogue import Catalogue
from parlando_edge.gate import Gate
from parlando_edge.health import Health
from parlando_edge.instruments import Instruments
from parlando_edge.page import page_routes
from parlando_edge.ports import SessionStore, Speaker
from parlando_edge.previews import Previews
from parlando_edge.realtime.endpoint import RealtimeEndpoint
from parlando_edge.settings import EdgeSettings
from parlando_edge.speech_endpoint import SpeechEndpoint
from parlando_edge.voices_endpoint import VoicesEndpoint
from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError


def create_app(
    settings: EdgeSettings, speaker: Speaker, store: SessionStore, gate: Gate, clock: Clock
) -> ASGIApp:
    """Return the application.

    Args:
        settings: bounds, patience, and where the page lies.
        speaker: the router.
        store: the session service.
        gate: counts what is under way.
        clock: measures.
    """
    instruments = Instruments()
    catalogue = Catalogue(speaker, clock)
    health = Health(gate, speaker, store)
    voices = VoicesEndpoint(speaker, catalogue, Previews(speaker, settings.preview_bytes))
    speech = SpeechEndpoint(speaker, catalogue, settings, clock, instruments)
    realtime = RealtimeEndpoint(
        speaker=speaker,
        store=store,
        catalogue=catalogue,
        gate=gate,
        settings=settings,
        clock=clock,
        instruments=instruments,
    )
    inner = Starlette(
        routes=[
            Route("/v1/audio/speech", speech, methods=["POST"]),
            Route("/v1/audio/voices", voices.voices),
            Route("/v1/tts/voices", voices.voices),
            Route("/v1/tts/voices/{engine}/{voice:path}/preview", voices.preview),
            Route("/v1/models", voices.models),
            Route("/v1/models/{model}", voices.model),
            WebSocketRoute("/v1/realtime", realtime),
            Route("/healthz", health.healthz),
            Route("/health", health.health),
            Route("/readyz", health.readyz),
            *page_routes(settings.studio),
        ],
        exception_handlers={
            ParlandoError: on_parlando_error,
            HTTPException: on_http_exception,
            Exception: on_exception,
        },
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await gate.pass_on(inner, scope, receive, send)

    return app

"""The edge as one ASGI application: which path is answered by what."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from parlando_edge import asked
from parlando_edge.administration import Administration
from parlando_edge.answers import json_answer, on_exception, on_http_exception, on_parlando_error
from parlando_edge.barge_in.room import Room, offered
from parlando_edge.benchmark import Benchmark
from parlando_edge.by_method import ByMethod
from parlando_edge.caller import introduced
from parlando_edge.catalogue import Catalogue
from parlando_edge.dev_operations import dev_operations
from parlando_edge.dialogue import Dialogue
from parlando_edge.estimates import Estimates
from parlando_edge.foreign_pages import REFUSED, may_not_call
from parlando_edge.gate import Gate, turn_away
from parlando_edge.health import Health
from parlando_edge.instruments import Instruments
from parlando_edge.json_endpoint import JsonEndpoint
from parlando_edge.openapi import describe_api
from parlando_edge.operations import Operation
from parlando_edge.page import page_routes
from parlando_edge.ports import Speaker
from parlando_edge.public_operations import public_operations
from parlando_edge.realtime.endpoint import RealtimeEndpoint
from parlando_edge.session_ports import SessionStore
from parlando_edge.settings import EdgeSettings
from parlando_edge.speech_body import EstimateBody
from parlando_edge.speech_endpoint import SpeechEndpoint
from parlando_edge.voice_making_endpoint import VoiceMakingEndpoint
from parlando_edge.voice_operations import voice_operations
from parlando_edge.voices_endpoint import VoicesEndpoint
from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError


def create_app(
    settings: EdgeSettings,
    speaker: Speaker,
    store: SessionStore,
    administration: Administration,
    gate: Gate,
    clock: Clock,
    dialogue: Dialogue,
) -> ASGIApp:
    """Return the application; the arguments are those of `edge_routes`."""
    inner = Starlette(
        routes=edge_routes(settings, speaker, store, administration, gate, clock, dialogue),
        exception_handlers={
            ParlandoError: on_parlando_error,
            HTTPException: on_http_exception,
            Exception: on_exception,
        },
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if may_not_call(scope):
            await turn_away(json_answer({"error": REFUSED}, 403), scope, receive, send)
            return
        with introduced(scope):
            await gate.pass_on(inner, scope, receive, send)

    return app


def edge_routes(
    settings: EdgeSettings,
    speaker: Speaker,
    store: SessionStore,
    administration: Administration,
    gate: Gate,
    clock: Clock,
    dialogue: Dialogue,
) -> list[BaseRoute]:
    """Return what is answered by what.

    Args:
        settings: bounds, patience, and where the page lies.
        speaker: the router.
        store: the session service.
        administration: the router's, for /dev/* and voices.
        gate: counts what is under way.
        clock: measures.
        dialogue: finds the words of Realtime's responses.
    """
    instruments = Instruments()
    catalogue = Catalogue(speaker, clock)
    speech, timestamps = (
        SpeechEndpoint(understand, speaker, catalogue, settings, clock, instruments)
        for understand in (asked.speech, asked.timestamps)
    )
    operations = public_operations(
        speech=speech,
        timestamps=timestamps,
        estimate=JsonEndpoint(EstimateBody, Estimates(speaker, catalogue).of, settings),
        voices=VoicesEndpoint(speaker),
        health=Health(gate, speaker, store),
    )
    operations += voice_operations(VoiceMakingEndpoint(administration.voices, settings), settings.admin_key)
    if settings.offers_dev:
        operations += dev_operations(administration, Benchmark(speaker, clock), settings)
    realtime = RealtimeEndpoint(
        speaker=speaker,
        store=store,
        catalogue=catalogue,
        dialogue=dialogue,
        room=Room(offered(settings.barge_in)),
        gate=gate,
        settings=settings,
        clock=clock,
        instruments=instruments,
    )
    return [
        *_api_routes(operations),
        WebSocketRoute("/v1/realtime", realtime),
        *page_routes(settings.studio),
    ]


def _api_routes(operations: tuple[Operation, ...]) -> list[Route]:
    """Return the routes of the operations, and one that describes them all, itself included."""

    async def openapi(_: Request) -> Response:
        return json_answer(describe_api(everything))

    document = Operation("/openapi.json", "openapi", openapi, "This document")
    everything = (*operations, document)
    paths: dict[str, list[Operation]] = {}
    for each in everything:
        paths.setdefault(each.path, []).append(each)
    return [Route(path, ByMethod(each), methods=[one.method for one in each]) for path, each in paths.items()]

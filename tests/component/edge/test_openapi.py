"""The OpenAPI document: valid, complete, and kept by what answers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.routing import Mount, Route, WebSocketRoute

from parlando_edge.admin_client import GrpcAdministration
from parlando_edge.administration import FallbackBody, ResetBody, TrialBody
from parlando_edge.app import edge_routes
from parlando_edge.benchmark import BenchBody
from parlando_edge.dialogue import Verbatim
from parlando_edge.gate import Gate
from parlando_edge.json_models import Body, parse_model
from parlando_edge.session_client import GrpcSessionStore
from parlando_edge.settings import EdgeSettings
from parlando_edge.speech_body import EstimateBody, SpeechBody, TimestampsBody
from parlando_edge.voice_making import VoiceChangeBody, VoiceForm
from parlando_kit.channels import open_channel
from tests.component.edge.fuzzing import fuzzed, fuzzed_voices
from tests.component.edge.serving import NOWHERE, Edge, serving
from tests.unit.edge.speakers import HandClock, Reciter

_SECONDS = 8  # in CI; `make fuzz-http` takes longer
_UNDESCRIBED = {"/", "/studio", "/v1/realtime"}  # a page and its files, and a WebSocket


async def _document(edge: Edge) -> dict[str, Any]:
    document: dict[str, Any] = (await edge.http.get("/openapi.json")).json()
    return document


async def test_it_is_valid_and_has_every_route() -> None:
    async with serving() as edge, open_channel(NOWHERE) as nowhere:
        document = await _document(edge)
        OpenAPIV31SpecValidator(document).validate()
        routes = edge_routes(
            EdgeSettings(port=0),
            Reciter(),
            GrpcSessionStore(nowhere),
            GrpcAdministration(nowhere),
            Gate(1),
            HandClock(),
            Verbatim(),
        )
        paths = {route.path for route in routes if isinstance(route, Route | Mount | WebSocketRoute)}
        assert len(paths) == len(routes)
        described = set(document["paths"])
        assert {re.sub(r":\w+}", "}", path) for path in paths - _UNDESCRIBED} == described
        for path, operations in document["paths"].items():
            for operation in operations.values():
                assert operation["summary"], path
                assert {"200", "4XX", "5XX"} <= set(operation["responses"])


@pytest.mark.parametrize(
    "model",
    [
        SpeechBody,
        EstimateBody,
        TimestampsBody,
        TrialBody,
        FallbackBody,
        ResetBody,
        BenchBody,
        VoiceForm,
        VoiceChangeBody,
    ],
)
async def test_every_body_has_examples_that_are_taken(model: type[Body]) -> None:
    async with serving() as edge:
        examples = (await _document(edge))["components"]["schemas"][model.__name__]["examples"]
        assert examples
        for example in examples:
            parse_model(example, model)


async def test_every_answer_in_json_and_every_parameter_has_an_example() -> None:
    async with serving() as edge:
        document = await _document(edge)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                assert "enum" in parameter["schema"] or parameter["example"], (path, parameter["name"])
            for answer in operation["responses"].values():
                for media, content in answer["content"].items():
                    if media == "application/json" and content["schema"]:
                        assert content["example"], path  # `answer_examples.py` has them


async def test_answers_keep_to_it_whatever_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    async with serving() as edge:
        status, said = await fuzzed(edge.port, _SECONDS, "--seed=1")  # `make fuzz-http` draws its own
        assert status == 0, said
        assert (await edge.http.get("/healthz")).status_code == 200
    assert "Traceback" not in caplog.text


async def test_who_has_the_key_keeps_to_it_too(caplog: pytest.LogCaptureFixture) -> None:
    status, said, health = await fuzzed_voices(_SECONDS, "--seed=1")
    assert status == 0, said
    assert health == 200
    assert "Traceback" not in caplog.text

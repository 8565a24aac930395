"""The OpenAPI document: valid, complete, and kept by what answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel, ValidationError
from starlette.routing import Mount, Route, WebSocketRoute

from parlando_edge.admin_client import GrpcAdministration
from parlando_edge.administration import FallbackBody, FlushBody, ResetBody, TrialBody
from parlando_edge.app import edge_routes
from parlando_edge.benchmark import BenchBody
from parlando_edge.dialogue import Verbatim
from parlando_edge.gate import Gate
from parlando_edge.json_models import Body, parse_model
from parlando_edge.line_models import SPEECH_EVENTS, TIMESTAMP_LINES
from parlando_edge.session_client import GrpcSessionStore
from parlando_edge.settings import EdgeSettings
from parlando_edge.speech_body import EstimateBody, SpeechBody, TimestampsBody
from parlando_edge.voice_making import VoiceChangeBody, VoiceForm
from parlando_kit.channels import open_channel
from tests.component.edge.fuzzing import fuzzed, fuzzed_voices
from tests.component.edge.serving import NOWHERE, Edge, serving
from tests.unit.edge.speakers import HandClock, Reciter

_SECONDS = 8  # in CI; `make fuzz-http` takes longer
_OF_HTTP = {"date", "server", "content-type", "content-length", "transfer-encoding", "cache-control"}
_FOR_ENVOY = {"parlando-draining"}
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
            GrpcSessionStore(nowhere, HandClock()),
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


_BODIES: dict[str, type[Body]] = {
    model.__name__: model
    for model in (
        SpeechBody,
        EstimateBody,
        TimestampsBody,
        TrialBody,
        FallbackBody,
        ResetBody,
        FlushBody,
        BenchBody,
        VoiceForm,
        VoiceChangeBody,
    )
}


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for operation in operations.values():
            yield path, operation


async def test_every_body_has_examples_that_are_taken() -> None:
    async with serving() as edge:
        document = await _document(edge)
    taken = set()
    for path, operation in _operations(document):
        for content in operation.get("requestBody", {"content": {}})["content"].values():
            name = content["schema"]["$ref"].rpartition("/")[2]
            taken.add(name)
            examples = document["components"]["schemas"][name]["examples"]
            assert examples, path
            for example in examples:
                parse_model(example, _BODIES[name])
    assert taken == set(_BODIES)


async def test_every_answer_but_bare_audio_and_every_parameter_has_an_example() -> None:
    async with serving() as edge:
        document = await _document(edge)
    for path, operation in _operations(document):
        for parameter in operation.get("parameters", []):
            assert "enum" in parameter["schema"] or parameter["example"], (path, parameter["name"])
        for answer in operation["responses"].values():
            assert answer["content"], path
            if path == "/openapi.json" and "example" not in answer["content"]["application/json"]:
                continue  # it is its own
            for media, content in answer["content"].items():
                if not media.startswith("audio/"):
                    assert content["schema"], (path, media)
                    assert content.get("example") or content["examples"], (
                        path,
                        media,
                    )  # `answer_examples.py`, `stream_examples.py`


async def test_every_header_that_an_answer_may_have_is_told_of() -> None:
    async with serving() as edge:
        document = await _document(edge)
        spoken = [
            await edge.http.post(path, json={"input": "Hello.", "instructions": "Be brief.", "voice": voice})
            for path in ("/v1/audio/speech", "/v1/audio/speech/timestamps")
            for voice in ("plain", "nobody")
        ]
        edge.gate.draining.set()
        spoken.append(await edge.http.post("/v1/audio/speech", json={"input": "Hello."}))
    seen = set()
    for answer in spoken:
        responses = document["paths"][answer.request.url.path]["post"]["responses"]
        described = responses.get(str(answer.status_code)) or responses[f"{answer.status_code // 100}XX"]
        told = {name.lower() for name in described["headers"]}
        assert set(answer.headers) - _OF_HTTP - _FOR_ENVOY <= told
        seen |= set(answer.headers)
    assert {"server-timing", "parlando-ignored", "retry-after", "retry-after-ms"} <= seen
    for path, operation in _operations(document):
        for status in ("4XX", "5XX"):
            for header in operation["responses"][status]["headers"].values():
                assert header["example"], path


@pytest.mark.parametrize(
    ("path", "media", "body", "models"),
    [
        ("/v1/audio/speech", "text/event-stream", {"stream_format": "sse"}, SPEECH_EVENTS),
        ("/v1/audio/speech/timestamps", "application/x-ndjson", {"format": "ndjson"}, TIMESTAMP_LINES),
    ],
)
async def test_what_is_streamed_in_json_is_what_is_described(
    path: str, media: str, body: dict[str, Any], models: tuple[type[BaseModel], ...]
) -> None:
    async with serving() as edge:
        document = await _document(edge)
        whole, broken = [
            (await edge.http.post(path, json={"input": "Hello big world.", "voice": voice, **body})).text
            for voice in ("plain", "breaks")
        ]
    content = document["paths"][path]["post"]["responses"]["200"]["content"][media]
    if media == "text/event-stream":
        described = content["schema"]["properties"]["data"]["contentSchema"]["oneOf"]
        example = "\n".join(each["value"]["data"] for each in content["examples"].values())
    else:
        described = content["schema"]["contentSchema"]["items"]["oneOf"]
        example = content["example"]
    assert [each["$ref"] for each in described] == [
        f"#/components/schemas/{model.__name__}" for model in models
    ]
    lines = [line.removeprefix("data: ") for text in (example, whole, broken) for line in text.splitlines()]
    assert {_kind(line, models) for line in lines if line} == set(models)


@pytest.mark.parametrize(("form", "media"), [("srt", "application/x-subrip"), ("vtt", "text/vtt")])
async def test_subtitles_look_as_their_example_does(form: str, media: str) -> None:
    path = "/v1/audio/speech/timestamps"
    async with serving() as edge:
        document = await _document(edge)
        answer = await edge.http.post(path, json={"input": "Hello big world.", "format": form})
    content = document["paths"][path]["post"]["responses"]["200"]["content"][media]
    assert _shape(content["example"]) == _shape(answer.text)


def _kind(line: str, models: tuple[type[BaseModel], ...]) -> type[BaseModel]:
    """Return the one model that JSON is of."""
    found = []
    for model in models:
        with suppress(ValidationError):
            found.append(type(model.model_validate_json(line)))
    (kind,) = found
    return kind


def _shape(text: str) -> str:
    """Return subtitles with their words and times taken out."""
    return re.sub(r"[\w .]+$", "…", re.sub(r"[\d:.,]+ --> [\d:.,]+", "→", text), flags=re.MULTILINE)


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

"""The OpenAPI 3.1 document, made of the table of operations and the models of their bodies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from parlando_edge.answer_examples import EXAMPLES
from parlando_edge.answer_models import ErrorAnswer
from parlando_edge.operations import JSON, Header, Operation, Parameter, Text
from parlando_edge.speech_request import EVENTS

_REF = "#/components/schemas/{model}"
_CONVERTER = re.compile(r":\w+}")
_KEY = "administrator"
_WAITING = (
    Header("Retry-After", "Whole seconds after which to try again, where waiting helps.", "1"),
    Header("retry-after-ms", "The same in milliseconds; OpenAI's clients go by it.", "250"),
)
_BEARER = {"type": "http", "scheme": "bearer", "description": "The key in EDGE_ADMIN_KEY."}


def describe_api(operations: Sequence[Operation]) -> dict[str, Any]:
    """Return the document. WebSockets have no place in it: see docs/protocols/openai.md."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(path_of(operation), {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Parlando",
            "version": version("parlando-edge"),
            "summary": "Text to speech that starts at once",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": _schemas(operations), "securitySchemes": {_KEY: _BEARER}},
    }


def path_of(operation: Operation) -> str:
    """Return an operation's path as the document has it, without converters of the router of paths."""
    return _CONVERTER.sub("}", operation.path)


def _schemas(operations: Sequence[Operation]) -> dict[str, Any]:
    used: dict[type[BaseModel], JsonSchemaMode] = {ErrorAnswer: "validation"}
    for operation in operations:
        lines = [model for text in operation.media.values() if text is not None for model in text.lines]
        models = (operation.body, operation.answer, *lines)
        used |= {model: "validation" for model in models if model is not None}
    _, schemas = models_json_schema([*used.items()], ref_template=_REF)
    named: dict[str, Any] = schemas["$defs"]
    return named


def _operation(operation: Operation) -> dict[str, Any]:
    content = {
        media: _content(operation.answer) if text is None else _text(media, text)
        for media, text in operation.media.items()
    }
    good: dict[str, Any] = {"description": operation.summary, "content": content}
    if operation.headers:
        good["headers"] = _headers(operation.headers)
    wrong = {
        "description": "What is wrong, in OpenAI's shape",
        "headers": _headers(_WAITING),
        "content": {JSON: _content(ErrorAnswer)},
    }
    said: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "responses": {**{str(status): good for status in (200, *operation.also)}, "4XX": wrong, "5XX": wrong},
    }
    if operation.parameters:
        said["parameters"] = [_parameter(each) for each in operation.parameters]
    if operation.body is not None:
        content = {operation.body_media: {"schema": _schema(operation.body)}}
        said["requestBody"] = {"required": True, "content": content}
    if operation.guarded:
        said["security"] = [{_KEY: []}]
    return said


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if parameter.choices:
        schema["enum"] = list(parameter.choices)
    described = {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.place == "path",
        "description": parameter.description,
        "schema": schema,
    }
    return {**described, "example": parameter.example} if parameter.example else described


def _headers(headers: Sequence[Header]) -> dict[str, Any]:
    return {
        each.name: {
            "description": each.description,
            "schema": {"type": "string"},
            "example": each.example,
        }
        for each in headers
    }


def _text(media: str, text: Text) -> dict[str, Any]:
    """Return what an answer of text holds, with what the JSON in it is where there is such."""
    if media == EVENTS:
        return _events(text)
    schema: dict[str, Any] = {"type": "string"}
    if text.lines:
        lines = {"type": "array", "items": _one_of(text.lines)}
        schema |= {"contentMediaType": media, "contentSchema": lines}
    return {"schema": schema, "example": text.example}


def _events(text: Text) -> dict[str, Any]:
    """Return what server-sent events are, one by one, as readers of OpenAPI 3.1 have come to take it."""
    data = {"type": "string", "contentMediaType": JSON, "contentSchema": _one_of(text.lines)}
    event = {"type": "object", "properties": {"data": data}, "required": ["data"]}
    shown = [line.removeprefix("data: ") for line in text.example.splitlines() if line]
    return {
        "schema": event,
        "examples": {f"event{number}": {"value": {"data": each}} for number, each in enumerate(shown, 1)},
    }


def _one_of(models: Sequence[type[BaseModel]]) -> dict[str, Any]:
    return {"oneOf": [_schema(model) for model in models]}


def _content(model: type[BaseModel] | None) -> dict[str, Any]:
    """Return what an answer holds, with an example where it is JSON."""
    schema = {"schema": _schema(model)}
    return {**schema, "example": EXAMPLES[model]} if model in EXAMPLES else schema


def _schema(model: type[BaseModel] | None) -> dict[str, Any]:
    """Return a reference to a model; no model is bytes or text of the media type."""
    return {"$ref": _REF.format(model=model.__name__)} if model is not None else {}

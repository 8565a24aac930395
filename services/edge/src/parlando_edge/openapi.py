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
from parlando_edge.operations import Operation, Parameter

_REF = "#/components/schemas/{model}"
_CONVERTER = re.compile(r":\w+}")
_JSON = "application/json"
_KEY = "administrator"
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
        used |= {model: "validation" for model in (operation.body, operation.answer) if model is not None}
    _, schemas = models_json_schema([*used.items()], ref_template=_REF)
    named: dict[str, Any] = schemas["$defs"]
    return named


def _operation(operation: Operation) -> dict[str, Any]:
    content = {media: _content(operation.answer) for media in operation.media}
    good = {"description": operation.summary, "content": content}
    wrong = {
        "description": "What is wrong, in OpenAI's shape",
        "content": {_JSON: _content(ErrorAnswer)},
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


def _content(model: type[BaseModel] | None) -> dict[str, Any]:
    """Return what an answer holds, with an example where it is JSON."""
    schema = {"schema": _schema(model)}
    return {**schema, "example": EXAMPLES[model]} if model in EXAMPLES else schema


def _schema(model: type[BaseModel] | None) -> dict[str, Any]:
    """Return a reference to a model; no model is bytes or text of the media type."""
    return {"$ref": _REF.format(model=model.__name__)} if model is not None else {}

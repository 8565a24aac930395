"""One table of what the edge offers over HTTP: its routes and its OpenAPI document are made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from parlando_edge.json_models import Body


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter in a path or a query; a string.

    Attributes:
        name: its name.
        place: where it stands.
        description: what it means.
        choices: what it may be; empty for anything.
        example: one that makes sense; "" where the choices say it.
    """

    name: str
    place: Literal["path", "query"]
    description: str
    choices: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """A header of an answer; a string that may be left out.

    Attributes:
        name: its name.
        description: when it is there, and what it means.
        example: one that makes sense.
    """

    name: str
    description: str
    example: str


@dataclass(frozen=True, slots=True)
class Text:
    """An answer of text that is no JSON.

    Attributes:
        example: one, whole.
        lines: models of the JSON in its lines, or in its events' data; empty where there is none.
    """

    example: str
    lines: tuple[type[BaseModel], ...] = ()


JSON = "application/json"
"""The content type of all bodies and answers that say nothing else."""


def audio(*media: str) -> Mapping[str, None]:
    """Return content types of answers of bytes, as `Operation.media` has them."""
    return dict.fromkeys(media)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path.

    Attributes:
        path: as a route has it.
        name: its operationId.
        endpoint: answers it.
        summary: what it does, in a line.
        answer: model of its answer in JSON; None where `media` has none.
        media: content types of its answer, and what each holds: text, or None for JSON and for bytes.
        method: its only method (a GET serves HEAD too).
        body: model of what it takes; None for nothing.
        body_media: content type of that.
        parameters: of its path and query.
        also: further statuses with the same answer.
        headers: of its answer, unless it is an error.
        guarded: it wants the administrator's key.
    """

    path: str
    name: str
    endpoint: Callable[..., Any]
    summary: str
    answer: type[BaseModel] | None = None
    media: Mapping[str, Text | None] = field(default_factory=lambda: {JSON: None})
    method: Literal["GET", "POST", "DELETE"] = "GET"
    body: type[Body] | None = None
    body_media: str = JSON
    parameters: tuple[Parameter, ...] = ()
    also: tuple[int, ...] = ()
    headers: tuple[Header, ...] = ()
    guarded: bool = False

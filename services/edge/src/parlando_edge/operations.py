"""One table of what the edge offers over HTTP: its routes and its OpenAPI document are made of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
class Operation:
    """One method of one path.

    Attributes:
        path: as a route has it.
        name: its operationId.
        endpoint: answers it.
        summary: what it does, in a line.
        answer: model of its answer in JSON; None where `media` is not JSON.
        media: content types of its answer.
        method: its only method (a GET serves HEAD too).
        body: model of what it takes; None for nothing.
        body_media: content type of that.
        parameters: of its path and query.
        also: further statuses with the same answer.
        guarded: it wants the administrator's key.
    """

    path: str
    name: str
    endpoint: Callable[..., Any]
    summary: str
    answer: type[BaseModel] | None = None
    media: tuple[str, ...] = ("application/json",)
    method: Literal["GET", "POST", "DELETE"] = "GET"
    body: type[Body] | None = None
    body_media: str = "application/json"
    parameters: tuple[Parameter, ...] = ()
    also: tuple[int, ...] = ()
    guarded: bool = False

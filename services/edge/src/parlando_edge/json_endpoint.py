"""Endpoints that take one JSON object and answer with another: read, check, do, answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from parlando_edge.answers import json_answer
from parlando_edge.exchange import ClientGoneError, media_type_of, read_body
from parlando_edge.json_fields import parse_object
from parlando_edge.json_models import Body, parse_model
from parlando_edge.settings import EdgeSettings

_Body = TypeVar("_Body", bound=Body)


class JsonEndpoint(Generic[_Body]):
    """An ASGI application of one body and one answer.

    Args:
        model: of the body.
        work: what is done with it.
        settings: bounds and patience.
        declared: True to refuse a body that is not declared as JSON: a page of another origin can send only
            such ones without asking first.
    """

    def __init__(
        self,
        model: type[_Body],
        work: Callable[[_Body], Awaitable[BaseModel]],
        settings: EdgeSettings,
        *,
        declared: bool = False,
    ) -> None:
        self._model = model
        self._work = work
        self._settings = settings
        self._declared = declared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Raises:
            ParlandoError: a field is wrong, or the work fails.
            HTTPException: the body is too large, too late or not declared as JSON.
        """
        if self._declared and media_type_of(scope) != "application/json":
            raise HTTPException(415, "the body is not declared as JSON: send content-type: application/json")
        patience = self._settings.reader_seconds
        try:
            body = await read_body(scope, receive, most=self._settings.max_body_bytes, seconds=patience)
        except ClientGoneError:
            return
        done = await self._work(parse_model(parse_object(body), self._model))
        answer: dict[str, Any] = done.model_dump()
        await json_answer(answer)(scope, receive, send)

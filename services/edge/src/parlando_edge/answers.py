"""Whole answers in JSON, errors among them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from parlando_edge.openai_errors import UNEXPECTED, describe, retry_after_ms, status_of
from parlando_kit.errors import ParlandoError, Reason

_CODES = {
    401: "invalid_api_key",
    403: "administration_off",
    404: "unknown_url",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "request_too_large",
    415: "unsupported_media_type",
}


def json_answer(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer in JSON."""
    return Response(orjson.dumps(content), status, headers, "application/json")


def refusal(error: ParlandoError) -> Response:
    """Return an error in OpenAI's shape, with how long to wait where waiting helps.

    `Retry-After` has whole seconds; OpenAI's clients go by `retry-after-ms`, where it is there. By
    `parlando-draining` Envoy knows that another edge is to be asked.
    """
    waits = retry_after_ms(error)
    headers: dict[str, str] = {}
    if waits is not None:
        headers |= {"retry-after": str(math.ceil(waits / 1000)), "retry-after-ms": str(waits)}
    if error.reason is Reason.DRAINING:
        headers["parlando-draining"] = "1"
    return json_answer({"error": describe(error)}, status_of(error), headers)


async def on_parlando_error(_: Request, error: Exception) -> Response:
    """Answer a domain error."""
    return refusal(error if isinstance(error, ParlandoError) else UNEXPECTED)


async def on_http_exception(_: Request, error: Exception) -> Response:
    """Answer what the router of paths refuses, and bodies beyond their bounds."""
    if not isinstance(error, HTTPException):
        return refusal(UNEXPECTED)
    said = {
        "message": _message(error),
        "type": "invalid_request_error",
        "code": _CODES.get(error.status_code, "http_error"),
        "param": None,
    }
    return json_answer({"error": said}, error.status_code, error.headers)


def _message(error: HTTPException) -> str:
    """Return what is wrong and what to do; of paths and methods, which refuse with a bare phrase, too."""
    match error.status_code:
        case 404:
            return "nothing answers at this path: see /openapi.json; /v1/realtime is for WebSockets alone"
        case 405:
            methods = ", ".join(sorted((error.headers or {})["Allow"].split(", ")))
            return f"this path does not take that method: use {methods}"
        case _:
            return error.detail


async def on_exception(_: Request, __: Exception) -> Response:
    """Answer what nobody foresaw. The server logs it."""
    return refusal(UNEXPECTED)

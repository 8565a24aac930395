"""Several methods of one path, so that what the path does not take is told them all."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

from starlette.routing import request_response
from starlette.types import ASGIApp, Receive, Scope, Send

from parlando_edge.operations import Operation


class ByMethod:
    """An ASGI application that answers each method by its operation.

    Args:
        operations: of one path; a GET answers HEAD too.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._apps: dict[str, ASGIApp] = {operation.method: _app_of(operation) for operation in operations}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, of a method that is there."""
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        await self._apps[method](scope, receive, send)


def _app_of(operation: Operation) -> ASGIApp:
    """Return an endpoint as an ASGI application: functions of a request are made one."""
    endpoint = operation.endpoint
    if (inspect.isfunction(endpoint) or inspect.ismethod(endpoint)) and (
        len(inspect.signature(endpoint).parameters) == 1
    ):
        return request_response(endpoint)
    app: ASGIApp = endpoint
    return app

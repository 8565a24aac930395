"""Counts what is under way: refuses what is too much, and lets a drain wait for the rest."""

from __future__ import annotations

import asyncio

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from parlando_edge.answers import refusal
from parlando_edge.exchange import break_off
from parlando_kit.errors import ParlandoError, Reason

_PROBES = ("/healthz", "/health", "/readyz")
_RETRY_SECONDS = 1.0


class Gate:
    """An ASGI application in front of another.

    Args:
        app: the other.
        most: requests and WebSockets at a time.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._live = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self.draining = asyncio.Event()
        """Set once nothing new is taken; WebSockets close as soon as nothing is being spoken."""

    @property
    def live(self) -> int:
        """Requests and WebSockets under way."""
        return self._live

    async def drain(self) -> None:
        """Take nothing new, and return once all that was under way is done."""
        self.draining.set()
        await self._idle.wait()

    async def pass_on(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or WebSocket by `app`, or refuse it. Probes are always served."""
        if scope["type"] == "lifespan" or scope["path"] in _PROBES:
            await app(scope, receive, send)
            return
        refused = self._refusal()
        if refused is not None:
            await refuse(refused, scope, receive, send)
            return
        self._live += 1
        self._idle.clear()
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:
            # The server cancels what outlasts a drain, and would log a traceback for each.
            if not self.draining.is_set():
                raise
            break_off(scope)
        finally:
            self._live -= 1
            if self._live == 0:
                self._idle.set()

    def _refusal(self) -> ParlandoError | None:
        if self.draining.is_set():
            return ParlandoError(
                Reason.DRAINING, "the service is shutting down: try again", retry_after=_RETRY_SECONDS
            )
        if self._live >= self._most:
            return ParlandoError(
                Reason.OVERLOADED, "too much is under way: try again", retry_after=_RETRY_SECONDS
            )
        return None


async def refuse(error: ParlandoError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request, or a WebSocket that was not accepted yet, with an error in OpenAI's shape."""
    await turn_away(refusal(error), scope, receive, send)


async def turn_away(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request, or a WebSocket that was not accepted yet."""
    if scope["type"] == "http":
        await response(scope, receive, send)
        return
    start, body = "websocket.http.response.start", "websocket.http.response.body"
    await send({"type": start, "status": response.status_code, "headers": response.raw_headers})
    await send({"type": body, "body": bytes(response.body)})

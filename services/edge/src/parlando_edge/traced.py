"""One span of every request and WebSocket, in the trace its caller began."""

from __future__ import annotations

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PROBES = ("/healthz", "/health", "/readyz")
_CONTEXT_HEADERS = (b"traceparent", b"tracestate")
_FIRST_FAULT = 500
_W3C = TraceContextTextMapPropagator()


class Traced:
    """An ASGI application whose requests are traced; probes are left out.

    A span is named by its route, never by its path, which is the caller's own words.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._tracer = trace.get_tracer("parlando.http")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or WebSocket."""
        if scope["type"] == "lifespan" or scope["path"] in _PROBES:
            await self._app(scope, receive, send)
            return
        method = scope.get("method", "GET")  # a WebSocket begins as one
        context = {
            name.decode(): value.decode("latin-1")
            for name, value in scope["headers"]
            if name in _CONTEXT_HEADERS
        }
        with self._tracer.start_as_current_span(
            method,
            context=_W3C.extract(context),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": method},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:

            async def marking(message: Message) -> None:
                if message["type"] == "http.response.start":
                    status = message["status"]
                    span.set_attribute("http.response.status_code", status)
                    if status >= _FIRST_FAULT:
                        span.set_status(Status(StatusCode.ERROR))
                await send(message)

            try:
                await self._app(scope, receive, marking)
            finally:
                if (route := scope.get("route")) is not None:
                    span.update_name(f"{method} {route.path}")
                    span.set_attribute("http.route", route.path)

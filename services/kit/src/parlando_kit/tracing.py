"""One span of every incoming call, in the trace its caller began, and the context of outgoing ones.

OpenTelemetry's own interceptor drives a servicer as a generator and leaves it open when its caller
vanishes; this one awaits the coroutine that `ErrorInterceptor` made of it. It stands outside that one, so
that a span sees the status and its sentence, never an exception that might hold spoken text. Outgoing calls
are given their context one by one: an interceptor would wrap every message of a stream.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from parlando_kit.interceptors import Context, Handler, behaviour_of, rebuilt

# Of the codes, those that are a fault of the service and not of its caller (OpenTelemetry's conventions
# for gRPC servers).
_FAULTS = {
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DATA_LOSS,
}

_W3C = TraceContextTextMapPropagator()


def outgoing() -> tuple[tuple[str, str], ...] | None:
    """Return the metadata that puts an outgoing call into the trace of the current span; None without one."""
    if not trace.get_current_span().get_span_context().is_valid:
        return None
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return tuple(carrier.items())


def recorded(metadata: tuple[tuple[str, str], ...] | None) -> bool:
    """Return whether `outgoing` metadata is of a trace that is recorded, and not only known by its id."""
    parent = dict(metadata or ()).get("traceparent", "00")
    return bool(int(parent[-2:], 16) & TraceFlags.SAMPLED)


class TracingInterceptor(grpc.aio.ServerInterceptor):
    """Traces calls of our services; health checks and reflection are left out."""

    def __init__(self) -> None:
        self._tracer = trace.get_tracer("parlando.grpc")

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """Wrap the handler that would serve the call."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method.removeprefix("/")
        if handler is None or method.startswith("grpc."):
            return handler
        behaviour = behaviour_of(handler)
        service, _, name = method.partition("/")
        attributes = {"rpc.system": "grpc", "rpc.service": service, "rpc.method": name}

        async def call(request: Any, context: Context) -> Any:
            with self._tracer.start_as_current_span(
                method,
                context=propagate.extract(_strings(context)),
                kind=SpanKind.SERVER,
                attributes=attributes,
                record_exception=False,
                set_status_on_exception=False,
            ) as span:
                code = grpc.StatusCode.CANCELLED  # what it is when neither line below is reached
                try:
                    response = await behaviour(request, context)
                    code = grpc.StatusCode.OK
                except grpc.aio.AbortError:
                    code = context.code()
                    raise
                finally:
                    number: int = code.value[0]
                    span.set_attribute("rpc.grpc.status_code", number)
                    if code in _FAULTS:
                        span.set_status(Status(StatusCode.ERROR, context.details()))
                return response

        return rebuilt(handler, call, handler.request_deserializer)


def _strings(context: Context) -> dict[str, str]:
    """Return the call's metadata, binary values left out."""
    metadata = context.invocation_metadata() or ()
    return {key: value for key, value in metadata if isinstance(value, str)}

"""The trace ring: a collector that keeps the last traces in memory, for looking at them on this machine.

Run by `python -m parlando_kit.traces`. It takes spans over OTLP/gRPC as any collector does, and gives a
trace back over a method of its own, `READ`: the request is a trace id as 32 hexadecimal digits, the answer a
JSON array of its spans, earliest first, empty where the trace is not known:

    {"service", "name", "span_id", "parent_id", "start_ns", "end_ns", "attributes": {},
     "events": [{"name", "time_ns", "attributes": {}}]}

Ids are hexadecimal, times are nanoseconds since 1970, and `parent_id` is "" for a span without a parent.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import AsyncExitStack
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.trace.v1 import trace_pb2
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from parlando_kit import lifecycle
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.interceptors import Context
from parlando_kit.server import Server, Service
from parlando_kit.settings import ServerSettings

SERVICE = "parlando.traces.TraceRing"
READ = f"/{SERVICE}/Read"

_ID_BYTES = 16
_COLLECTOR = trace_service_pb2.DESCRIPTOR.services_by_name["TraceService"].full_name

Shown = dict[str, Any]
"""A span as the answer has it."""


class Settings(ServerSettings):
    """What the ring is told, by environment variables that begin with TRACES_ unless said otherwise."""

    model_config = SettingsConfigDict(env_prefix="TRACES_")

    port: int = Field(default=4317, ge=0, le=65535, description="port to listen on; 0 picks a free one")
    most: int = Field(default=500, ge=1, le=100_000, description="traces kept")
    most_spans: int = Field(default=2_000, ge=1, le=100_000, description="spans kept of one trace")


class Ring:
    """The last traces, by id.

    Args:
        most: traces kept; the one that was begun first goes first.
        most_spans: spans kept of one trace; later ones are let go.
    """

    def __init__(self, most: int, most_spans: int) -> None:
        self._most = most
        self._most_spans = most_spans
        self._traces: OrderedDict[bytes, list[tuple[str, trace_pb2.Span]]] = OrderedDict()

    def add(self, resources: Iterable[trace_pb2.ResourceSpans]) -> None:
        """Take spans."""
        for resource in resources:
            service = str(_attributes(resource.resource.attributes).get("service.name", ""))
            for scope in resource.scope_spans:
                for span in scope.spans:
                    trace = self._traces.setdefault(span.trace_id, [])
                    if len(trace) < self._most_spans:
                        trace.append((service, span))
        while len(self._traces) > self._most:
            self._traces.popitem(last=False)

    def read(self, trace_id: bytes) -> list[Shown]:
        """Return a trace's spans, earliest first."""
        spans = sorted(self._traces.get(trace_id, ()), key=lambda item: item[1].start_time_unix_nano)
        return [_shown(service, span) for service, span in spans]


def _shown(service: str, span: trace_pb2.Span) -> Shown:
    return {
        "service": service,
        "name": span.name,
        "span_id": span.span_id.hex(),
        "parent_id": span.parent_span_id.hex(),
        "start_ns": span.start_time_unix_nano,
        "end_ns": span.end_time_unix_nano,
        "attributes": _attributes(span.attributes),
        "events": [
            {"name": event.name, "time_ns": event.time_unix_nano, "attributes": _attributes(event.attributes)}
            for event in span.events
        ],
    }


def _attributes(pairs: Iterable[common_pb2.KeyValue]) -> dict[str, str | int | float | bool]:
    """Return what is a single value; lists and the like are left out."""
    values = {pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "", None) for pair in pairs}
    return {key: value for key, value in values.items() if isinstance(value, str | int | float | bool)}


class _Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Takes what exporters send."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring

    async def Export(  # noqa: N802  # gRPC's name
        self, request: trace_service_pb2.ExportTraceServiceRequest, context: Context
    ) -> trace_service_pb2.ExportTraceServiceResponse:
        """Keep spans."""
        del context
        self._ring.add(request.resource_spans)
        return trace_service_pb2.ExportTraceServiceResponse()


def _reader(ring: Ring) -> grpc.GenericRpcHandler:
    async def read(request: bytes, context: Context) -> bytes:
        del context
        try:
            trace_id = bytes.fromhex(request.decode("ascii"))
        except ValueError:
            trace_id = b""
        if len(trace_id) != _ID_BYTES:
            raise ParlandoError(
                Reason.MALFORMED_MESSAGE, "the trace id is none: send 32 hexadecimal digits", field="trace_id"
            )
        return json.dumps(ring.read(trace_id)).encode()

    return grpc.method_handlers_generic_handler(SERVICE, {"Read": grpc.unary_unary_rpc_method_handler(read)})


def services(ring: Ring) -> tuple[Service, ...]:
    """Return what a server of the ring serves: the collector, and the way back."""

    def collect(server: grpc.aio.Server) -> None:
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(  # type: ignore[no-untyped-call]  # generated
            _Collector(ring), server
        )

    return (
        Service(_COLLECTOR, collect),
        Service(SERVICE, lambda server: server.add_generic_rpc_handlers((_reader(ring),))),
    )


def main() -> None:
    """Serve until told to stop."""
    settings = Settings.from_environment()

    async def build(resources: AsyncExitStack) -> Server:
        del resources
        return Server(settings, services(Ring(settings.most, settings.most_spans)))

    lifecycle.run("traces", settings, build)


if __name__ == "__main__":
    main()

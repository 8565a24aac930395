"""An OTLP collector for tests, which keeps what it is sent."""

from __future__ import annotations

from concurrent import futures
from functools import partial
from typing import Any, Self

import grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from parlando_kit.traces import Ring


class Collector:
    """An OTLP collector in this process that keeps what it is sent, as it was sent."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.raw_metrics: list[bytes] = []
        self._server = grpc.server(futures.ThreadPoolExecutor(1))
        for name, into in (
            ("trace.v1.TraceService", self.raw),
            ("metrics.v1.MetricsService", self.raw_metrics),
        ):
            handler = grpc.unary_unary_rpc_method_handler(partial(_export, into), bytes, bytes)
            service = f"opentelemetry.proto.collector.{name}"
            self._server.add_generic_rpc_handlers(
                (grpc.method_handlers_generic_handler(service, {"Export": handler}),)
            )
        self.url = f"http://127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(0).wait()

    def trace(self, trace_id: str) -> list[dict[str, Any]]:
        """Return a trace's spans so far."""
        ring = Ring(1_000, 1_000)
        for raw in list(self.raw):
            ring.add(trace_service_pb2.ExportTraceServiceRequest.FromString(raw).resource_spans)
        return ring.read(bytes.fromhex(trace_id))

    def traces(self) -> set[str]:
        """Return the ids of the traces so far."""
        requests = [trace_service_pb2.ExportTraceServiceRequest.FromString(raw) for raw in list(self.raw)]
        resources = [resource for request in requests for resource in request.resource_spans]
        spans = [span for resource in resources for scope in resource.scope_spans for span in scope.spans]
        return {span.trace_id.hex() for span in spans}

    def exemplars(self) -> dict[tuple[str, str], set[str]]:
        """Return the traces that exemplars of histograms name, by the histogram's name and its hop."""
        named: dict[tuple[str, str], set[str]] = {}
        for raw in self.raw_metrics:
            for resource in metrics_service_pb2.ExportMetricsServiceRequest.FromString(raw).resource_metrics:
                for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
                    for point in metric.histogram.data_points:
                        at = {each.key: each.value.string_value for each in point.attributes}
                        traces = named.setdefault((metric.name, at["parlando.hop"]), set())
                        traces.update(exemplar.trace_id.hex() for exemplar in point.exemplars)
        return named


def _export(into: list[bytes], request: bytes, _: object) -> bytes:
    into.append(request)
    return b""

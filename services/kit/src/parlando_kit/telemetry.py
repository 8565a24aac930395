"""Traces and metrics, set up once per process. Without a collector or a scrape port, nothing is made.

Histograms are in seconds. Their buckets grow by the square root of 2; they are explicit ones, because the
Prometheus exporter leaves out exponential histograms. It leaves out exemplars, too, which name for a bucket
the trace of a call that fell into it: those are sent to a collector. Spoken text is never in a span, a metric
or a log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING
from uuid import uuid4

import grpc
from opentelemetry import metrics, trace
from opentelemetry.metrics import CallbackOptions, Histogram, Meter, Observation

from parlando_kit.server import PortTakenError
from parlando_kit.settings import ServerSettings
from parlando_kit.tracing import TracingInterceptor

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import MetricReader
    from opentelemetry.sdk.resources import Resource

_INSTANCE = uuid4().hex
COLLECTOR_SECONDS = 2
"""How long a collector that is silent may hold up the end of a process; traces and metrics have one each."""

_SEND_METRICS_MS = 5_000

# Upper bounds of a histogram's buckets: 0.5 ms to 65 s, each the one before times the square root of 2.
BUCKETS = tuple(0.0005 * 2 ** (step / 2) for step in range(35))


def set_up(name: str, settings: ServerSettings, resources: AsyncExitStack) -> None:
    """Install the tracer and meter of this process, as far as the settings ask for them.

    Args:
        name: the service's name. Example: "router".
        settings: where traces go and where scrapes come from.
        resources: closes what was installed, flushing it.

    Raises:
        PortTakenError: the port for scrapes is in use.
    """
    # Imported here and below, because a process without telemetry should not pay 10 MB for it.
    if settings.otlp_endpoint:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        tracing = TracerProvider(resource=_resource(name))
        # The last spans are sent while the process ends: a collector that is silent may hold it up so long.
        exporter = OTLPSpanExporter(endpoint=settings.otlp_endpoint, insecure=True, timeout=COLLECTOR_SECONDS)
        tracing.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=500))
        trace.set_tracer_provider(tracing)
        resources.callback(tracing.shutdown)
    readers: list[MetricReader] = []
    if settings.metrics_port:
        readers.append(_scraped(settings, resources))
    if settings.otlp_metrics_endpoint:
        readers.append(_sent(settings))
    if readers:
        from opentelemetry.sdk.metrics import MeterProvider

        metering = MeterProvider(metric_readers=readers, resource=_resource(name))
        metrics.set_meter_provider(metering)
        resources.callback(metering.shutdown)


def _resource(name: str) -> Resource:
    """Return what tells this process from others like it: a collector would add up all their metrics."""
    from opentelemetry.sdk.resources import Resource

    return Resource.create({"service.name": f"parlando-{name}", "service.instance.id": _INSTANCE})


def _scraped(settings: ServerSettings, resources: AsyncExitStack) -> MetricReader:
    from opentelemetry.exporter.prometheus import PrometheusMetricReader
    from prometheus_client import start_http_server

    try:
        server, _ = start_http_server(settings.metrics_port, addr=settings.metrics_host)
    except OSError as error:
        raise PortTakenError(
            f"cannot offer metrics on {settings.metrics_host}:{settings.metrics_port}: {error.strerror}",
        ) from error
    resources.callback(server.server_close)
    resources.callback(server.shutdown)
    return PrometheusMetricReader()


def _sent(settings: ServerSettings) -> MetricReader:
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    exporter = OTLPMetricExporter(
        endpoint=settings.otlp_metrics_endpoint, insecure=True, timeout=COLLECTOR_SECONDS
    )
    return PeriodicExportingMetricReader(exporter, export_interval_millis=_SEND_METRICS_MS)


def server_interceptors(settings: ServerSettings) -> Sequence[grpc.aio.ServerInterceptor]:
    """Return the interceptors that trace incoming calls, health checks left out; none without a collector."""
    return (TracingInterceptor(),) if settings.otlp_endpoint else ()


def meter(name: str) -> Meter:
    """Return the meter of a service."""
    return metrics.get_meter(f"parlando.{name}")


def seconds(of: Meter, name: str, description: str) -> Histogram:
    """Return a histogram of seconds under one of the names in `telemetry_names`."""
    return of.create_histogram(
        name, unit="s", description=description, explicit_bucket_boundaries_advisory=BUCKETS
    )


def gauge(
    of: Meter, name: str, description: str, read: Callable[[], float], attributes: dict[str, str]
) -> None:
    """Register a gauge that reads its value when it is scraped, on the scraper's thread."""

    def observe(_: CallbackOptions) -> Iterable[Observation]:
        return (Observation(read(), attributes),)

    of.create_observable_gauge(name, callbacks=[observe], description=description)


def counter(
    of: Meter,
    name: str,
    description: str,
    read: Callable[[], Iterable[tuple[int, dict[str, str]]]],
) -> None:
    """Register a counter whose counts, each with its attributes, are read on the scraper's thread."""

    def observe(_: CallbackOptions) -> Iterable[Observation]:
        return [Observation(count, attributes) for count, attributes in read()]

    of.create_observable_counter(name, callbacks=[observe], description=description)

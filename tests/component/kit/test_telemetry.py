import asyncio
import itertools
import signal
import socket
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from google.protobuf.wrappers_pb2 import StringValue
from grpc_health.v1 import health_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from parlando_kit.channels import open_channel
from tests.component.kit.echo import NAME, chat, stream, unary
from tests.component.kit.processes import Probe, probe
from tests.ports import free_port

_TRACE, _PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
_IN_A_TRACE = (("traceparent", f"00-{_TRACE}-{_PARENT}-01"), ("binary-bin", b"\x00\xff"))
_SPOKEN = "12345.678"  # a word that is sent, and must not be seen


class Collector:
    """An OTLP collector that keeps what it is sent."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []

    async def export(self, request: bytes, context: object) -> bytes:
        """Take spans."""
        del context
        self.raw.append(request)
        return b""

    def spans(self) -> list[trace_pb2.Span]:
        """Return every span so far, in the order of arrival."""
        requests = [trace_service_pb2.ExportTraceServiceRequest.FromString(raw) for raw in self.raw]
        return [
            span
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@asynccontextmanager
async def _collecting() -> AsyncIterator[tuple[Collector, str]]:
    collector = Collector()
    server = grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(collector.export, bytes, bytes)
    service = "opentelemetry.proto.collector.trace.v1.TraceService"
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {"Export": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield collector, f"http://127.0.0.1:{port}"
    finally:
        await server.stop(0)


async def _health(channel: grpc.aio.Channel) -> int:
    check = channel.unary_unary(
        "/grpc.health.v1.Health/Check",
        health_pb2.HealthCheckRequest.SerializeToString,
        health_pb2.HealthCheckResponse.FromString,
    )
    return (await check(health_pb2.HealthCheckRequest())).status


async def _stop(service: Probe) -> None:
    service.tell(signal.SIGTERM)
    assert await service.ends() == 0


def _attributes(span: trace_pb2.Span) -> dict[str, object]:
    return {each.key: getattr(each.value, str(each.value.WhichOneof("value"))) for each in span.attributes}


async def test_every_call_is_one_span_in_its_callers_trace_and_health_checks_are_none() -> None:
    async with _collecting() as (collector, address), probe(otlp_endpoint=address) as service:
        async with open_channel(f"127.0.0.1:{await service.port()}") as channel:
            assert await _health(channel) == health_pb2.HealthCheckResponse.SERVING
            await unary(channel)(StringValue(value=_SPOKEN), metadata=_IN_A_TRACE)
            letters = stream(channel)(StringValue(value="ab"), metadata=_IN_A_TRACE)
            assert [letter.value async for letter in letters] == ["a", "b"]
            call = chat(channel)(iter([StringValue(value=_SPOKEN)]), metadata=_IN_A_TRACE)
            assert [answer.value async for answer in call] == [_SPOKEN]
        await _stop(service)
    spans = collector.spans()
    assert [span.name for span in spans] == [f"{NAME}/{method}" for method in ("Unary", "Stream", "Chat")]
    for span in spans:
        assert (span.trace_id.hex(), span.parent_span_id.hex()) == (_TRACE, _PARENT)
        assert span.kind == trace_pb2.Span.SPAN_KIND_SERVER
        assert span.status.code == trace_pb2.Status.STATUS_CODE_UNSET
        assert _attributes(span) == {
            "rpc.system": "grpc",
            "rpc.service": NAME,
            "rpc.method": span.name.rpartition("/")[2],
            "rpc.grpc.status_code": 0,
        }
    assert b"parlando-probe" in collector.raw[0]


async def test_of_a_share_of_all_traces_each_service_chooses_the_same_ones_whatever_its_caller_says() -> None:
    low, high = "0af7651916cd43dd0000000000000001", "0af7651916cd43ddfffffffffffffffe"
    share = {"traces_sampler": "traceidratio", "traces_sampler_arg": 0.5}
    async with _collecting() as (collector, address), probe(otlp_endpoint=address, **share) as service:
        async with open_channel(f"127.0.0.1:{await service.port()}") as channel:
            for trace, sampled in ((low, "01"), (high, "01"), (low, "00"), (high, "00")):
                context = ("traceparent", f"00-{trace}-{_PARENT}-{sampled}")
                await unary(channel)(StringValue(value=_SPOKEN), metadata=(context,))
        await _stop(service)
    assert [span.trace_id.hex() for span in collector.spans()] == [low, low]


async def test_a_span_tells_how_its_call_ended_and_nothing_of_what_was_said() -> None:
    async with _collecting() as (collector, address), probe(otlp_endpoint=address) as service:
        async with open_channel(f"127.0.0.1:{await service.port()}") as channel:
            # The probe cannot make a number of this, and its exception quotes it.
            unexpected = unary(channel)(StringValue(value=f"not a number: {_SPOKEN}"))
            assert await unexpected.code() is grpc.StatusCode.INTERNAL
            malformed = channel.unary_unary(f"/{NAME}/Unary", bytes, bytes)(b"\xff")
            assert await malformed.code() is grpc.StatusCode.INVALID_ARGUMENT
            cancelled = unary(channel)(StringValue(value="wait"))
            await service.says("waiting")
            cancelled.cancel()
            await service.says("call ended")
        await _stop(service)
    unset, error = trace_pb2.Status.STATUS_CODE_UNSET, trace_pb2.Status.STATUS_CODE_ERROR
    ends = [(_attributes(span)["rpc.grpc.status_code"], span.status.code) for span in collector.spans()]
    assert ends == [(13, error), (3, unset), (1, unset)]
    assert not any(span.events for span in collector.spans())
    assert _SPOKEN in "\n".join(service.said)  # the log of an unexpected fault is whole
    assert not any(_SPOKEN.encode() in raw for raw in collector.raw)


async def test_a_collector_that_is_not_there_holds_up_neither_calls_nor_the_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and says nothing
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        everything = {"otlp_endpoint": address, "otlp_metrics_endpoint": address}
        async with probe(**everything, drain_seconds=600) as service:
            async with open_channel(f"127.0.0.1:{await service.port()}") as channel:
                for _ in range(20):
                    await unary(channel)(StringValue(value="1"))
            await _stop(service)


def _scrape(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as response:
        text: str = response.read().decode()
        return text


async def test_a_scrape_shows_seconds_in_buckets_that_grow_by_the_root_of_two() -> None:
    metrics_port = free_port()
    async with probe(metrics_port=metrics_port) as service:
        async with open_channel(f"127.0.0.1:{await service.port()}") as channel:
            for seconds in (0.0004, 0.0006, 0.02, 100):
                await unary(channel)(StringValue(value=str(seconds)))
        scraped = await asyncio.to_thread(_scrape, metrics_port)
        await _stop(service)
    live = [line for line in scraped.splitlines() if line.startswith("parlando_live_calls{")]
    assert [('parlando_hop="probe"' in line, line.split()[-1]) for line in live] == [(True, "0.0")]
    (tasks,) = [line for line in scraped.splitlines() if line.startswith("parlando_live_tasks{")]
    assert 'parlando_hop="probe"' in tasks
    assert float(tasks.split()[-1]) >= 2  # the one that serves, and one that the probe has of its own
    buckets: list[tuple[float, int]] = []
    for line in scraped.splitlines():
        if line.startswith("parlando_first_chunk_seconds_bucket"):
            assert 'parlando_hop="probe"' in line
            bound = line.partition('le="')[2].partition('"')[0]
            buckets.append((float(bound), int(float(line.rpartition(" ")[2]))))
    bounds = [bound for bound, _ in buckets]
    assert bounds[0] == 0.0005
    assert 60 < bounds[-2] < 70
    assert bounds[-1] == float("inf")
    for lower, upper in itertools.pairwise(bounds[:-1]):
        assert 1.41 < upper / lower < 1.42
    counts = dict(buckets)
    assert (counts[0.0005], counts[0.001], counts[bounds[-2]], counts[float("inf")]) == (1, 2, 3, 4)


async def test_without_settings_nothing_is_scraped_and_nothing_is_sent() -> None:
    async with _collecting() as (collector, _), probe() as service:
        async with open_channel(f"127.0.0.1:{await service.port()}") as channel:
            await unary(channel)(StringValue(value="1"))
        await _stop(service)
    assert collector.raw == []

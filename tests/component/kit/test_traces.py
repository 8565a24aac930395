import json
from collections.abc import AsyncIterator, Awaitable, Callable

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.resource.v1 import resource_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from parlando_kit.channels import open_channel
from parlando_kit.server import Server
from parlando_kit.settings import ServerSettings
from parlando_kit.traces import READ, Ring, services

_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


def _trace(number: int) -> bytes:
    return number.to_bytes(16, "big")


def _attribute(key: str, value: str) -> common_pb2.KeyValue:
    return common_pb2.KeyValue(key=key, value=common_pb2.AnyValue(string_value=value))


def _spans(trace: bytes, *starts: int) -> trace_pb2.ResourceSpans:
    resource = resource_pb2.Resource(attributes=[_attribute("service.name", "toy")])
    spans = [
        trace_pb2.Span(
            trace_id=trace,
            span_id=start.to_bytes(8, "big"),
            name="work",
            start_time_unix_nano=start,
            end_time_unix_nano=start + 1,
            attributes=[_attribute("kind", "toil")],
            events=[trace_pb2.Span.Event(name="mark", time_unix_nano=start)],
        )
        for start in starts
    ]
    return trace_pb2.ResourceSpans(resource=resource, scope_spans=[trace_pb2.ScopeSpans(spans=spans)])


def test_the_trace_that_was_begun_first_goes_first() -> None:
    ring = Ring(most=2, most_spans=10)
    for number in (1, 2, 1, 3):
        ring.add([_spans(_trace(number), number)])
    assert [len(ring.read(_trace(number))) for number in (1, 2, 3)] == [0, 1, 1]


def test_a_trace_has_so_many_spans_and_no_more() -> None:
    ring = Ring(most=2, most_spans=3)
    for start in range(5):
        ring.add([_spans(_trace(1), start)])
    assert [span["start_ns"] for span in ring.read(_trace(1))] == [0, 1, 2]


@pytest.fixture
async def call() -> AsyncIterator[Callable[[str, bytes], Awaitable[bytes]]]:
    """Call a ring that serves: method and request."""
    server = Server(ServerSettings(port=0), services(Ring(10, 10)))
    port = await server.start()
    async with open_channel(f"127.0.0.1:{port}") as channel:

        async def ask(method: str, request: bytes) -> bytes:
            method_of: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)
            return await method_of(request)

        yield ask
    await server.stop(0)


async def test_what_was_exported_is_read_by_its_id_earliest_first(
    call: Callable[[str, bytes], Awaitable[bytes]],
) -> None:
    request = trace_service_pb2.ExportTraceServiceRequest(resource_spans=[_spans(_trace(7), 20, 10)])
    await call(_EXPORT, request.SerializeToString())
    first, second = json.loads(await call(READ, _trace(7).hex().encode()))
    assert second["start_ns"] == 20
    assert first == {
        "service": "toy",
        "name": "work",
        "span_id": "000000000000000a",
        "parent_id": "",
        "start_ns": 10,
        "end_ns": 11,
        "attributes": {"kind": "toil"},
        "events": [{"name": "mark", "time_ns": 10, "attributes": {}}],
    }
    assert json.loads(await call(READ, _trace(8).hex().encode())) == []


@pytest.mark.parametrize("request_bytes", [b"", b"12", b"z" * 32, b"\xff"])
async def test_what_is_no_trace_id_is_refused(
    call: Callable[[str, bytes], Awaitable[bytes]], request_bytes: bytes
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await call(READ, request_bytes)
    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT

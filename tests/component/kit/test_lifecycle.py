import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from grpc_health.v1 import health_pb2

from parlando_kit.channels import open_channel
from parlando_kit.errors import Reason
from parlando_kit.status import from_rpc_error
from tests.component.kit.echo import chat, unary
from tests.component.kit.processes import Probe, probe

_HELLO = StringValue(value="hello")

Chat: TypeAlias = "grpc.aio.StreamStreamCall[StringValue, StringValue]"


@asynccontextmanager
async def _talking(service: Probe) -> AsyncIterator[tuple[grpc.aio.Channel, Chat]]:
    """Open a stream to a probe, and see to it that it is under way."""
    async with open_channel(f"127.0.0.1:{await service.port()}") as channel:
        call = chat(channel)()
        await call.write(_HELLO)
        assert await call.read() == _HELLO
        yield channel, call


def _watch(channel: grpc.aio.Channel) -> AsyncIterator[health_pb2.HealthCheckResponse]:
    watch = channel.unary_stream(
        "/grpc.health.v1.Health/Watch",
        health_pb2.HealthCheckRequest.SerializeToString,
        health_pb2.HealthCheckResponse.FromString,
    )
    return aiter(watch(health_pb2.HealthCheckRequest(service="")))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_drains_and_what_is_under_way_is_finished(number: signal.Signals) -> None:
    async with probe(drain_seconds=600) as service, _talking(service) as (channel, call):
        watch = _watch(channel)
        assert (await anext(watch)).status == health_pb2.HealthCheckResponse.SERVING
        service.tell(number)
        told = [response.status async for response in watch]
        assert told == [health_pb2.HealthCheckResponse.NOT_SERVING]
        for _ in range(3):  # the stream goes on as if nothing were
            await call.write(_HELLO)
            assert await call.read() == _HELLO
        await call.done_writing()
        assert await call.read() is grpc.aio.EOF
        assert await call.code() is grpc.StatusCode.OK
        assert await service.ends() == 0
    ends = [line for line in service.said if line.endswith(("call ended", "resources closed"))]
    assert ends == ["call ended", "resources closed"]


async def test_new_calls_are_refused_while_it_drains() -> None:
    async with probe(drain_seconds=600) as service, _talking(service) as (channel, call):
        service.tell(signal.SIGTERM)
        await service.says("probe drains")
        async with open_channel(f"127.0.0.1:{service.served_at}") as other:
            for way in (channel, other):  # a connection that was there, and a new one
                with pytest.raises(grpc.aio.AioRpcError) as refused:
                    await unary(way)(StringValue(value="0"))
                assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
                assert from_rpc_error(refused.value).reason is Reason.DRAINING
        await call.write(_HELLO)
        assert await call.read() == _HELLO
        await call.done_writing()
        assert await service.ends() == 0


async def test_a_second_signal_ends_it_at_once() -> None:
    async with probe(drain_seconds=600) as service, _talking(service) as (_, call):
        service.tell(signal.SIGTERM)
        await service.says("probe drains")
        service.tell(signal.SIGTERM)
        assert await service.ends() == 0
        assert await call.code() is grpc.StatusCode.UNAVAILABLE
    assert service.said[-3:-1] == ["call ended", "resources closed"]


async def test_a_drain_takes_no_longer_than_it_may() -> None:
    async with probe(drain_seconds=0.1) as service, _talking(service) as (_, call):
        service.tell(signal.SIGTERM)
        assert await service.ends() == 0
        assert await call.code() is grpc.StatusCode.UNAVAILABLE
    assert service.said[-3:-1] == ["call ended", "resources closed"]


async def test_without_calls_a_signal_ends_it() -> None:
    async with probe(drain_seconds=600) as service:
        await service.port()
        service.tell(signal.SIGTERM)
        assert await service.ends() == 0
    assert "Traceback" not in "\n".join(service.said)


async def test_a_signal_ends_a_start_that_takes_long() -> None:
    async with probe(start="never") as service:
        await service.says("building")
        service.tell(signal.SIGTERM)
        assert await service.ends() == 0
    assert service.said[1] == "resources closed"
    assert service.said[2].endswith("probe stopped before it served")
    assert len(service.said) == 3


async def test_a_port_that_is_taken_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with probe(port=port) as service:
            assert await service.ends() == 1
    assert service.said == [
        "building",
        "resources closed",
        f"probe: cannot listen on 127.0.0.1:{port}: the port is taken; stop what holds it, or choose another",
    ]


async def test_a_port_for_scrapes_that_is_taken_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with probe(metrics_port=port) as service:
            assert await service.ends() == 1
    assert service.said == [
        "resources closed",
        f"probe: cannot offer metrics on 127.0.0.1:{port}: Address already in use",
    ]


async def test_what_keeps_a_service_from_starting_is_told_in_one_line() -> None:
    async with probe(start="without its model") as service:
        assert await service.ends() == 1
    assert service.said == ["building", "resources closed", "probe: the model is missing: fetch it"]


async def test_a_task_of_the_service_that_fails_ends_it_as_a_failure() -> None:
    async with probe(drain_seconds=600) as service, _talking(service) as (channel, call):
        await unary(channel)(StringValue(value="fail"))
        assert await service.ends() == 1
        assert await call.code() is not grpc.StatusCode.OK
    assert "a task of the service failed" in "\n".join(service.said)
    ends = [line for line in service.said if line in {"call ended", "resources closed"}]
    assert ends == ["call ended", "resources closed"]


async def test_a_caller_who_leaves_while_the_answer_comes_is_no_error() -> None:
    async with probe() as service, open_channel(f"127.0.0.1:{await service.port()}") as channel:
        for later in range(100):  # at another point of the answer each time
            call = unary(channel)(StringValue(value="much"))
            await asyncio.sleep(later * 0.0001)
            call.cancel()
        service.tell(signal.SIGTERM)
        assert await service.ends() == 0
    assert not [line for line in service.said if "ERROR" in line or "Traceback" in line]

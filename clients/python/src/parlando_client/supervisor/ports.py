"""Whether a port is free, and if not, who has it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Collection
from contextlib import suppress
from enum import Enum
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from parlando_client.channel import CHANNEL_OPTIONS

_ANSWER_SECONDS = 3.0
_AGAIN_SECONDS = 0.1
# The first attempt comes before the service listens, and the next ones should not keep anyone waiting.
_EAGER = (
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 100),
)


class Listener(Enum):
    """What a port answers."""

    NOBODY = "nobody"
    SERVING = "serving"
    NOT_SERVING = "not serving"
    STRANGER = "stranger"


def is_free(port: int) -> bool:
    """Return whether a service could listen on 127.0.0.1:`port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers do it: ports that a service has just left are free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


async def who_listens(address: str, service: str) -> Listener:
    """Return who answers at "host:port" for a gRPC service of ours."""
    host, _, port = address.rpartition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return Listener.NOBODY
    writer.close()
    async with grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS) as channel:
        request = health_pb2.HealthCheckRequest(service=service)
        try:
            answer = await _stub(channel).Check(request, timeout=_ANSWER_SECONDS)
        except grpc.aio.AioRpcError:
            return Listener.STRANGER
    serving = answer.status == health_pb2.HealthCheckResponse.SERVING
    return Listener.SERVING if serving else Listener.NOT_SERVING


async def wait_until_serving(address: str, service: str) -> None:
    """Return once the gRPC service at "host:port" says that it is SERVING; it need not be up yet."""
    await _wait_until(address, service, {health_pb2.HealthCheckResponse.SERVING})


async def wait_until_answering(address: str, service: str) -> None:
    """Return once the gRPC service at "host:port" says how it is; it need not be well."""
    states = health_pb2.HealthCheckResponse
    await _wait_until(address, service, {states.SERVING, states.NOT_SERVING})


async def wait_until_heard(address: str, service: str) -> None:
    """Return once whoever is at "host:port" has said anything, an error or a refusal too.

    The kernel takes connections for a process that hangs, so that nobody is heard there.
    """
    async with grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS) as channel:
        with suppress(grpc.aio.AioRpcError):
            await _stub(channel).Check(health_pb2.HealthCheckRequest(service=service))


async def _wait_until(address: str, service: str, states: Collection[int]) -> None:
    async with grpc.aio.insecure_channel(address, options=(*CHANNEL_OPTIONS, *_EAGER)) as channel:
        health = _stub(channel)
        request = health_pb2.HealthCheckRequest(service=service)
        while True:
            watch = health.Watch(request, wait_for_ready=True)
            try:
                async for answer in watch:
                    if answer.status in states:
                        return
            except grpc.aio.AioRpcError:  # it went away again: the next call waits for it
                await asyncio.sleep(_AGAIN_SECONDS)
            finally:
                watch.cancel()  # or it may last for ever: neither Envoy nor a router ends it


def _stub(channel: grpc.aio.Channel) -> Any:
    return health_pb2_grpc.HealthStub(channel)  # whose type stub leaves its methods out

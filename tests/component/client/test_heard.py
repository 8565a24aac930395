"""Whether whoever is at a port says anything, an answer, an error or a refusal. What hangs says none."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from parlando_client.supervisor.http_probe import wait_until_http_heard
from parlando_client.supervisor.ports import wait_until_heard, wait_until_serving
from tests.ports import free_port

Heard = Callable[[int], Awaitable[None]]


async def _over_grpc(port: int) -> None:
    await wait_until_heard(f"127.0.0.1:{port}", "any.Service")


async def _over_http(port: int) -> None:
    await wait_until_http_heard(port, "/healthz")


@pytest.mark.parametrize("heard", [_over_grpc, _over_http])
async def test_a_refusal_is_a_word(heard: Heard) -> None:
    await heard(free_port())


@pytest.mark.parametrize("heard", [_over_grpc, _over_http])
async def test_who_takes_a_connection_and_keeps_silent_is_not_heard_until_it_ends(heard: Heard) -> None:
    taken: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
    server = await asyncio.start_server(lambda _, writer: taken.put_nowait(writer), "127.0.0.1", 0)
    hearing = asyncio.ensure_future(heard(server.sockets[0].getsockname()[1]))
    try:
        writer = await taken.get()
        assert not hearing.done()
        server.close()
        writer.close()
        await hearing
    finally:
        hearing.cancel()
        server.close()


async def test_an_error_over_http_is_a_word() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        await _over_http(server.sockets[0].getsockname()[1])


class _Restarted(health_pb2_grpc.HealthServicer):
    """Goes away once, and serves then; notes whether anybody watches it."""

    def __init__(self) -> None:
        self.calls = 0
        self.left = asyncio.Event()

    async def Watch(  # noqa: N802  # gRPC's name
        self, _: health_pb2.HealthCheckRequest, context: Any
    ) -> None:
        """Say how it is, and then nothing any more."""
        self.calls += 1
        if self.calls == 1:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "starting")
        await context.write(health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING))
        try:
            await asyncio.Event().wait()
        finally:
            self.left.set()


async def test_who_has_waited_for_a_service_watches_it_no_more() -> None:
    watched = _Restarted()
    server = grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(watched, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    gc.disable()  # which finds calls that nobody ends, some day
    try:
        await wait_until_serving(f"127.0.0.1:{port}", "any")
        async with asyncio.timeout(10):
            await watched.left.wait()
    finally:
        gc.enable()
        await server.stop(0)
    assert watched.calls == 2

"""Whether whoever is at a port says anything, an answer, an error or a refusal. What hangs says none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from parlando_client.supervisor.http_probe import wait_until_http_heard
from parlando_client.supervisor.ports import wait_until_heard
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

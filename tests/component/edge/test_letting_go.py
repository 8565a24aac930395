"""What served a connection is let go with it, and not when Python next searches all there is for cycles."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

import pytest
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from websockets.exceptions import InvalidStatus
from websockets.server import ServerProtocol

from parlando_edge.http_server import Http, WebSocket
from tests.component.edge.serving import Edge, serving, until

_KINDS = (Http, RequestResponseCycle, ServerProtocol, WebSocket)


def _held() -> Counter[str]:
    return Counter(type(each).__name__ for each in gc.get_objects() if type(each) in _KINDS)


@pytest.fixture
def _no_search() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def _leaves(edge: Edge) -> None:
    async with edge.websocket() as socket:
        await socket.recv()


async def _vanishes(edge: Edge) -> None:
    async with edge.websocket() as socket:
        await socket.recv()
        socket.transport.abort()


async def _breaks_the_protocol(edge: Edge) -> None:
    async with edge.websocket() as socket:
        await socket.recv()
        socket.transport.write(b"\xff" * 64)
        await socket.wait_closed()


async def _is_refused(edge: Edge) -> None:
    with suppress(InvalidStatus):
        async with edge.websocket("?session_id=!"):
            pass


async def _asks(edge: Edge) -> None:
    """Ask over HTTP, and begin a WebSocket on the same connection, as Envoy does."""
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    writer.write(b"GET /v1/models HTTP/1.1\r\nHost: edge\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    writer.write(
        b"GET /v1/realtime HTTP/1.1\r\nHost: edge\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
    )
    await reader.readuntil(b" 101 ")
    writer.close()


async def _asks_and_leaves(edge: Edge) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    writer.write(b"GET /v1/models HTTP/1.1\r\nHost: edge\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


@pytest.mark.usefixtures("_no_search")
@pytest.mark.parametrize(
    "conduct",
    [_leaves, _vanishes, _breaks_the_protocol, _is_refused, _asks, _asks_and_leaves],
    ids=lambda each: each.__name__.strip("_"),
)
async def test_nothing_is_left_of_a_connection(conduct: Callable[[Edge], Awaitable[None]]) -> None:
    async with serving() as edge:
        for _ in range(3):
            await conduct(edge)
        async with asyncio.timeout(30):
            await until(lambda: not _held())

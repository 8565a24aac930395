"""Clients that take nothing, and clients that are no longer there."""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import orjson
import psutil
import pytest
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from tests.component.edge.serving import Edge, serving, until, until_idle

_PATIENCE = 0.5  # seconds; the bound that is under test, not a measure of the machine

_MOST_TAKEN = 200
"""Frames of 960 bytes that gRPC's windows, 128 KiB, the edge and two sockets hold between them."""

_SPEECH = orjson.dumps({"input": "x " * 2_000, "voice": "floods", "response_format": "pcm"})
_POST = b"POST /v1/audio/speech HTTP/1.1\r\nHost: e\r\nContent-Length: %d\r\n\r\n%b" % (len(_SPEECH), _SPEECH)
_UPGRADE = (
    b"GET /v1/realtime HTTP/1.1\r\nHost: e\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %b\r\n\r\n" % base64.b64encode(b"0" * 16)
)


def _frame(payload: bytes) -> bytes:
    """Return a text frame as clients send it, masked with zeros (RFC 6455, 5.2)."""
    return struct.pack("!BBH4x", 0x81, 0x80 | 126, len(payload)) + payload


def _response_create() -> bytes:
    """Return a frame that asks for speech without end."""
    content = [{"type": "input_text", "text": "x " * 2_000}]
    wanted = {
        "input": [{"type": "message", "role": "user", "content": content}],
        "audio": {"output": {"voice": "floods"}},
    }
    return _frame(orjson.dumps({"type": "response.create", "response": wanted}))


_REQUESTS = {"http": _POST, "websocket": _response_create()}


@asynccontextmanager
async def _deaf(edge: Edge, kind: str, *requests: bytes) -> AsyncIterator[socket.socket]:
    """Connect a client that has a small buffer, sends requests and reads nothing of the answers."""
    loop = asyncio.get_running_loop()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.setblocking(False)
        await loop.sock_connect(client, ("127.0.0.1", edge.port))
        if kind == "websocket":
            await loop.sock_sendall(client, _UPGRADE)
            assert b" 101 " in await loop.sock_recv(client, 64)
        for request in requests:
            await loop.sock_sendall(client, request)
        yield client


def _connections(edge: Edge) -> int:
    """Return how many connections the edge's sockets have, dead ones that still hold data included."""
    found = psutil.Process().net_connections("tcp")
    return sum(bool(c.raddr) and bool(c.laddr) and c.laddr.port == edge.port for c in found)


def _errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged as a fault."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_a_reader_that_stalls_is_dropped_and_leaves_nothing_running(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(reader_seconds=_PATIENCE) as edge:
        tasks = len(asyncio.all_tasks())
        async with _deaf(edge, kind, _REQUESTS[kind]):
            await edge.router.until_live(1)
            await edge.router.until_live(0)  # the router's call is over...
            assert edge.router.sent <= _MOST_TAKEN  # ...and little of it was taken that nobody reads
            await until_idle(edge)
            await until(lambda: _connections(edge) == 0)  # and the kernel's socket with it
        await until(lambda: len(asyncio.all_tasks()) <= tasks)
        assert (await edge.speech(input="Well.")).status_code == 200
    assert _errors(caplog) == []


async def test_a_reader_that_asks_and_asks_and_reads_nothing_is_dropped() -> None:
    async with serving(reader_seconds=_PATIENCE) as edge:
        nonsense = [_frame(b"x" * 200) * 500] * 10_000
        with pytest.raises(ConnectionError):
            async with _deaf(edge, "websocket", *nonsense):
                pytest.fail("a gigabyte of nonsense was taken")
        await until_idle(edge)


async def test_a_dropped_reader_leaves_no_task_that_spins() -> None:
    async with serving(reader_seconds=_PATIENCE) as edge:
        for kind, request in _REQUESTS.items():
            async with _deaf(edge, kind, request) as client:
                await edge.router.until_live(1)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            await edge.router.until_live(0)  # it was torn off, in the middle of being written to
            await until_idle(edge)
        # With nothing else to do, a task that spins would take all of this process's time.
        before = os.times()
        await asyncio.sleep(_PATIENCE)
        after = os.times()
        assert (after.user + after.system) - (before.user + before.system) < _PATIENCE / 2


async def test_a_peer_that_answers_no_ping_is_dropped() -> None:
    async with serving(ping_seconds=0.1) as edge, _deaf(edge, "websocket"):  # it sees no ping
        await until(lambda: edge.gate.live == 1)
        await until_idle(edge)


async def test_clients_that_connect_together_are_not_pinged_together() -> None:
    async with serving(ping_seconds=30) as edge, AsyncExitStack() as clients:
        now = asyncio.get_running_loop().time()
        for _ in range(20):
            await clients.enter_async_context(edge.websocket())
        connections = edge.server._server.server_state.connections
        timers = [each.ping_timer for each in connections if isinstance(each, WebSocketsSansIOProtocol)]
        due = [timer.when() - now for timer in timers if timer is not None]
        assert len(due) == 20
        assert max(due) - min(due) > 10  # by chance it is less once in fifty million runs


async def test_a_peer_that_answers_no_ping_and_then_reads_is_no_fault_of_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loop = asyncio.get_running_loop()
    async with serving(ping_seconds=0.1) as edge, _deaf(edge, "websocket", _response_create()) as client:
        (connection,) = edge.server._server.server_state.connections
        assert isinstance(connection, WebSocketsSansIOProtocol)
        await until(lambda: connection.close_sent)  # by uvicorn: it has had no pong
        with suppress(ConnectionError):
            while await loop.sock_recv(client, 65_536):
                pass
        await until_idle(edge)
    assert _errors(caplog) == []


async def test_an_idle_client_stays() -> None:
    async with serving(reader_seconds=0.1) as edge, edge.websocket() as client:
        await client.recv()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.5):  # fifteen times what a stalled reader is given, and a probe
                await client.recv()
        assert edge.gate.live == 1

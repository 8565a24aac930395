"""A WebSocket that is refused, whose client leaves, or sends what is no message: what the log has of it."""

from __future__ import annotations

import asyncio
import base64
import logging
import struct

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.server import ServerState
from websockets.frames import CloseCode

from parlando_edge.gate import refuse
from parlando_edge.http_server import WebSocket
from parlando_kit.errors import ParlandoError, Reason

_UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: e\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %b\r\n\r\n" % base64.b64encode(b"0" * 16)
)


class _Transport(asyncio.Transport):
    """A connection of which only its end and what is written to it matter."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.protocol: WebSocket | None = None
        self._closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        if not self._closing and self.protocol is not None:
            self._closing = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    def pause_reading(self) -> None:
        """Go on: the test reads."""

    def resume_reading(self) -> None:
        """Likewise."""


def _text(payload: bytes) -> bytes:
    """Return a text frame as clients send it, masked with zeros (RFC 6455, 5.2)."""
    return struct.pack("!BBH4x", 0x81, 0x80 | 126, len(payload)) + payload


def _asked(app: ASGIApp) -> tuple[WebSocket, _Transport, asyncio.Task[None]]:
    """Ask an application for a WebSocket; return its two ends, and who serves it."""
    config = uvicorn.Config(app, ws=WebSocket, ws_max_size=1_000, log_config=None, proxy_headers=False)
    config.load()
    state, transport = ServerState(), _Transport()
    protocol = transport.protocol = WebSocket(config, state, {})
    protocol.connection_made(transport)
    protocol.data_received(_UPGRADE)
    (serving,) = state.tasks
    return protocol, transport, serving


def _errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


_FAULTS = {
    CloseCode.INVALID_DATA: _text(b"\xff" * 200),
    CloseCode.MESSAGE_TOO_BIG: _text(b"x" * 2_000),
    CloseCode.PROTOCOL_ERROR: b"\xf0\x80\0\0\0\0",
}


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("code", _FAULTS)
async def test_it_ends_the_connection_and_is_no_fault_of_ours(
    code: CloseCode, *, early: bool, caplog: pytest.LogCaptureFixture
) -> None:
    accepted = asyncio.Event()

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        accepted.set()
        while (await receive())["type"] != "websocket.disconnect":
            pass

    protocol, transport, serving = _asked(app)
    if not early:
        await accepted.wait()
    protocol.data_received(_FAULTS[code])
    await asyncio.wait({serving})
    assert transport.is_closing()
    assert (struct.pack("!H", code) in transport.written) is not early
    assert _errors(caplog) == []


async def test_a_refusal_is_no_fault_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    async def refuses(scope: Scope, receive: Receive, send: Send) -> None:
        await refuse(ParlandoError(Reason.OVERLOADED, "try again"), scope, receive, send)

    _, transport, serving = _asked(refuses)
    await serving
    assert transport.written.startswith(b"HTTP/1.1 429 ")
    assert b"overloaded" in transport.written
    assert transport.is_closing()
    assert _errors(caplog) == []


async def test_a_client_that_leaves_in_the_handshake_is_no_fault_of_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    left = asyncio.Event()

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await left.wait()
        await send({"type": "websocket.accept"})

    protocol, transport, serving = _asked(app)
    transport.close()  # what follows comes before the protocol is told
    left.set()
    await serving
    assert transport.written == b""
    assert _errors(caplog) == []
    assert protocol.app is app


async def test_an_application_that_forgets_the_handshake_is_at_fault(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def forgets(_scope: Scope, receive: Receive, _send: Send) -> None:
        await receive()

    _, transport, serving = _asked(forgets)
    await serving
    assert transport.written.startswith(b"HTTP/1.1 500 ")
    assert _errors(caplog) == ["ASGI callable returned without completing handshake."]

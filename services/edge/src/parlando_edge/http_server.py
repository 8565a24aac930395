"""uvicorn under our own lifecycle: it binds, drains and closes as our gRPC servers do."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import random
import socket
from collections.abc import Iterator
from functools import partial
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

from parlando_edge.exchange import is_broken_off
from parlando_edge.gate import Gate
from parlando_edge.gathering import GatheringTransport
from parlando_edge.settings import EdgeSettings
from parlando_kit.server import PortTakenError

CLOSE_SECONDS = 1
"""How long connections may take to close once all is done, or the drain's grace is over."""

_BACKLOG = 1_024

_UNSENT_BYTES = 16 * 1024
"""What may wait in a connection, and as much again in the kernel, before its writer waits: a longer message
waits whole, and no second one. What is on the wire comes on top, so that a long way is filled too."""

KEEP_ALIVE_SECONDS = 75
"""For so long a connection may be idle: longer than in Envoy, which else sends into one that is closed."""


class _Uvicorn(uvicorn.Server):
    """uvicorn's server, which leaves signals to our lifecycle and tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()


class Http(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, in which little waits for a client that reads slowly; a WebSocket begins as one."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Begin."""
        transport.set_write_buffer_limits(high=_UNSENT_BYTES)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """End, and let go of the latest answer, which refers to this."""
        super().connection_lost(exc)
        self.cycle = None  # type: ignore[assignment]  # as before the first

    def handle_websocket_upgrade(self) -> None:
        """Give the connection to a WebSocket, and let go of what refers to this, as when it is lost."""
        super().handle_websocket_upgrade()
        self.parser = self.cycle = None  # type: ignore[assignment]  # as uvicorn does

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        super()._start_asgi_task(cycle, partial(_answered, cycle, app))


async def _answered(
    cycle: RequestResponseCycle, app: ASGIApp, scope: Scope, receive: Receive, send: Send
) -> None:
    """Have an application answer, and close the connection where it breaks its answer off.

    uvicorn would close it as well, and log an error for each, as for an application that forgot the end.
    """
    await app(scope, receive, send)
    if is_broken_off(scope):
        cycle.disconnected = True
        cycle.transport.close()


class WebSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, whose small messages leave together.

    Two faults of a client are told to it alone, which uvicorn logs with a traceback as faults of ours. Nor is
    it one of ours that a handshake is refused, or that its client has left.
    """

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, with a transport that gathers what is written."""
        super().connection_made(GatheringTransport(cast("asyncio.Transport", transport), self.loop))

    def connection_lost(self, exc: Exception | None) -> None:
        """End, and let go of a parser that waits for more, and of its error: both refer to it."""
        super().connection_lost(exc)
        self.conn.parser.close()
        self.conn.parser_exc = None

    async def run_asgi(self) -> None:
        """Have the application serve it."""
        app, self.app = self.app, partial(self._serve, self.app)
        try:
            await super().run_asgi()
        finally:
            self.app = app  # or each connection would be kept until a search for cycles

    async def _serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it; a handshake that was refused, or has nobody at its other end, is over.

        To uvicorn one that was refused with a body is not complete, and it would log an error for each.
        """
        await app(scope, receive, send)
        if self.close_sent or self.transport.is_closing():
            self.handshake_complete = True

    def start_keepalive(self) -> None:
        """Begin to ping, at a random moment: those who connect together would be asked together for good."""
        if self.ping_interval:
            first = random.uniform(0, self.ping_interval)  # noqa: S311  # no secret
            self.ping_timer = self.loop.call_later(first, self.send_keepalive_ping)

    def data_received(self, data: bytes) -> None:
        """Take what has come; close the connection where it came before it was accepted (RFC 6455, 4.1).

        To a request line or a header that is too long websockets has an answer, which uvicorn would not send.
        """
        if self.handshake_initiated and not self.handshake_complete:
            self.transport.close()
            return
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def send_receive_event_to_app(self) -> None:
        """Pass a message on; close the connection where it is a text that is not UTF-8."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self.conn.send_close(CloseCode.INVALID_DATA)
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()


class HttpServer:
    """Serves an ASGI application over HTTP/1.1 and WebSocket.

    Args:
        settings: address, bounds and patience.
        app: what is served.
        gate: counts what is under way in it.
    """

    def __init__(self, settings: EdgeSettings, app: ASGIApp, gate: Gate) -> None:
        self._settings = settings
        self._gate = gate
        self._serving: asyncio.Task[None] | None = None
        self._server = _Uvicorn(
            uvicorn.Config(
                app,
                http=Http,
                ws=WebSocket,
                ws_per_message_deflate=False,  # it costs twenty times what it saves
                ws_max_size=settings.max_event_bytes,
                ws_ping_interval=settings.ping_seconds,
                ws_ping_timeout=settings.ping_seconds,
                lifespan="off",
                log_config=None,
                log_level="warning",  # lower levels quote queries
                access_log=False,
                server_header=False,
                proxy_headers=False,
                backlog=_BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=CLOSE_SECONDS,
            )
        )

    @property
    def live(self) -> int:
        """Requests and WebSockets under way."""
        return self._gate.live

    async def start(self) -> int:
        """Bind, start serving, and return the port.

        Raises:
            PortTakenError: the port is in use, or the address is not this machine's.
        """
        listener = _listen(self._settings)
        port: int = listener.getsockname()[1]
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        listens = asyncio.create_task(self._server.listens.wait())
        await asyncio.wait({self._serving, listens}, return_when=asyncio.FIRST_COMPLETED)
        listens.cancel()
        if self._serving.done():
            self._serving.result()
        return port

    async def stop(self, grace: float) -> None:
        """Refuse what is new, wait up to `grace` seconds for what is under way, and close.

        A second call, while the first still waits, ends what is left after its own grace.
        """
        if self._serving is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self._gate.drain()
        self._server.should_exit = True
        await asyncio.wait({self._serving})


def _listen(settings: EdgeSettings) -> socket.socket:
    """Return a listening socket; what it accepts inherits its options.

    A reader that stalls is dropped by TCP_USER_TIMEOUT alone: uvicorn closes a connection only after what it
    has written was taken. A peer that vanished is found by keep-alive probes.
    """
    host, port = settings.host.strip("[]"), settings.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _taken(settings, error) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, settings.send_buffer_bytes)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        seconds = max(1, round(settings.reader_seconds))
        for name, value in (
            ("TCP_USER_TIMEOUT", round(settings.reader_seconds * 1000)),
            ("TCP_NOTSENT_LOWAT", _UNSENT_BYTES),
            ("TCP_KEEPIDLE", seconds),
            ("TCP_KEEPINTVL", max(1, seconds // 4)),
            ("TCP_KEEPCNT", 4),
        ):
            if hasattr(socket, name):  # Linux has them all
                listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise _taken(settings, error) from error
    listener.setblocking(False)
    return listener


def _taken(settings: EdgeSettings, error: OSError) -> PortTakenError:
    why = error.strerror or str(error)
    if error.errno == errno.EADDRINUSE:
        why = "the port is taken; stop what holds it, or set EDGE_PORT"
    return PortTakenError(f"cannot listen on {settings.host}:{settings.port}: {why}")

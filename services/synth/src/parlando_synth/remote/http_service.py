"""Local servers over HTTP and WebSocket, for tests and benchmarks of projects that have aiohttp."""

# ruff: noqa: D102  # as LocalService says

from __future__ import annotations

import asyncio
import ssl
from abc import abstractmethod
from collections.abc import Sequence

from aiohttp import web

from parlando_synth.remote.service import LocalService


class HttpService(LocalService):
    """A server whose requests are handled by a subclass.

    Attributes:
        heeds_leaving: whether a handler ends when its client is gone, which is what tests of stops wait for.
    """

    heeds_leaving = True

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls)
        self._runner: web.AppRunner | None = None

    @abstractmethod
    def routes(self) -> Sequence[web.RouteDef]:
        """Return what is served."""

    async def open(self, tls: ssl.SSLContext | None) -> int:
        app = web.Application()
        app.add_routes(self.routes())
        self._runner = web.AppRunner(
            app, handler_cancellation=self.heeds_leaving, access_log=None, shutdown_timeout=0.1
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        port: int = self._runner.addresses[0][1]
        return port

    async def shut(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def transports(self) -> Sequence[asyncio.BaseTransport]:
        server = None if self._runner is None else self._runner.server
        handlers = [] if server is None else server.connections
        return [handler.transport for handler in handlers if handler.transport is not None]

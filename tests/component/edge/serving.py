"""The edge as it is served: real uvicorn on a free port, real gRPC behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from openai import AsyncOpenAI
from websockets.asyncio.client import connect

from parlando_edge.admin_client import GrpcAdministration
from parlando_edge.admitting import AdmittingSpeaker
from parlando_edge.app import create_app
from parlando_edge.dialogue import Dialogue, Verbatim
from parlando_edge.gate import Gate
from parlando_edge.http_server import HttpServer
from parlando_edge.router_client import GrpcSpeaker
from parlando_edge.session_client import GrpcSessionStore
from parlando_edge.settings import EdgeSettings
from parlando_kit.channels import open_channel
from parlando_kit.clock import MonotonicClock
from parlando_kit.waiting import WaitingRoom
from tests.component.edge.router import FakeRouter, new_router, serving_router

ADMIN_KEY = "a key of the tests alone"  # nobody else's
NOWHERE = "127.0.0.1:9"  # the discard port: nobody listens


@dataclass(frozen=True)
class Edge:
    """An edge that serves.

    Attributes:
        port: on 127.0.0.1.
        router: what stands behind it.
        server: it.
        gate: counts what is under way in it.
        http: a client whose base is the edge.
    """

    port: int
    router: FakeRouter
    server: HttpServer
    gate: Gate
    http: httpx2.AsyncClient

    def openai(self) -> AsyncOpenAI:
        """Return the stock client, unchanged but for its base URL."""
        return AsyncOpenAI(base_url=f"http://127.0.0.1:{self.port}/v1", api_key="none", max_retries=0)

    def websocket(self, query: str = "", **options: Any) -> connect:
        """Return a WebSocket client of the Realtime endpoint, deflate offered as browsers do."""
        return connect(f"ws://127.0.0.1:{self.port}/v1/realtime{query}", max_size=None, **options)

    async def speech(self, **body: Any) -> httpx2.Response:
        """Ask for speech, and return the whole answer."""
        return await self.http.post("/v1/audio/speech", json={"response_format": "pcm", **body})


@asynccontextmanager
async def serving(
    session: str = NOWHERE, dialogue: Dialogue | None = None, **settings: Any
) -> AsyncIterator[Edge]:
    """Serve an edge in front of a fake router.

    Args:
        session: address of a session service.
        dialogue: finds the words of responses; None says them as they are asked.
        settings: the edge's, other than its defaults.
    """
    router = new_router()
    async with (
        serving_router(router) as address,
        serving_before(address, session, router, dialogue, **settings) as edge,
    ):
        yield edge


@asynccontextmanager
async def serving_before(
    address: str, session: str, router: FakeRouter, dialogue: Dialogue | None = None, **settings: Any
) -> AsyncIterator[Edge]:
    """Serve an edge in front of whatever has the address."""
    chosen = EdgeSettings(port=0, **settings)
    async with open_channel(address) as to_router, open_channel(session) as to_session:
        gate = Gate(chosen.max_live)
        clock = MonotonicClock()
        speaker = AdmittingSpeaker(GrpcSpeaker(to_router), WaitingRoom(chosen.max_waiting, clock))
        store = GrpcSessionStore(to_session, clock)
        administration = GrpcAdministration(to_router)
        app = create_app(chosen, speaker, store, administration, gate, clock, dialogue or Verbatim())
        server = HttpServer(chosen, app, gate)
        port = await server.start()
        try:
            async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
                yield Edge(port, router, server, gate, http)
        finally:
            await server.stop(0)
            await store.close()


async def until(condition: Callable[[], bool]) -> None:
    """Return once a condition holds that nothing tells of."""
    while not condition():  # noqa: ASYNC110  # it is somebody else's state
        await asyncio.sleep(0.001)


async def until_idle(edge: Edge) -> None:
    """Return once nothing is under way in an edge."""
    await until(lambda: edge.gate.live == 0)

"""The session service as it is served: a real gRPC server and a real channel, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import grpc
import pytest
from grpc_health.v1 import health_pb2
from pydantic import SecretStr

from parlando.session.v1.session_service_pb2_grpc import SessionServiceStub
from parlando_kit.channels import open_channel
from parlando_kit.clock import MonotonicClock
from parlando_kit.errors import ParlandoError
from parlando_kit.server import Server
from parlando_kit.status import from_rpc_error
from parlando_kit.tasks import background
from parlando_session.budgets import Budgets
from parlando_session.policies import PolicyBook
from parlando_session.servicer import SessionServicer, session_service
from parlando_session.sessions import Sessions
from parlando_session.settings import SessionSettings
from parlando_session.store_watch import STORE, watch_store
from parlando_session.stores import Stores, open_stores
from parlando_session.turns import Turns
from tests.component.session.places import LEASE_SECONDS, TimeOfDay

if TYPE_CHECKING:
    from parlando.session.v1.session_service_pb2_grpc import SessionServiceAsyncStub

T = TypeVar("T")

_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Served:
    """A session service that is served.

    Attributes:
        address: of the server.
        channel: to it.
        stub: on that channel.
        now: its time of day.
        server: the server itself.
        stores: what it keeps.
    """

    address: str
    channel: grpc.aio.Channel
    stub: SessionServiceAsyncStub
    now: TimeOfDay
    server: Server
    stores: Stores

    async def health(self, *, serving: bool) -> None:
        """Return once the store, the service and the whole say that they serve, or do not."""
        statuses = health_pb2.HealthCheckResponse
        awaited = statuses.SERVING if serving else statuses.NOT_SERVING
        watch = self.channel.unary_stream(
            "/grpc.health.v1.Health/Watch",
            health_pb2.HealthCheckRequest.SerializeToString,
            health_pb2.HealthCheckResponse.FromString,
        )
        for name in (STORE, "parlando.session.v1.SessionService", ""):
            call = watch(health_pb2.HealthCheckRequest(service=name))
            async for answer in call:
                if answer.status == awaited:
                    break
            call.cancel()


@asynccontextmanager
async def served(redis_url: str = "") -> AsyncIterator[Served]:
    """Serve on memory, or on the Redis of that address; it is ready once the store has answered."""
    settings = SessionSettings(port=0, redis_url=SecretStr(redis_url), max_message_bytes=16 * 2**20)
    now = TimeOfDay()
    async with open_stores(settings, now) as stores:
        book = PolicyBook(stores.policies, frozenset({"espeak", "kokoro", "openai"}))
        servicer = SessionServicer(
            Sessions(stores.sessions, now),
            Turns(stores.sessions, now),
            book,
            Budgets(stores.sessions, now, LEASE_SECONDS),
            now,
        )
        server = Server(settings, [session_service(servicer)])
        server.on_drain(book.close)
        await server.set_health(STORE, serving=False)
        address = f"127.0.0.1:{await server.start()}"
        async with (
            background(watch_store(book, server, MonotonicClock(), _POLL_SECONDS)),
            open_channel(address) as channel,
        ):
            try:
                yield Served(address, channel, SessionServiceStub(channel), now, server, stores)
            finally:
                await server.stop(0)


async def failure(call: Awaitable[object]) -> ParlandoError:
    """Return the error that a call ends with."""
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await call
    return from_rpc_error(failed.value)


async def eventually(call: Awaitable[T]) -> T:
    """Return what a call answers, within the time any test has."""
    async with asyncio.timeout(60):
        return await call

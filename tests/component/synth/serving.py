"""A synth worker as it is served: a real gRPC server and a real channel, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc
import pytest
from opentelemetry.sdk.metrics import MeterProvider

from parlando.admin.v1.admin_service_pb2_grpc import AdminServiceStub
from parlando.synth.v1 import synth_pb2 as pb
from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceStub
from parlando_kit.administration import admin_service
from parlando_kit.calls import CallsUnderWay
from parlando_kit.channels import open_channel
from parlando_kit.clock import MonotonicClock
from parlando_kit.errors import ParlandoError
from parlando_kit.server import Server
from parlando_kit.settings import ServerSettings
from parlando_kit.status import from_rpc_error
from parlando_scripted.engine import ScriptedEngine
from parlando_scripted.script import ScriptedSettings
from parlando_synth.admin_servicer import AdminServicer
from parlando_synth.engine import Engine, Warmth
from parlando_synth.loading import engine_of
from parlando_synth.servicer import synth_service
from parlando_synth.threaded import ThreadedEngine
from parlando_synth.worker import Bounds, Worker

if TYPE_CHECKING:
    from parlando.admin.v1.admin_service_pb2_grpc import AdminServiceAsyncStub
    from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceAsyncStub

TEXT = "one two three four five"


@dataclass(frozen=True)
class Served:
    """A worker that is served.

    Attributes:
        address: "host:port" of the server.
        channel: to the server.
        stub: on that channel.
        admin: likewise.
    """

    address: str
    channel: grpc.aio.Channel
    stub: SynthServiceAsyncStub
    admin: AdminServiceAsyncStub

    async def described(
        self, condition: Callable[[pb.DescribeEngineResponse], bool] = lambda _: True
    ) -> pb.DescribeEngineResponse:
        """Return what the worker says of itself, once the condition holds."""
        while True:
            message = await self.stub.DescribeEngine(pb.DescribeEngineRequest())
            if condition(message):
                return message
            await asyncio.sleep(0.001)


def scripted(script: ScriptedSettings | None = None) -> Engine:
    """Return a scripted engine, not loaded."""
    settings = script or ScriptedSettings()
    return ThreadedEngine(ScriptedEngine(settings), instances=settings.instances)


@asynccontextmanager
async def serving(engine: Engine, *, max_queued: int = 4, max_unread: float = 300.0) -> AsyncIterator[Served]:
    """Serve a worker over an engine."""
    clock = MonotonicClock()
    worker = Worker(
        "scripted",
        lambda: engine,
        bounds=Bounds(max_queued=max_queued, max_unread=max_unread),
        warmth=Warmth(),
        clock=clock,
        meter=MeterProvider().get_meter("test"),
    )
    calls = CallsUnderWay()
    admin = AdminServicer(  # type: ignore[abstract]  # the rest is UNIMPLEMENTED
        worker, clock, calls, drain_seconds=10.0
    )
    server = Server(ServerSettings(), [synth_service(worker, calls), admin_service(admin)], calls=calls)
    async with engine_of(worker, server):
        address = f"127.0.0.1:{await server.start()}"
        async with open_channel(address) as channel:
            yield Served(address, channel, SynthServiceStub(channel), AdminServiceStub(channel))
        await server.stop(0)


@asynccontextmanager
async def ready(
    script: ScriptedSettings | None = None, *, max_queued: int = 4, max_unread: float = 300.0
) -> AsyncIterator[Served]:
    """Serve a worker over a scripted engine, and wait until that is loaded."""
    async with serving(scripted(script), max_queued=max_queued, max_unread=max_unread) as served:
        await served.described(lambda message: message.state == pb.ENGINE_STATE_READY)
        yield served


def request(synthesis_id: str, text: str = TEXT, **options: str) -> pb.SynthesizeRequest:
    """Return a request whose options are the script's."""
    return pb.SynthesizeRequest(synthesis_id=synthesis_id, text=text, engine_options=options)


async def failure(call: Awaitable[object]) -> ParlandoError:
    """Return the domain error that a call ends with."""
    with pytest.raises(grpc.aio.AioRpcError) as ended:
        await call
    return from_rpc_error(ended.value)


async def collected(
    call: grpc.aio.UnaryStreamCall[pb.SynthesizeRequest, pb.SynthesizeResponse],
) -> list[pb.SynthesizeResponse]:
    """Return all messages of a synthesis."""
    return [message async for message in call]


def kinds(message: pb.SynthesizeResponse) -> list[str]:
    """Return what a message tells of."""
    return [field.name for field, _ in message.ListFields()]


def pcm(messages: list[pb.SynthesizeResponse]) -> bytes:
    """Return all audio."""
    return b"".join(message.audio.pcm for message in messages)

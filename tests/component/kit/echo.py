"""A service of four methods, one of each kind, whose behaviour each test states; and calls to it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Literal, Protocol, TypeAlias

import grpc
from google.protobuf.wrappers_pb2 import StringValue

from parlando_kit.calls import CallsUnderWay
from parlando_kit.channels import open_channel
from parlando_kit.server import Server, Service
from parlando_kit.settings import ServerSettings

NAME = "parlando.test.v1.EchoService"

Context: TypeAlias = "grpc.aio.ServicerContext[StringValue, StringValue]"
Requests = AsyncIterator[StringValue]
Unary = Callable[[StringValue, Context], Awaitable[StringValue]]
Stream = Callable[[StringValue, Context], AsyncIterator[StringValue]]
Collect = Callable[[Requests, Context], Awaitable[StringValue]]
Chat = Callable[[Requests, Context], AsyncIterator[StringValue]]


Transport = Literal["socket", "process"]

_SETTLED = 0.01
"""Seconds that a server lives on after its last call. One that ends while gRPC's core still lets go of how a
connection began, on a thread of its own that a full machine keeps waiting, may bring the process down: grpcio
1.78.2 did so once in 80,000 servers that ended with their first call."""


async def _unary(request: StringValue, context: Context) -> StringValue:
    del context
    return request


async def _stream(request: StringValue, context: Context) -> AsyncIterator[StringValue]:
    del context
    for letter in request.value:
        yield StringValue(value=letter)


async def _collect(requests: Requests, context: Context) -> StringValue:
    del context
    return StringValue(value="".join([request.value async for request in requests]))


async def _chat(requests: Requests, context: Context) -> AsyncIterator[StringValue]:
    del context
    async for request in requests:
        yield request


def echo_service(
    unary: Unary = _unary, stream: Stream = _stream, collect: Collect = _collect, chat: Chat = _chat
) -> Service:
    """Return the service; a method that is left out echoes."""
    encode, decode = StringValue.SerializeToString, StringValue.FromString
    methods = {
        "Unary": grpc.unary_unary_rpc_method_handler(unary, decode, encode),
        "Stream": grpc.unary_stream_rpc_method_handler(stream, decode, encode),
        "Collect": grpc.stream_unary_rpc_method_handler(collect, decode, encode),
        "Chat": grpc.stream_stream_rpc_method_handler(chat, decode, encode),
    }
    handler = grpc.method_handlers_generic_handler(NAME, methods)
    return Service(NAME, lambda server: server.add_generic_rpc_handlers((handler,)))


@asynccontextmanager
async def serving(
    *services: Service,
    settings: ServerSettings | None = None,
    tracing: Sequence[grpc.aio.ServerInterceptor] = (),
    calls: CallsUnderWay | None = None,
    transport: Transport = "socket",
) -> AsyncIterator[tuple[Server, grpc.aio.Channel]]:
    """Serve on a free port, and yield the server and a channel to it."""
    server = Server(settings or ServerSettings(port=0), services, tracing, calls)
    port = await server.start()
    try:
        async with (
            server.channel() if transport == "process" else open_channel(f"127.0.0.1:{port}") as channel
        ):
            yield server, channel
    finally:
        if transport == "socket":
            await asyncio.sleep(_SETTLED)
        await server.stop(0)


class Serving(Protocol):
    """`serving` by one transport: what the fixture of that name gives, for each of them."""

    def __call__(
        self,
        *services: Service,
        tracing: Sequence[grpc.aio.ServerInterceptor] = (),
        calls: CallsUnderWay | None = None,
    ) -> AbstractAsyncContextManager[tuple[Server, grpc.aio.Channel]]:
        """Serve."""


def unary(channel: grpc.aio.Channel) -> "grpc.aio.UnaryUnaryMultiCallable[StringValue, StringValue]":
    """Return the unary method."""
    return channel.unary_unary(f"/{NAME}/Unary", StringValue.SerializeToString, StringValue.FromString)


def stream(channel: grpc.aio.Channel) -> "grpc.aio.UnaryStreamMultiCallable[StringValue, StringValue]":
    """Return the server-streaming method."""
    return channel.unary_stream(f"/{NAME}/Stream", StringValue.SerializeToString, StringValue.FromString)


def collect(channel: grpc.aio.Channel) -> "grpc.aio.StreamUnaryMultiCallable[StringValue, StringValue]":
    """Return the client-streaming method."""
    return channel.stream_unary(f"/{NAME}/Collect", StringValue.SerializeToString, StringValue.FromString)


def chat(channel: grpc.aio.Channel) -> "grpc.aio.StreamStreamMultiCallable[StringValue, StringValue]":
    """Return the bidirectional method."""
    return channel.stream_stream(f"/{NAME}/Chat", StringValue.SerializeToString, StringValue.FromString)

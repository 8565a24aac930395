"""Calls to a fragmenter that is served in this process."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TypeAlias

import grpc
from opentelemetry.metrics import NoOpMeter

from parlando.fragmenter.v1 import fragmenter_pb2 as pb
from parlando.fragmenter.v1.fragmenter_service_pb2_grpc import FragmenterServiceStub
from parlando_fragmenter.servicer import FragmenterServicer, fragmenter_service
from parlando_kit.channels import open_channel
from parlando_kit.clock import Clock
from parlando_kit.server import Server
from parlando_kit.settings import ServerSettings

Call: TypeAlias = "grpc.aio.StreamStreamCall[pb.FragmentRequest, pb.FragmentResponse]"

CONFIG = pb.FragmentRequest(config=pb.FragmentConfig())
END = pb.FragmentRequest(end=pb.End())


def text(text: str) -> pb.FragmentRequest:
    """Return a message with more text."""
    return pb.FragmentRequest(text=pb.TextDelta(text=text))


def flush(flush_id: int) -> pb.FragmentRequest:
    """Return a message that asks for everything there is."""
    return pb.FragmentRequest(flush=pb.Flush(id=flush_id))


@asynccontextmanager
async def fragmenter(clock: Clock) -> AsyncIterator[grpc.aio.Channel]:
    """Serve on a free port, and yield a channel."""
    servicer = FragmenterServicer(clock, NoOpMeter("test"))
    server = Server(ServerSettings(port=0), [fragmenter_service(servicer)])
    port = await server.start()
    try:
        async with open_channel(f"127.0.0.1:{port}") as channel:
            yield channel
    finally:
        await server.stop(0)


def begin(channel: grpc.aio.Channel) -> Call:
    """Open a stream."""
    return FragmenterServiceStub(channel).Fragment()


async def send(call: Call, requests: Iterable[pb.FragmentRequest]) -> None:
    """Write some messages."""
    for request in requests:
        await call.write(request)


async def receive(call: Call) -> pb.FragmentResponse:
    """Read one message; there must be one."""
    response = await call.read()
    assert isinstance(response, pb.FragmentResponse)
    return response


async def receive_all(call: Call) -> list[pb.FragmentResponse]:
    """Read to the end."""
    responses: list[pb.FragmentResponse] = []
    while isinstance(response := await call.read(), pb.FragmentResponse):
        responses.append(response)
    return responses


def brief(responses: Iterable[pb.FragmentResponse]) -> list[str | int]:
    """Return what was said by each response: a fragment's spoken text, or the id of a flush."""
    return [
        response.flushed.id if response.HasField("flushed") else response.fragment.spoken_text
        for response in responses
    ]

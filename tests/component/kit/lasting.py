"""Methods that last until they are ended, and what tests of calls ask of both transports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import grpc
from google.protobuf.wrappers_pb2 import StringValue

from parlando_kit.server import Server
from tests.component.kit.echo import (
    Context,
    Requests,
    unary,
)

FOR_EVER = 3600.0
SECONDS = 10.0
"""So long something may take that comes at once: a bound, and no measure."""

LONG = StringValue(value="x" * 16 * 1024)
MOST_AHEAD = 32  # such messages that a transport may take of a side whose other side reads nothing
TURNS = 200  # calls that go round the whole way: everybody had a turn, over and over


def message(word: str) -> StringValue:
    """Return a message."""
    return StringValue(value=word)


async def messages(*words: str) -> AsyncIterator[StringValue]:
    """Yield messages."""
    for word in words:
        yield message(word)


async def write_all(call: Any, *words: str) -> None:
    """Send messages, and half-close."""
    for word in words:
        await call.write(message(word))
    await call.done_writing()


async def others_are_served(channel: grpc.aio.Channel) -> None:
    """Hold that others are served, for so long that everybody had a turn."""
    for turn in range(TURNS):
        assert (await unary(channel)(message(str(turn)))).value == str(turn)


async def comes(event: asyncio.Event) -> None:
    """Wait for what comes at once."""
    async with asyncio.timeout(SECONDS):
        await event.wait()


async def end_of(call: Awaitable[Any]) -> str:
    """Return how a call ends of which nothing is expected any more."""
    try:
        async with asyncio.timeout(SECONDS):
            answer = await call
    except grpc.aio.AioRpcError as error:
        return error.code().name
    except asyncio.CancelledError:
        return "cancelled by its caller"
    assert answer is grpc.aio.EOF
    return "OK"


async def stops(server: Server) -> None:
    """Stop a server that has nothing to wait for."""
    async with asyncio.timeout(SECONDS):
        await server.stop(FOR_EVER)


class Lasting:
    """Methods that last until they are ended, each at another point, and note how they are left."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.left = asyncio.Event()
        self.how: list[str] = []

    async def _until_ended(self, lasting: Awaitable[object]) -> None:
        task = asyncio.current_task()
        self.begun.set()
        try:
            await lasting
        except BaseException as error:
            self.how.append(type(error).__name__)
            raise
        finally:
            await asyncio.sleep(0)  # leaving may wait
            if asyncio.current_task() is task:
                self.left.set()

    async def answers_never(self, request: StringValue, context: Context) -> StringValue:
        """Wait for what does not come."""
        del context
        await self._until_ended(asyncio.Event().wait())
        return request

    async def waits(self, requests: Requests, context: Context) -> AsyncIterator[StringValue]:
        """Wait for what does not come; read nothing."""
        del requests, context
        await self._until_ended(asyncio.Event().wait())
        yield StringValue()

    async def reads(self, requests: Requests, context: Context) -> AsyncIterator[StringValue]:
        """Wait for a message."""
        del context

        async def read_off() -> None:
            async for _ in requests:
                pass
            await asyncio.Event().wait()  # a reset ends the requests first

        await self._until_ended(read_off())
        yield StringValue()

    async def writes(self, requests: Requests, context: Context) -> None:
        """Write on and on."""
        del requests

        async def write_on() -> None:
            try:
                while True:
                    await context.write(LONG)
            except grpc.aio.InternalError:
                await asyncio.Event().wait()  # the cancel may come after it

        await self._until_ended(write_on())


POINTS = ["reads", "writes", "waits"]

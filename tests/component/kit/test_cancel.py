import asyncio
import logging
from collections.abc import AsyncIterator

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from parlando_kit.channels import open_channel
from parlando_kit.server import Server
from parlando_kit.settings import ServerSettings
from tests.component.kit.echo import Context, Requests, Serving, chat, echo_service, stream, unary
from tests.e2e.relay import relayed

_KIB = 1024


class Flood:
    """A stream without an end that notes how it is left."""

    def __init__(self) -> None:
        self.sent = 0  # bytes
        self.closed = asyncio.Event()
        self.closed_by_its_own_task = False

    async def flow(self, request: StringValue, context: Context) -> AsyncIterator[StringValue]:
        """Yield 1 KiB at a time."""
        del request, context
        task = asyncio.current_task()
        try:
            while True:
                yield StringValue(value="x" * _KIB)
                self.sent += _KIB
        finally:
            await asyncio.sleep(0)  # leaving may wait
            self.closed_by_its_own_task = asyncio.current_task() is task
            self.closed.set()


def _warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


async def _read_off(call: grpc.aio.UnaryStreamCall[StringValue, StringValue]) -> None:
    while await call.read() is not grpc.aio.EOF:
        pass


@pytest.mark.parametrize("reads", range(1, 20))
async def test_a_generator_is_closed_when_its_caller_cancels_in_mid_write(
    serving: Serving, reads: int, caplog: pytest.LogCaptureFixture
) -> None:
    """The cancel meets the writes at another point each time; the generator's own task closes it."""
    flood = Flood()
    async with serving(echo_service(stream=flood.flow)) as (_, channel):
        call = stream(channel)(StringValue())
        for _ in range(reads):
            await call.read()
        call.cancel()
        await flood.closed.wait()
    assert flood.closed_by_its_own_task
    assert _warnings(caplog) == []


async def test_a_generator_is_closed_when_its_callers_connection_goes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    flood = Flood()
    server = Server(ServerSettings(port=0), [echo_service(stream=flood.flow)])
    with relayed(await server.start()) as port:
        channel = open_channel(f"127.0.0.1:{port}")
        call = stream(channel)(StringValue())
        await call.read()
    await flood.closed.wait()
    assert not call.cancelled()
    await channel.close()
    await server.stop(0)
    assert flood.closed_by_its_own_task
    assert _warnings(caplog) == []


async def test_a_caller_that_stops_reading_holds_its_generator_up_and_nobody_else(serving: Serving) -> None:
    flood = Flood()
    async with serving(echo_service(stream=flood.flow)) as (_, channel):
        call = stream(channel)(StringValue())
        await call.read()
        # Calls that go round the whole way show that the server had its turn, over and over.
        for turn in range(200):
            answer = await unary(channel)(StringValue(value=str(turn)))
            assert answer.value == str(turn)
        assert flood.sent <= 512 * _KIB  # what gRPC takes ahead; without flow control it is megabytes
        assert not flood.closed.is_set()
        call.cancel()
        await flood.closed.wait()
    assert flood.closed_by_its_own_task


async def test_a_reset_ends_the_requests_and_cancels_the_servicer(serving: Serving) -> None:
    cancelled = asyncio.Event()

    async def lasting(requests: Requests, context: Context) -> AsyncIterator[StringValue]:
        del context
        try:
            async for request in requests:
                yield request
            await asyncio.Event().wait()  # as a router does that still has audio to send
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with serving(echo_service(chat=lasting)) as (_, channel):
        call = chat(channel)()
        await call.write(StringValue(value="hello"))
        assert await call.read() == StringValue(value="hello")
        call.cancel()
        await cancelled.wait()


async def test_an_error_while_leaving_a_cancelled_call_harms_nobody(serving: Serving) -> None:
    left = asyncio.Event()

    async def failing(request: StringValue, context: Context) -> AsyncIterator[StringValue]:
        del context
        try:
            while True:
                yield request
        finally:
            left.set()
            raise LookupError("while leaving")

    async with serving(echo_service(stream=failing)) as (_, channel):
        call = stream(channel)(StringValue())
        await call.read()
        call.cancel()
        await left.wait()
        assert (await unary(channel)(StringValue(value="others"))).value == "others"


async def test_a_deadline_ends_a_stream_on_both_sides(serving: Serving) -> None:
    flood = Flood()
    async with serving(echo_service(stream=flood.flow)) as (_, channel):
        call = stream(channel)(StringValue(), timeout=0.2)
        await flood.closed.wait()
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await _read_off(call)
    assert ended.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED

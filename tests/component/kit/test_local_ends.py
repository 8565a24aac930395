"""A call within the process ends as one over a socket does: what each test says, it says of both."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from grpc_health.v1 import health_pb2, health_pb2_grpc

from parlando_kit.errors import Reason
from parlando_kit.status import from_rpc_error
from tests.component.kit.echo import (
    Context,
    Serving,
    chat,
    echo_service,
    stream,
    unary,
)
from tests.component.kit.lasting import (
    FOR_EVER,
    LONG,
    POINTS,
    SECONDS,
    TURNS,
    Lasting,
    comes,
    end_of,
    message,
    messages,
    others_are_served,
    stops,
    write_all,
)

pytestmark = pytest.mark.usefixtures("nothing_is_left")


# Cancels


@pytest.mark.parametrize("point", POINTS)
async def test_a_cancel_finds_the_servicer_wherever_it_is(serving: Serving, point: str) -> None:
    lasting = Lasting()
    async with serving(echo_service(chat=getattr(lasting, point))) as (server, channel):
        call = chat(channel)()
        await comes(lasting.begun)
        await others_are_served(channel)  # a write waits for its reader by now
        assert server.live == 1
        call.cancel()
        await comes(lasting.left)
        assert await end_of(call.read()) == "cancelled by its caller"
        await stops(server)
    assert lasting.how == ["CancelledError"]


@pytest.mark.parametrize("point", POINTS)
async def test_a_call_may_be_cancelled_before_it_began(serving: Serving, point: str) -> None:
    lasting = Lasting()
    async with serving(echo_service(chat=getattr(lasting, point))) as (server, channel):
        calls = [chat(channel)(), chat(channel)(messages("a", "b"))]
        for call in calls:
            call.cancel()
        assert [await end_of(call.read()) for call in calls] == ["cancelled by its caller"] * 2
        await others_are_served(channel)
        await stops(server)
    assert lasting.left.is_set() is lasting.begun.is_set()


async def test_who_waits_for_an_answer_is_told_of_a_cancel(serving: Serving) -> None:
    lasting = Lasting()
    async with serving(echo_service(unary=lasting.answers_never, chat=lasting.waits)) as (_, channel):
        streaming, single = chat(channel)(), unary(channel)(StringValue())

        async def answer() -> StringValue:
            return await single

        waiting = [asyncio.create_task(each) for each in (streaming.read(), answer())]
        await comes(lasting.begun)
        await asyncio.sleep(0)
        streaming.cancel()
        single.cancel()
        assert [await end_of(each) for each in waiting] == ["cancelled by its caller"] * 2


async def test_a_servicer_whose_caller_has_gone_cannot_write(serving: Serving) -> None:
    async def talks_on(request: StringValue, context: Context) -> None:
        await context.write(request)
        try:
            await asyncio.Event().wait()
        finally:
            with pytest.raises(grpc.aio.InternalError):
                await context.write(request)
            refused.set()

    refused = asyncio.Event()
    async with serving(echo_service(stream=talks_on)) as (_, channel):  # type: ignore[arg-type]  # it writes
        call = stream(channel)(message("one"))
        assert await call.read() == message("one")
        call.cancel()
        await comes(refused)


@pytest.mark.parametrize("waits_for", ["answer", "read", "write"])
async def test_who_is_cancelled_while_it_waits_cancels_its_call(serving: Serving, waits_for: str) -> None:
    async def wait(channel: grpc.aio.Channel) -> None:
        if waits_for == "answer":
            await unary(channel)(StringValue())
        elif waits_for == "read":
            await chat(channel)().read()
        else:
            call = chat(channel)()
            while True:
                await call.write(LONG)

    lasting = Lasting()
    async with serving(echo_service(unary=lasting.answers_never, chat=lasting.waits)) as (_, channel):
        caller = asyncio.create_task(wait(channel))
        await comes(lasting.begun)
        for _ in range(TURNS):  # it has come to wait by then
            assert await stream(channel)(message("a")).read() == message("a")
        caller.cancel()
        await comes(lasting.left)
        await asyncio.wait({caller}, timeout=SECONDS)
    assert lasting.how == ["CancelledError"]


async def test_a_caller_whose_messages_break_off_has_cancelled(
    serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken() -> AsyncIterator[StringValue]:
        yield message("one")
        await comes(lasting.begun)
        raise LookupError("of the caller's")

    lasting = Lasting()
    async with serving(echo_service(chat=lasting.reads)) as (_, channel):
        call = chat(channel)(broken())
        await comes(lasting.left)
        assert await end_of(call.read()) == "cancelled by its caller"
    assert lasting.how == ["CancelledError"]
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


# Deadlines


@pytest.mark.parametrize("point", POINTS)
async def test_a_deadline_ends_a_call_wherever_its_servicer_is(serving: Serving, point: str) -> None:
    lasting = Lasting()
    async with serving(echo_service(chat=getattr(lasting, point))) as (server, channel):
        call = chat(channel)(timeout=0.5)
        await comes(lasting.left)
        while (end := await _end_of_reading(call)) is None:
            pass
        assert end == "DEADLINE_EXCEEDED"
        await stops(server)
    assert lasting.how == ["CancelledError"]


async def _end_of_reading(call: Any) -> str | None:
    """Return how a call has ended, or None where it is a message that was read."""
    try:
        async with asyncio.timeout(SECONDS):
            if isinstance(await call.read(), StringValue):
                return None
    except grpc.aio.AioRpcError as error:
        return error.code().name
    return "OK"


async def test_a_deadline_ends_a_unary_call_on_both_sides(serving: Serving) -> None:
    lasting = Lasting()
    async with serving(echo_service(unary=lasting.answers_never)) as (_, channel):
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await unary(channel)(StringValue(), timeout=0.5)
        await comes(lasting.left)
    assert from_rpc_error(ended.value).reason is Reason.TOO_LATE
    assert lasting.how == ["CancelledError"]


async def test_a_servicer_knows_how_long_its_caller_waits(serving: Serving) -> None:
    async def left(request: StringValue, context: Context) -> StringValue:
        del request
        return message(str(context.time_remaining()))

    async with serving(echo_service(unary=left)) as (_, channel):
        assert await unary(channel)(StringValue()) == message("None")
        seconds = float((await unary(channel)(StringValue(), timeout=FOR_EVER)).value)
    assert FOR_EVER / 2 < seconds <= FOR_EVER + 60  # gRPC rounds deadlines up


async def test_a_call_that_ends_in_time_leaves_no_timer(serving: Serving) -> None:
    lasting = Lasting()
    loop: Any = asyncio.get_running_loop()
    late = loop.time() + FOR_EVER / 2
    async with serving(echo_service(chat=lasting.waits)) as (_, channel):
        await unary(channel)(StringValue(), timeout=FOR_EVER)
        assert [word async for word in stream(channel)(message("a"), timeout=FOR_EVER)] == [message("a")]
        call = chat(channel)(timeout=FOR_EVER)
        await comes(lasting.begun)
        call.cancel()
        await comes(lasting.left)
        timers = [timer for timer in loop._scheduled if timer.when() > late]  # asyncio does not tell
        assert [timer for timer in timers if not timer.cancelled()] == []


# Drains


async def _health(channel: grpc.aio.Channel) -> int:
    stub: Any = health_pb2_grpc.HealthStub(channel)
    return int((await stub.Check(health_pb2.HealthCheckRequest())).status)


async def test_a_drain_refuses_what_is_new_and_waits_for_what_is_under_way(serving: Serving) -> None:
    service = replace(echo_service(), answers_always=("Unary",))
    async with serving(service) as (server, channel):
        call = chat(channel)()
        await call.write(message("one"))
        assert await call.read() == message("one")
        assert server.live == 1
        drain = asyncio.create_task(server.stop(FOR_EVER))
        await asyncio.sleep(0)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stream(channel)(message("ab")).read()
        assert from_rpc_error(refused.value).reason is Reason.DRAINING
        assert await unary(channel)(message("what is no work")) == message("what is no work")
        assert await _health(channel) == health_pb2.HealthCheckResponse.NOT_SERVING
        assert not drain.done()
        assert server.live == 1
        await write_all(call, "two")
        assert await call.read() == message("two")
        assert await end_of(call.read()) == "OK"
        await drain
        assert server.live == 0


@pytest.mark.parametrize("point", POINTS)
async def test_what_is_under_way_when_the_grace_is_over_is_ended(serving: Serving, point: str) -> None:
    lasting = Lasting()
    async with serving(echo_service(chat=getattr(lasting, point))) as (server, channel):
        call = chat(channel)()
        await comes(lasting.begun)
        await server.stop(0.01)
        assert lasting.left.is_set()
        assert server.live == 0
        while (end := await _end_of_reading(call)) is None:
            pass
        assert end == "UNAVAILABLE"
    assert lasting.how == ["CancelledError"]


async def test_what_is_no_work_holds_no_stop_up_and_is_ended(serving: Serving) -> None:
    lasting = Lasting()
    service = replace(echo_service(unary=lasting.answers_never), answers_always=("Unary",))
    async with serving(service) as (server, channel):
        call = unary(channel)(StringValue())
        await comes(lasting.begun)
        assert server.live == 0
        await stops(server)
        assert await end_of(call) == "UNAVAILABLE"
        await comes(lasting.left)

"""Who writes to a call that its peer is ending still reads all that the peer had sent, and how it ended."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.status import from_rpc_error
from parlando_kit.true_status import with_true_status
from tests.component.kit.echo import Chat, Context, Requests, chat, echo_service, serving

_CALLS = 60
_AT_A_TIME = 6
_ANSWERS = 30
_LONG = StringValue(value="x" * 20_000)
_ENDS = {"ends": "OK", "refuses": "VOICE_NOT_FOUND"}

Call = grpc.aio.StreamStreamCall[StringValue, StringValue]


def _hasty(end: str) -> Chat:
    """Return a method that answers the first message with many, and ends while others are on their way."""

    async def answer(requests: Requests, context: Context) -> AsyncIterator[StringValue]:
        del context
        await anext(requests)
        for number in range(_ANSWERS):
            yield StringValue(value=f"{number}" * 500)
        if end == "refuses":
            raise ParlandoError(Reason.VOICE_NOT_FOUND, "no such voice", field="voice")

    return answer


async def _write_on(call: Call) -> None:
    """Write until the call is over."""
    try:
        while not call.done():
            await call.write(_LONG)
    except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
        pass


async def _messages(count: int) -> AsyncIterator[StringValue]:
    for _ in range(count):
        yield _LONG


async def _read(call: Call) -> tuple[int, str]:
    """Return how many answers came, and how the call ended."""
    count = 0
    try:
        while isinstance(await call.read(), StringValue):
            count += 1
            await asyncio.sleep(0)  # a reader that has other things to do, too
    except grpc.aio.AioRpcError as error:
        return count, from_rpc_error(error).reason
    return count, (await call.code()).name


@pytest.mark.parametrize("end", _ENDS)
async def test_writes_that_come_too_late_change_nothing(end: str) -> None:
    async def one(channel: grpc.aio.Channel) -> tuple[int, str]:
        call = with_true_status(chat(channel)())
        writing = asyncio.create_task(_write_on(call))
        told = await _read(call)
        await writing
        return told

    assert await _all(end, one) == {(_ANSWERS, _ENDS[end]): _CALLS}


async def test_without_it_who_writes_on_is_not_told_why_it_was_refused() -> None:
    """The control of the test above: once gRPC has mended this, `true_status.py` can go."""

    async def one(channel: grpc.aio.Channel) -> tuple[int, str]:
        call = chat(channel)()
        writing = asyncio.create_task(_write_on(call))
        told = await _read(call)
        await writing
        return told

    assert await _all("refuses", one) != {(_ANSWERS, _ENDS["refuses"]): _CALLS}


@pytest.mark.parametrize("end", _ENDS)
@pytest.mark.parametrize("count", [2, 10, 1_000])
async def test_nor_do_messages_and_half_closes_of_an_iterator(end: str, count: int) -> None:
    async def one(channel: grpc.aio.Channel) -> tuple[int, str]:
        return await _read(with_true_status(chat(channel)(_messages(count))))

    assert await _all(end, one) == {(_ANSWERS, _ENDS[end]): _CALLS}


async def _deaf(requests: Requests, context: Context) -> AsyncIterator[StringValue]:
    """Answer once, and read nothing."""
    del requests, context
    yield StringValue()
    await asyncio.Event().wait()


async def test_what_was_never_begun_is_a_failure_at_once() -> None:
    async with serving(echo_service(chat=_deaf)) as (_, channel):
        call = with_true_status(chat(channel)())
        # More than a window takes: it is under way for as long as nobody reads.
        first = asyncio.create_task(call.write(StringValue(value="y" * 3_000_000)))
        await call.read()
        with pytest.raises(grpc.aio.AioRpcError) as failed:  # two writes at a time: no fault of the peer's
            await asyncio.gather(call.write(_LONG), call.write(_LONG))
        assert failed.value.code() is grpc.StatusCode.INTERNAL
        call.cancel()
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


async def _all(end: str, one: object) -> Counter[tuple[int, str]]:
    async with serving(echo_service(chat=_hasty(end))) as (_, channel):
        told: Counter[tuple[int, str]] = Counter()
        for _ in range(_CALLS // _AT_A_TIME):
            told.update(await asyncio.gather(*[one(channel) for _ in range(_AT_A_TIME)]))  # type: ignore[operator]
        return told

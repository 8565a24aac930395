"""What a call worked with is let go with it, and not when Python next looks for cycles."""

import asyncio
import gc
import weakref
from collections.abc import Iterator
from contextlib import suppress

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from parlando_kit.errors import ParlandoError, Reason
from tests.component.kit import echo
from tests.component.kit.echo import Context, Serving, echo_service, unary

_SECONDS = 10.0
"""So long a call may take to be let go, while its server runs: a bound, and no measure."""


class _Holding:
    """What a servicer works with."""


@pytest.fixture(autouse=True)
def _no_search() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


async def test_a_call_that_its_caller_leaves_holds_nothing(serving: Serving) -> None:
    held: list[weakref.ref[_Holding]] = []
    begun, gone = asyncio.Event(), asyncio.Event()

    async def work(request: StringValue, context: Context) -> StringValue:
        del request, context
        holding = _Holding()
        held.append(weakref.ref(holding, lambda _: gone.set()))
        async with asyncio.TaskGroup():  # refers to the call's task, and what it raises to the group
            begun.set()
            await asyncio.Event().wait()
        raise AssertionError

    async with serving(echo_service(unary=work)) as (_, channel):
        call = unary(channel)(StringValue())
        await begun.wait()
        call.cancel()
        with suppress(TimeoutError):
            await asyncio.wait_for(gone.wait(), _SECONDS)
        assert [each() for each in held] == [None]


@pytest.mark.parametrize("refused", [True, False])
async def test_a_call_within_the_process_that_ends_badly_is_let_go_itself(*, refused: bool) -> None:
    begun = asyncio.Event()

    async def work(request: StringValue, context: Context) -> StringValue:
        del request, context
        begun.set()
        if refused:
            raise ParlandoError(Reason.OVERLOADED, "too much is under way")
        await asyncio.Event().wait()
        raise AssertionError

    async with echo.serving(echo_service(unary=work), transport="process") as (_, channel):
        call = unary(channel)(StringValue())
        await begun.wait()
        if not refused:
            call.cancel()
        with suppress(grpc.aio.AioRpcError, asyncio.CancelledError):
            await call
        gone = asyncio.Event()
        left = weakref.ref(call, lambda _: gone.set())
        del call
        with suppress(TimeoutError):
            await asyncio.wait_for(gone.wait(), _SECONDS)
        assert left() is None

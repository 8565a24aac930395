import asyncio

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from parlando_kit.deadlines import seconds_left
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.status import from_rpc_error
from tests.component.kit.echo import Context, Serving, echo_service, unary


async def _left(request: StringValue, context: Context) -> StringValue:
    return StringValue(value=str(seconds_left(context, at_most=float(request.value))))


async def test_a_call_without_a_deadline_has_as_long_as_the_service_allows(serving: Serving) -> None:
    async with serving(echo_service(unary=_left)) as (_, channel):
        assert (await unary(channel)(StringValue(value="45.5"))).value == "45.5"


async def test_the_sooner_of_the_two_ends_the_call(serving: Serving) -> None:
    async with serving(echo_service(unary=_left)) as (_, channel):
        assert (await unary(channel)(StringValue(value="45.5"), timeout=3600)).value == "45.5"
        by_the_caller = float((await unary(channel)(StringValue(value="3600"), timeout=100)).value)
    assert 0 < by_the_caller <= 110  # gRPC rounds deadlines up


class _Late:
    """A context whose deadline has just passed: on the wire the call would end before it is asked."""

    def time_remaining(self) -> float:
        """Return the seconds left."""
        return 0.0


def test_a_deadline_that_passed_is_too_late() -> None:
    with pytest.raises(ParlandoError) as late:
        seconds_left(_Late(), 10)  # type: ignore[arg-type]  # all that is asked of a context
    assert late.value.reason is Reason.TOO_LATE


async def test_a_call_whose_deadline_passes_is_told_so(serving: Serving) -> None:
    async def silent(request: StringValue, context: Context) -> StringValue:
        del context
        await asyncio.Event().wait()
        return request

    async with serving(echo_service(unary=silent)) as (_, channel):
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await unary(channel)(StringValue(), timeout=0.05)
    assert from_rpc_error(ended.value).reason is Reason.TOO_LATE

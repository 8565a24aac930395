"""What a caller is told who does not keep to the contract."""

import grpc
import pytest

from parlando.fragmenter.v1 import fragmenter_pb2 as pb
from parlando_kit.errors import Reason
from parlando_kit.status import STATUS, from_rpc_error
from parlando_scripted.clock import ManualClock
from tests.component.fragmenter.calls import (
    CONFIG,
    END,
    begin,
    brief,
    fragmenter,
    receive,
    receive_all,
    send,
    text,
)

_GROWTH = pb.FragmentRequest(config=pb.FragmentConfig(schedule=pb.Schedule(growth=9)))
_SSML = pb.FragmentRequest(config=pb.FragmentConfig(markup=pb.MARKUP_SSML))
_RULES = pb.FragmentRequest(config=pb.FragmentConfig(disabled_rules=["monney"]))
_HINT = pb.FragmentRequest(hint=pb.Hint(real_time_factor=-1))


@pytest.mark.parametrize(
    ("requests", "reason", "field"),
    [
        ([], Reason.FIELD_REQUIRED, "config"),
        ([text("Hello")], Reason.FIELD_REQUIRED, "config"),
        ([pb.FragmentRequest()], Reason.FIELD_REQUIRED, "config"),
        ([CONFIG, pb.FragmentRequest()], Reason.FIELD_REQUIRED, "message"),
        ([CONFIG, CONFIG], Reason.OUT_OF_ORDER, "config"),
        ([CONFIG, END, text("more")], Reason.OUT_OF_ORDER, ""),
        ([CONFIG, END, END], Reason.OUT_OF_ORDER, ""),
        ([_GROWTH], Reason.OUT_OF_RANGE, "config.schedule.growth"),
        ([_SSML], Reason.NOT_SUPPORTED, "config.markup"),
        ([_RULES], Reason.OUT_OF_RANGE, "config.disabled_rules"),
        ([CONFIG, _HINT], Reason.OUT_OF_RANGE, "hint.real_time_factor"),
    ],
)
async def test_a_call_out_of_contract_ends_with_its_reason(
    requests: list[pb.FragmentRequest], reason: Reason, field: str
) -> None:
    async with fragmenter(ManualClock()) as channel:
        call = begin(channel)
        await send(call, requests)
        if not requests:
            await call.done_writing()
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await receive_all(call)
    known = from_rpc_error(raised.value)
    assert (raised.value.code(), known.reason, known.field) == (STATUS[reason], reason, field)


async def test_what_was_said_before_an_error_arrives() -> None:
    async with fragmenter(ManualClock()) as channel:
        call = begin(channel)
        await send(call, [CONFIG, text("Hello."), END, text("more")])
        assert brief([await receive(call)]) == ["Hello."]
        with pytest.raises(grpc.aio.AioRpcError):
            await receive(call)

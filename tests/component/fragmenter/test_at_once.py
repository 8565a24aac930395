"""A text that is all there, in one call."""

import grpc
import pytest

from parlando.fragmenter.v1 import fragmenter_pb2 as pb
from parlando.fragmenter.v1.fragmenter_service_pb2_grpc import FragmenterServiceStub
from parlando_fragmenter.servicer import LONGEST_TEXT
from parlando_kit.errors import Reason
from parlando_kit.status import STATUS, from_rpc_error
from parlando_scripted.clock import ManualClock
from tests.component.fragmenter.calls import begin, fragmenter, receive_all, send, text

_TEXT = (
    "It costs $5. Take it, or leave it! Dr. Green, who has waited since 1984, would rather have taken "
    "another one, but there was none left of those which he had seen the other day."
)


@pytest.mark.parametrize("hint", [None, pb.Hint(real_time_factor=0.5), pb.Hint(real_time_factor=4)])
@pytest.mark.parametrize(
    "config",
    [
        pb.FragmentConfig(),
        pb.FragmentConfig(source_offset=40, language="en", schedule=pb.Schedule(first_code_points=300)),
        pb.FragmentConfig(markup=pb.MARKUP_MARKDOWN),
        pb.FragmentConfig(whole=True),
    ],
)
async def test_its_fragments_are_those_that_a_stream_of_it_would_give(
    config: pb.FragmentConfig, hint: pb.Hint | None
) -> None:
    async with fragmenter(ManualClock()) as channel:
        request = pb.FragmentTextRequest(config=config, text=_TEXT, hint=hint)
        answer = await FragmenterServiceStub(channel).FragmentText(request)
        call = begin(channel)
        hints = [] if hint is None else [pb.FragmentRequest(hint=hint)]
        await send(call, [pb.FragmentRequest(config=config), *hints, text(_TEXT)])
        await call.done_writing()
        assert list(answer.fragments) == [response.fragment for response in await receive_all(call)]
        assert len(answer.fragments) > 2


async def test_one_that_is_said_to_be_all_there_leaves_no_short_rest_of_a_sentence() -> None:
    async with fragmenter(ManualClock()) as channel:
        cuts = []
        for whole in (False, True):
            request = pb.FragmentTextRequest(
                config=pb.FragmentConfig(whole=whole), text="The cat sat on the mat all day long."
            )
            answer = await FragmenterServiceStub(channel).FragmentText(request)
            cuts.append([fragment.spoken_text for fragment in answer.fragments])
        assert cuts == [
            ["The cat sat on the mat all day", "long."],
            ["The cat sat on the mat", "all day long."],
        ]


async def test_a_text_without_anything_has_no_fragments() -> None:
    async with fragmenter(ManualClock()) as channel:
        answer = await FragmenterServiceStub(channel).FragmentText(pb.FragmentTextRequest())
        assert not answer.fragments


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        (pb.FragmentTextRequest(text="x" * (LONGEST_TEXT + 1)), Reason.TEXT_TOO_LONG, "text"),
        (
            pb.FragmentTextRequest(config=pb.FragmentConfig(disabled_rules=["monney"])),
            Reason.OUT_OF_RANGE,
            "config.disabled_rules",
        ),
        (
            pb.FragmentTextRequest(hint=pb.Hint(real_time_factor=-1)),
            Reason.OUT_OF_RANGE,
            "hint.real_time_factor",
        ),
    ],
)
async def test_what_is_wrong_with_it_is_told(
    request_: pb.FragmentTextRequest, reason: Reason, field: str
) -> None:
    async with fragmenter(ManualClock()) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await FragmenterServiceStub(channel).FragmentText(request_)
        known = from_rpc_error(caught.value)
        assert (known.reason, known.field, caught.value.code()) == (reason, field, STATUS[reason])

"""A stream over gRPC: what goes in and what comes out, pauses, and callers that leave."""

import asyncio

import pytest
from google.protobuf.duration_pb2 import Duration

from parlando.fragmenter.v1 import fragmenter_pb2 as pb
from parlando_kit.clock import MonotonicClock
from parlando_scripted.clock import ManualClock
from tests.component.fragmenter.calls import (
    CONFIG,
    END,
    begin,
    brief,
    flush,
    fragmenter,
    receive,
    receive_all,
    send,
    text,
)
from tests.unit.fragmenter.waiting import until

_PATIENT = pb.FragmentRequest(config=pb.FragmentConfig(flush_after=Duration(nanos=300_000_000)))


def _tasks() -> set[str]:
    return {str(getattr(task.get_coro(), "__qualname__", task)) for task in asyncio.all_tasks()}


@pytest.mark.parametrize("half_close", [True, False])
async def test_a_text_comes_back_in_fragments(half_close: bool) -> None:  # noqa: FBT001  # both ways of ending
    async with fragmenter(MonotonicClock()) as channel:
        call = begin(channel)
        await send(call, [CONFIG, text("Hello the"), text("re. How are you? Fi"), text("ne")])
        await (call.done_writing() if half_close else call.write(END))
        fragments = [response.fragment for response in await receive_all(call)]
    assert [(fragment.spoken_text, fragment.ends_sentence) for fragment in fragments] == [
        ("Hello there.", True),
        ("How are you?", True),
        ("Fine", True),
    ]
    assert [fragment.source.end for fragment in fragments] == [13, 26, 30]
    assert fragments[-1].ends_paragraph


async def test_a_fragment_is_out_while_the_stream_is_open() -> None:
    async with fragmenter(MonotonicClock()) as channel:
        call = begin(channel)
        await send(call, [CONFIG, text("Well then, l")])
        assert brief([await receive(call)]) == ["Well then,"]
        call.cancel()


async def test_a_flush_is_acknowledged_after_what_it_gives_out() -> None:
    async with fragmenter(MonotonicClock()) as channel:
        call = begin(channel)
        await send(call, [CONFIG, flush(1), text("So it is wonder"), flush(2**64 - 1), text("ful"), END])
        assert brief(await receive_all(call)) == [1, "So it is wonder", 2**64 - 1, "ful"]


async def test_a_pause_gives_out_whole_words_and_hints_do_not_interrupt_it() -> None:
    clock = ManualClock()
    async with fragmenter(clock) as channel:
        call = begin(channel)
        await send(call, [_PATIENT, text("So it is wonder")])
        await until(lambda: clock.sleepers == 1)
        clock.advance(0.2)
        await send(call, [pb.FragmentRequest(hint=pb.Hint()), flush(0), text("So it is wonder")])
        assert brief([await receive(call), await receive(call)]) == ["So it is wonder", 0]
        await until(lambda: clock.sleepers == 1)
        clock.advance(0.2)
        await call.write(pb.FragmentRequest(hint=pb.Hint(real_time_factor=0.1)))
        await until(lambda: clock.sleepers == 1)
        clock.advance(0.1)
        assert brief([await receive(call)]) == ["So it is"]
        await until(lambda: clock.sleepers == 0)
        await call.done_writing()
        assert brief(await receive_all(call)) == ["wonder"]


async def test_a_caller_that_vanishes_leaves_nothing() -> None:
    clock = ManualClock()
    async with fragmenter(clock) as channel:
        before = _tasks()
        calls = [begin(channel) for _ in range(5)]
        for call in calls:
            await send(call, [_PATIENT, text("So it is wonder")])
        await until(lambda: clock.sleepers == 5)
        for call in calls:
            call.cancel()
        await until(lambda: clock.sleepers == 0)
        await until(lambda: _tasks() == before)


async def test_a_text_without_anything_is_nothing_and_one_with_nothing_to_say_is_one_fragment() -> None:
    async with fragmenter(MonotonicClock()) as channel:
        call = begin(channel)
        await send(call, [CONFIG, text(""), END])
        assert brief(await receive_all(call)) == []
        call = begin(channel)
        await send(call, [CONFIG, text("\x00"), text(" \n"), END])
        (response,) = await receive_all(call)
        assert (response.fragment.spoken_text, response.fragment.source.end) == ("", 3)

"""Stops, with proof."""

from __future__ import annotations

import asyncio

import grpc
import pytest

from parlando.synth.v1 import synth_pb2 as pb
from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceStub
from parlando_kit.channels import open_channel
from parlando_kit.errors import Reason
from parlando_scripted.script import ScriptedSettings
from tests.component.synth.serving import Served, collected, failure, ready, request
from tests.e2e.relay import relayed

ONE = ScriptedSettings(instances=1)

Call = grpc.aio.UnaryStreamCall[pb.SynthesizeRequest, pb.SynthesizeResponse]


async def _speaking(served: Served, synthesis_id: str, **options: str) -> Call:
    """Return a synthesis that has made 40 ms of audio and stands still until it is stopped."""
    call = served.stub.Synthesize(request(synthesis_id, hang_after_ms="40", **options))
    async for message in call:
        if message.HasField("audio"):
            break
    return call


async def _stop(served: Served, synthesis_id: str) -> pb.StopSynthesisResponse:
    return await served.stub.StopSynthesis(pb.StopSynthesisRequest(synthesis_id=synthesis_id))


async def test_a_stop_is_answered_when_the_engine_is_idle() -> None:
    async with ready(ONE) as served:
        call = await _speaking(served, "a", stop_ms="20")
        answer = await _stop(served, "a")
        load = (await served.described()).load
        assert (load.live, load.queued) == (0, 0)
        assert answer.outcome == pb.STOP_OUTCOME_STOPPED
        assert answer.samples_made == 960
        assert answer.idle_after.ToNanoseconds() >= 20_000_000
        assert answer.engine_time_after_stop == answer.idle_after
        assert (await failure(collected(call))).reason is Reason.STOPPED
        assert await call.code() == grpc.StatusCode.CANCELLED


async def test_a_stop_that_comes_first() -> None:
    async with ready(ONE) as served:
        answer = await _stop(served, "a")
        assert answer == pb.StopSynthesisResponse(
            outcome=pb.STOP_OUTCOME_STOPPED, engine_time_after_stop={}, idle_after={}
        )
        for _ in range(2):
            error = await failure(collected(served.stub.Synthesize(request("a"))))
            assert error.reason is Reason.STOPPED
        assert (await served.described()).load.total == 0


async def test_a_stop_that_races_its_synthesis_always_wins() -> None:
    async with ready(ScriptedSettings(instances=2), max_queued=50) as served:
        for number in range(20):
            call = served.stub.Synthesize(request(f"{number}", hang_after_ms="0"))
            answer, error = await asyncio.gather(_stop(served, f"{number}"), failure(collected(call)))
            assert answer.outcome == pb.STOP_OUTCOME_STOPPED
            assert error.reason is Reason.STOPPED
        assert (await served.described()).load.live == 0


async def test_a_stop_of_what_waits() -> None:
    async with ready(ONE) as served:
        first = await _speaking(served, "a")
        second = served.stub.Synthesize(request("b"))
        await served.described(lambda message: message.load.queued == 1)
        answer = await _stop(served, "b")
        assert (answer.outcome, answer.samples_made) == (pb.STOP_OUTCOME_STOPPED, 0)
        assert (await failure(collected(second))).reason is Reason.STOPPED
        assert (await served.described()).load.live == 1
        assert (await _stop(served, "a")).outcome == pb.STOP_OUTCOME_STOPPED
        assert (await failure(collected(first))).reason is Reason.STOPPED


async def test_a_stop_after_the_end() -> None:
    async with ready(ONE) as served:
        messages = await collected(served.stub.Synthesize(request("a")))
        answer = await _stop(served, "a")
        assert answer.outcome == pb.STOP_OUTCOME_ALREADY_FINISHED
        assert answer.samples_made == messages[-1].finished.sample_count


async def test_a_stop_of_a_synthesis_whose_reader_has_stopped_reading() -> None:
    async with ready(ONE) as served:
        # More than the connection holds, so that the server's write waits; then it stands still.
        call = served.stub.Synthesize(request("a", "lamp " * 200, hang_after_ms="20000"))
        await anext(aiter(call))
        answer = await _stop(served, "a")
        assert answer.outcome == pb.STOP_OUTCOME_STOPPED
        assert (await served.described()).load.live == 0
        assert (await failure(collected(call))).reason is Reason.STOPPED


async def test_an_id_is_used_once() -> None:
    async with ready(ONE) as served:
        await collected(served.stub.Synthesize(request("a")))
        call = await _speaking(served, "b")
        for used in ("a", "b"):
            error = await failure(collected(served.stub.Synthesize(request(used))))
            assert (error.reason, error.field) == (Reason.ID_IN_USE, "synthesis_id")
        await _stop(served, "b")
        assert (await failure(collected(call))).reason is Reason.STOPPED


@pytest.mark.parametrize("synthesis_id", ["", "i" * 65])
async def test_an_id_that_is_none(synthesis_id: str) -> None:
    async with ready(ONE) as served:
        assert (await failure(_stop(served, synthesis_id))).field == "synthesis_id"


async def test_a_client_that_cancels_ends_the_engines_work() -> None:
    async with ready(ONE) as served:
        call = await _speaking(served, "a")
        call.cancel()
        await served.described(lambda message: message.load.live == 0)
        messages = await collected(served.stub.Synthesize(request("b")))
        assert messages[-1].HasField("finished")


async def test_a_deadline_ends_the_engines_work() -> None:
    async with ready(ONE) as served:
        call = served.stub.Synthesize(request("a", hang_after_ms="40"), timeout=0.2)
        assert (await failure(collected(call))).reason is Reason.TOO_LATE
        await served.described(lambda message: message.load.live == 0)


async def test_a_client_whose_connection_goes_ends_the_engines_work() -> None:
    async with ready(ONE) as served:
        with relayed(int(served.address.rpartition(":")[2])) as port:
            channel = open_channel(f"127.0.0.1:{port}")
            stub = SynthServiceStub(channel)
            speaking = stub.Synthesize(request("a", hang_after_ms="40"))
            await anext(aiter(speaking))
            waiting = stub.Synthesize(request("b"))
            await served.described(lambda message: message.load.queued == 1)
        load = (await served.described(lambda message: message.load.live == 0)).load
        assert (load.live, load.queued) == (0, 0)
        assert await waiting.code() is grpc.StatusCode.UNAVAILABLE
        await channel.close()

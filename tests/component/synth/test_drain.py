"""A worker that drains by order: it finishes and proves, and takes nothing new."""

from __future__ import annotations

import time

import pytest
from google.protobuf.duration_pb2 import Duration

from parlando.admin.v1 import admin_pb2
from parlando.synth.v1 import synth_pb2 as pb
from parlando_kit.errors import Reason
from parlando_scripted.script import ScriptedSettings
from tests.component.synth.serving import collected, failure, ready, request


async def test_it_finishes_what_it_has_takes_nothing_new_and_comes_back() -> None:
    async with ready() as served:
        speaking = served.stub.Synthesize(request("a", rate="8"))
        messages = [await anext(aiter(speaking))]
        assert (await served.admin.Drain(admin_pb2.DrainRequest())).live == 1
        said = await served.described()
        assert said.state == pb.ENGINE_STATE_DRAINING
        assert "drains" in said.detail
        assert (await failure(collected(served.stub.Synthesize(request("b"))))).reason is Reason.DRAINING
        messages += await collected(speaking)
        assert messages[-1].HasField("finished")
        assert (await served.admin.Drain(admin_pb2.DrainRequest())).live == 0
        await served.admin.Undrain(admin_pb2.UndrainRequest())
        assert (await served.described()).state == pb.ENGINE_STATE_READY
        assert (await collected(served.stub.Synthesize(request("c"))))[-1].HasField("finished")


async def test_a_stop_is_proven_while_it_drains() -> None:
    async with ready() as served:
        speaking = served.stub.Synthesize(request("a", hang_after_ms="40"))
        await anext(aiter(speaking))
        await served.admin.Drain(admin_pb2.DrainRequest())
        stopped = await served.stub.StopSynthesis(pb.StopSynthesisRequest(synthesis_id="a"))
        assert stopped.outcome == pb.STOP_OUTCOME_STOPPED


async def test_what_takes_too_long_is_ended() -> None:
    async with ready(ScriptedSettings(instances=1)) as served:
        speaking = served.stub.Synthesize(request("a", hang_after_ms="40"))
        await anext(aiter(speaking))
        await served.admin.Drain(admin_pb2.DrainRequest(timeout=Duration()))
        assert (await failure(collected(speaking))).reason is Reason.DRAINING
        await served.described(lambda said: said.load.live == 0)


async def test_undraining_lets_what_is_under_way_come_to_its_end() -> None:
    async with ready() as served:
        speaking = served.stub.Synthesize(request("a", rate="1"))
        await anext(aiter(speaking))
        began = time.monotonic()
        await served.admin.Drain(admin_pb2.DrainRequest(timeout=Duration(nanos=500_000_000)))
        await served.admin.Undrain(admin_pb2.UndrainRequest())
        assert (await collected(speaking))[-1].HasField("finished")
        assert time.monotonic() - began > 0.5, "it would have been ended by then"


@pytest.mark.parametrize("seconds", [Duration(seconds=-1), Duration(seconds=3_601)])
async def test_a_time_that_cannot_be_is_refused(seconds: Duration) -> None:
    async with ready() as served:
        refused = await failure(served.admin.Drain(admin_pb2.DrainRequest(timeout=seconds)))
        assert (refused.reason, refused.field) == (Reason.OUT_OF_RANGE, "timeout")
        assert (await served.described()).state == pb.ENGINE_STATE_READY

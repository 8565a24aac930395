"""Administration of a worker over the wire: its engine comes and goes, and its health with it."""

from __future__ import annotations

import asyncio

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from parlando.admin.v1 import admin_pb2 as admin
from parlando.admin.v1.admin_service_pb2_grpc import AdminServiceStub
from parlando.synth.v1 import synth_pb2 as pb
from parlando_kit.errors import Reason
from parlando_scripted.script import ScriptedSettings
from parlando_synth.loading import DEPENDENCY
from tests.component.synth.serving import Served, collected, failure, ready, request


async def _serving(served: Served) -> bool:
    answer = await health_pb2_grpc.HealthStub(served.channel).Check(  # type: ignore[attr-defined]
        health_pb2.HealthCheckRequest(service=DEPENDENCY)
    )
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


async def test_an_engine_is_unloaded_and_loaded_and_health_says_so() -> None:
    async with ready(ScriptedSettings(instances=2)) as served:
        stub = AdminServiceStub(served.channel)
        await stub.UnloadModel(admin.UnloadModelRequest())
        described = await served.described()
        assert described.state == pb.ENGINE_STATE_UNLOADED
        assert described.detail
        assert described.load.instances == 0
        assert described.capacity.max_live == 2
        while await _serving(served):  # noqa: ASYNC110  # health is told a moment later
            await asyncio.sleep(0.001)
        error = await failure(collected(served.stub.Synthesize(request("a"))))
        assert error.reason is Reason.NO_ENGINE_AVAILABLE
        answer = await stub.LoadModel(admin.LoadModelRequest())
        assert answer.took.ToNanoseconds() > 0
        assert (await served.described()).state == pb.ENGINE_STATE_READY
        while not await _serving(served):  # noqa: ASYNC110  # health is told a moment later
            await asyncio.sleep(0.001)
        assert (await collected(served.stub.Synthesize(request("b"))))[-1].HasField("finished")


async def test_a_model_it_does_not_have_is_refused_by_name() -> None:
    async with ready() as served:
        stub = AdminServiceStub(served.channel)
        for call in (
            stub.LoadModel(admin.LoadModelRequest(model="another")),
            stub.UnloadModel(admin.UnloadModelRequest(model="another")),
        ):
            error = await failure(call)
            assert (error.reason, error.field) == (Reason.MODEL_NOT_FOUND, "model")


@pytest.mark.parametrize("instances", [-1, 3])
async def test_more_instances_than_there_may_be_are_refused(instances: int) -> None:
    async with ready(ScriptedSettings(instances=2)) as served:
        call = AdminServiceStub(served.channel).LoadModel(admin.LoadModelRequest(instances=instances))
        error = await failure(call)
        assert (error.reason, error.field) == (Reason.OUT_OF_RANGE, "instances")


async def test_statistics_of_a_worker() -> None:
    async with ready(ScriptedSettings(instances=1)) as served:
        stub = AdminServiceStub(served.channel)
        await collected(served.stub.Synthesize(request("a")))
        await failure(collected(served.stub.Synthesize(request("b", fail_after_ms="0"))))
        statistics = await stub.GetStatistics(admin.GetStatisticsRequest())
        [engine] = statistics.engines
        assert (engine.engine, engine.requests) == ("scripted", 2)
        assert dict(engine.failures) == {"ENGINE_FAILED": 1}
        assert engine.audio.ToNanoseconds() > 0
        assert statistics.live == 0
        assert statistics.uptime.ToNanoseconds() > 0

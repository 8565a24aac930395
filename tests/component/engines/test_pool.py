"""An engine's instances: measured before it serves, as many as its use asks for, none once unloaded."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from parlando.admin.v1 import admin_pb2, admin_service_pb2_grpc
from parlando.synth.v1 import synth_pb2, synth_service_pb2_grpc
from parlando_client import AsyncClient
from parlando_kit.channels import open_channel
from tests.chaos.system import System
from tests.component.engines.conftest import worker_of
from tests.component.engines.listening import TEXT, speak, written

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_it_is_measured_before_it_serves_and_instances_follow_their_use(engine: str) -> None:
    worker = worker_of(engine, SYNTH_WARM_INSTANCES="2", SYNTH_INSTANCE_TTL_SECONDS="1")
    async with AsyncExitStack() as stack:
        await worker.start()
        stack.push_async_callback(worker.end)
        await worker.serves()
        await stack.enter_async_context(asyncio.timeout(60))
        channel = await stack.enter_async_context(open_channel(worker.address))
        stub = synth_service_pb2_grpc.SynthServiceStub(channel)

        async def described() -> synth_pb2.DescribeEngineResponse:
            return await stub.DescribeEngine(synth_pb2.DescribeEngineRequest())

        first = await described()
        assert first.capacity.real_time_streams > 0
        assert first.load.first_chunk.ToNanoseconds() > 0
        assert first.load.total == 0
        while (await described()).load.instances != 2:  # noqa: ASYNC110  # what is read lies beyond a wire
            await asyncio.sleep(0.05)
        calls = [
            stub.Synthesize(synth_pb2.SynthesizeRequest(synthesis_id=f"s{number}", text=TEXT))
            for number in range(4)
        ]
        ended = [asyncio.create_task(_finished(call)) for call in calls]
        while (await described()).load.instances < 4:  # noqa: ASYNC110  # likewise
            await asyncio.sleep(0.01)
        assert all(await asyncio.gather(*ended))
        while (await described()).load.instances != 2:  # noqa: ASYNC110  # likewise
            await asyncio.sleep(0.05)


async def test_an_administrator_unloads_it_and_loads_it_again(system: System, engine: str) -> None:
    worker = system.workers[0]
    async with AsyncClient(system.router.address) as client, open_channel(worker.address) as channel:
        admin = admin_service_pb2_grpc.AdminServiceStub(channel)
        await speak(client, TEXT)
        statistics = await admin.GetStatistics(admin_pb2.GetStatisticsRequest())
        [counted] = statistics.engines
        assert (counted.engine, statistics.live) == (engine, 0)
        assert counted.requests > 1
        assert counted.audio.ToNanoseconds() > 0
        await admin.UnloadModel(admin_pb2.UnloadModelRequest())
        _, taken = await speak(client, TEXT)
        assert taken.speakers == ["espeak"]
        assert taken.says == written(TEXT)
        await admin.LoadModel(admin_pb2.LoadModelRequest())
        async with asyncio.timeout(60):
            while taken.speakers != [engine]:
                _, taken = await speak(client, TEXT)
                assert taken.says == written(TEXT)


async def _finished(call: object) -> bool:
    """Return whether a synthesis is complete."""
    responses = [response async for response in call]  # type: ignore[attr-defined]
    return bool(responses[-1].HasField("finished"))

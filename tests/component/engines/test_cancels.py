"""Cancels at random moments: nothing stale, nothing left in the engine, and it speaks on."""

from __future__ import annotations

import asyncio

import pytest

from parlando.synth.v1 import synth_pb2, synth_service_pb2_grpc
from parlando_client import AsyncClient
from parlando_kit.channels import open_channel
from tests.chaos.system import Service, System
from tests.component.engines.listening import TEXT, speak, written
from tests.component.router.cancelling import HASTE, MOMENTS, cancel_at_random

pytestmark = pytest.mark.asyncio(loop_scope="module")


# No more than that: a router refuses callers once a row of them was served late, and this engine is slow.
@pytest.mark.parametrize(("clients", "cancels"), [(1, 10), (4, 10)])
async def test_random_cancels_leave_nothing(system: System, engine: str, clients: int, cancels: int) -> None:
    async with open_channel(system.router.address) as channel:
        figures = await cancel_at_random([channel], cancels, clients, HASTE, seed=clients)
    assert (figures.faults, figures.refused) == ([], 0)
    assert set(figures.moments) == set(MOMENTS)
    assert figures.outcomes.keys() <= {"STOP_OUTCOME_STOPPED", "STOP_OUTCOME_ALREADY_FINISHED"}
    await _until_idle(system.workers[0])
    async with AsyncClient(system.router.address) as client:
        _, taken = await speak(client, TEXT, engine)
    assert taken.speakers == [engine]
    assert taken.says == written(TEXT)


async def _until_idle(worker: Service) -> None:
    """Return once a worker says that it has nothing to do."""
    async with open_channel(worker.address) as channel, asyncio.timeout(30):
        stub = synth_service_pb2_grpc.SynthServiceStub(channel)
        while True:
            load = (await stub.DescribeEngine(synth_pb2.DescribeEngineRequest())).load
            if not load.live + load.queued:
                return
            await asyncio.sleep(0.01)

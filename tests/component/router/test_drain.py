"""Routers and workers that drain by order, under the eyes of callers."""

from __future__ import annotations

from google.protobuf.duration_pb2 import Duration

from parlando.admin.v1 import admin_pb2, admin_service_pb2_grpc
from parlando.fragmenter.v1 import fragmenter_pb2
from parlando_kit.channels import open_channel
from parlando_kit.errors import Reason
from parlando_scripted.script import ScriptedSettings
from tests.component.router.mesh import (
    END,
    WorkerProcess,
    failure,
    kinds,
    mesh,
    opened,
    rest,
    said,
    say,
    send,
    text,
    until,
)

_WORDS = "orange lamp stands here and seven green steps go down"


async def test_a_router_finishes_what_it_has_takes_nothing_new_and_comes_back() -> None:
    async with mesh(WorkerProcess(ScriptedSettings(rate=8.0))) as router:
        call = router.stub.Speak()
        await send(call, opened(), text(_WORDS))
        await until(router.utterances, 1)
        assert (await router.admin.Drain(admin_pb2.DrainRequest())).live == 1
        assert not await router.health()
        assert not await router.health("accepting")
        refused = await failure(said(router.stub.Say(say("Hello."))))
        assert refused.reason is Reason.DRAINING
        assert len(await router.replicas()) == 1  # who asks is answered
        await send(call, END)
        assert kinds(await rest(call))[-1] == "finished"
        assert (await router.admin.GetStatistics(admin_pb2.GetStatisticsRequest())).live == 0
        await router.admin.Undrain(admin_pb2.UndrainRequest())
        assert await router.health()
        assert kinds(await said(router.stub.Say(say("Hello."))))[-1] == "finished"


async def test_a_routers_utterance_that_takes_too_long_is_ended_with_its_synthesis() -> None:
    worker = WorkerProcess(ScriptedSettings(hang_after_ms=40))
    async with mesh(worker) as router:
        call = router.stub.Say(say("Hello."))
        await worker.until_load(1)
        await router.admin.Drain(admin_pb2.DrainRequest(timeout=Duration()))
        assert (await failure(said(call))).reason is Reason.DRAINING
        await worker.until_load(0)
        await until(router.utterances, 0)


async def test_a_worker_that_drains_finishes_its_fragment_and_gets_no_other() -> None:
    first, second = (WorkerProcess(ScriptedSettings(rate=4.0), name=name) for name in ("one", "two"))
    async with (
        mesh(first, second) as router,
        open_channel(first.address) as channel,
    ):
        admin = admin_service_pb2_grpc.AdminServiceStub(channel)
        one_fragment = fragmenter_pb2.Schedule(first_code_points=200, max_code_points=400)
        call = router.stub.Say(say(_WORDS, schedule=one_fragment))
        await first.until_load(1)
        await admin.Drain(admin_pb2.DrainRequest())
        assert (await said(router.stub.Say(say("Hello."))))[0].started.engine == "two"
        events = await said(call)
        assert events[0].started.engine == "one"
        assert "engine_changed" not in kinds(events)
        await until(router.serving, {second.address})
        assert "drains" in (await router.replicas())[first.address].detail
        await admin.Undrain(admin_pb2.UndrainRequest())
        await until(router.serving, {first.address, second.address})
        assert (await said(router.stub.Say(say("Hello."))))[0].started.engine == "one"

"""Administration of a router, and the policies it routes by, told live."""

from __future__ import annotations

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from parlando.admin.v1 import admin_pb2
from parlando.session.v1 import session_pb2
from parlando.speech.v1 import speech_pb2
from parlando_kit.errors import Reason
from parlando_scripted.script import ScriptedSettings
from tests.component.router.mesh import Router, WorkerProcess, failure, mesh, said, say, until
from tests.component.session.serving import served


async def _speaker(router: Router, *metadata: tuple[str, str], **settings: str) -> str:
    """Return the engine that speaks now."""
    events = await said(router.stub.Say(say("Orange lamp.", **settings), metadata=metadata))
    return events[0].started.engine


async def _first(router: Router) -> tuple[str, bool, str]:
    """Return the engine that is listed first, whether it is the primary, and why it stands there."""
    engines = (await router.stub.ListEngines(speech_pb2.ListEnginesRequest())).engines
    return engines[0].name, engines[0].primary, engines[0].place


async def test_a_primary_is_left_by_hand_explained_and_taken_back() -> None:
    async with mesh(WorkerProcess(name="one"), WorkerProcess(name="two")) as router:
        assert await _first(router) == ("one", True, "by the order of ENGINES")
        request = admin_pb2.TriggerFallbackRequest(engine="one", duration=Duration(seconds=600))
        await router.admin.TriggerFallback(request)
        assert await _speaker(router) == "two"
        assert (await _first(router))[:2] == ("two", False)
        [replica] = [each for each in (await router.replicas()).values() if not each.serving]
        assert "an administrator opened it" in replica.detail
        answer = await router.admin.ResetPrimary(admin_pb2.ResetPrimaryRequest())
        assert answer.engine == "one"
        assert await _speaker(router) == "one"
        assert (await router.admin.ResetBreaker(admin_pb2.ResetBreakerRequest())).reset == 0


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (admin_pb2.TriggerFallbackRequest(), Reason.FIELD_REQUIRED),
        (admin_pb2.TriggerFallbackRequest(engine="thre"), Reason.ENGINE_NOT_FOUND),
        (admin_pb2.TriggerFallbackRequest(engine="scripted", duration=Duration()), Reason.OUT_OF_RANGE),
        (
            admin_pb2.TriggerFallbackRequest(engine="scripted", duration=Duration(seconds=4_000)),
            Reason.OUT_OF_RANGE,
        ),
    ],
)
async def test_a_bad_order_is_refused(
    router: Router, request_: admin_pb2.TriggerFallbackRequest, reason: Reason
) -> None:
    assert (await failure(router.admin.TriggerFallback(request_))).reason is reason


async def test_what_a_router_has_not_is_unimplemented(router: Router) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await router.admin.UnloadModel(admin_pb2.UnloadModelRequest())
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_statistics_tell_of_failures_failovers_and_seams() -> None:
    failing = WorkerProcess(ScriptedSettings(fail_after_ms=900), name="one")
    async with mesh(failing, WorkerProcess(name="two")) as router:
        await said(router.stub.Say(say("Orange lamp stands here, and seven green steps go down.")))
        answer = await router.admin.GetStatistics(admin_pb2.GetStatisticsRequest())
        one, two = answer.engines
        assert (one.engine, one.failovers, dict(one.failures)) == ("one", 1, {"ENGINE_FAILED": 1})
        assert dict(one.seams) == {"EXACT": 1}
        assert (two.engine, two.failovers, dict(two.failures)) == ("two", 0, {})
        assert two.audio.ToTimedelta().total_seconds() > 1
        assert answer.live == 0


async def test_a_test_stream_goes_through_one_engine() -> None:
    async with mesh(WorkerProcess(name="one"), WorkerProcess(name="two")) as router:
        answer = await router.admin.RunTestStream(admin_pb2.RunTestStreamRequest(engine="two"))
        assert answer.engine == "two"
        assert answer.audio.ToTimedelta().total_seconds() > 1
        assert answer.first_chunk.ToTimedelta().total_seconds() > 0
        error = await failure(router.admin.RunTestStream(admin_pb2.RunTestStreamRequest(engine="thre")))
        assert error.reason is Reason.ENGINE_NOT_FOUND


def _policy(name: str, *engines: str, tier: str = "") -> session_pb2.SetPolicyRequest:
    choices = [session_pb2.EngineChoice(engine=engine, rank=rank) for rank, engine in enumerate(engines)]
    route = session_pb2.Route(engines=choices)
    if tier:
        return session_pb2.SetPolicyRequest(policy=session_pb2.Policy(name=name, tiers={tier: route}))
    return session_pb2.SetPolicyRequest(policy=session_pb2.Policy(name=name, fallback=route))


async def test_policies_are_followed_as_they_change() -> None:
    async with (
        served() as session,
        mesh(WorkerProcess(name="espeak"), WorkerProcess(name="kokoro"), session=session.channel) as router,
    ):
        assert await _speaker(router) == "espeak"
        await session.stub.SetPolicy(_policy("default", "kokoro", "espeak"))
        await until(lambda: _first(router), ("kokoro", True, "by policy.fallback"))
        assert await _speaker(router) == "kokoro"
        assert await _speaker(router, engine="espeak") == "espeak"
        # A bad one is refused whole, the place named; the old one stays.
        refused = await failure(session.stub.SetPolicy(_policy("default", "espeak", "kokro")))
        assert (refused.reason, refused.field) == (Reason.BAD_POLICY, "policy.fallback.engines[1]")
        assert await _speaker(router) == "kokoro"
        await session.stub.SetPolicy(_policy("night", "espeak"))
        await session.stub.SetPolicy(_policy("default", "espeak", tier="gold"))
        await until(lambda: _first(router), ("espeak", True, "by the order of ENGINES"))
        assert await _speaker(router, ("x-parlando-tier", "gold")) == "espeak"
        await session.stub.SetPolicy(_policy("default", "kokoro", tier="gold"))
        await until(lambda: _speaker(router, ("x-parlando-tier", "gold")), "kokoro")
        assert await _speaker(router) == "espeak"
        assert await _speaker(router, ("x-parlando-tier", "gold"), ("x-parlando-policy", "night")) == "espeak"


async def test_policies_hold_while_their_service_is_gone() -> None:
    async with served() as session:
        workers = WorkerProcess(name="espeak"), WorkerProcess(name="kokoro")
        async with mesh(*workers, session=session.channel) as router:
            await session.stub.SetPolicy(_policy("default", "kokoro"))
            await until(lambda: _speaker(router), "kokoro")
            await session.server.stop(0)
            assert await _speaker(router) == "kokoro"

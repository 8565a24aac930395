"""What a worker says of itself: description, voices, health, reflection."""

from __future__ import annotations

import threading
from typing import Any

from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.reflection_pb2_grpc import ServerReflectionStub

from parlando.audio.v1 import audio_pb2
from parlando.synth.v1 import synth_pb2 as pb
from parlando_kit.errors import Reason
from parlando_scripted.engine import ScriptedEngine
from parlando_scripted.script import ScriptedSettings
from parlando_synth.engine import Instance
from parlando_synth.loading import DEPENDENCY
from parlando_synth.threaded import ThreadedEngine
from tests.component.synth.serving import Served, collected, failure, ready, request, scripted, serving

SERVICE = "parlando.synth.v1.SynthService"
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


async def _health(served: Served) -> list[int]:
    stub: Any = HealthStub(served.channel)
    names = ("", SERVICE, DEPENDENCY)
    return [(await stub.Check(health_pb2.HealthCheckRequest(service=name))).status for name in names]


async def test_a_description() -> None:
    async with ready(ScriptedSettings(instances=3), max_queued=7) as served:
        described = await served.described()
        assert (described.engine, described.engine_version, described.licence) == (
            "scripted",
            "1",
            "Apache-2.0",
        )
        assert len(described.worker_id) == 32
        assert described.default_voice == "alto"
        assert described.capabilities == pb.EngineCapabilities(
            streams=True,
            timing_quality=audio_pb2.TIMING_QUALITY_EXACT,
            text_kinds=[pb.TEXT_KIND_PLAIN],
            speed=True,
            stoppable=True,
            repeatable=True,
            phonemizes=True,
        )
        assert described.limits == pb.EngineLimits(max_text_code_points=5_000, min_speed=0.5, max_speed=3.0)
        assert described.capacity == pb.EngineCapacity(max_live=3, max_queued=7)
        assert described.load == pb.EngineLoad(instances=3)
        assert not described.HasField("price")
        assert (described.state, described.detail) == (pb.ENGINE_STATE_READY, "")


async def test_the_load_is_known_after_the_first_synthesis() -> None:
    async with ready() as served:
        await collected(served.stub.Synthesize(request("a")))
        load = (await served.described()).load
        assert load.total == 1
        assert load.real_time_factor > 0
        assert load.first_chunk.ToNanoseconds() > 0


async def test_voices() -> None:
    async with ready() as served:
        answer = await served.stub.ListVoices(pb.ListVoicesRequest())
        assert [voice.id for voice in answer.voices] == ["alto", "tenor"]
        assert answer.voices[1] == pb.Voice(
            id="tenor",
            name="Tenor",
            engine="scripted",
            languages=["en", "fr"],
            gender=pb.VOICE_GENDER_MALE,
            sample_rate_hz=24_000,
            aliases=["t"],
        )
        french = await served.stub.ListVoices(pb.ListVoicesRequest(language="fr"))
        assert [voice.id for voice in french.voices] == ["tenor"]


class _Gated(ScriptedEngine):
    """Opens no instance before its gate is opened."""

    def __init__(self) -> None:
        super().__init__(ScriptedSettings())
        self.gate = threading.Event()

    def open(self) -> Instance:
        self.gate.wait()
        return super().open()


async def test_health_follows_the_engine() -> None:
    gated = _Gated()
    async with serving(ThreadedEngine(gated, instances=2)) as served:
        assert await _health(served) == [NOT_SERVING] * 3
        described = await served.described()
        assert described.state == pb.ENGINE_STATE_LOADING
        assert described.detail
        error = await failure(collected(served.stub.Synthesize(request("a"))))
        assert error.reason is Reason.NO_ENGINE_AVAILABLE
        assert error.retry_after is not None
        gated.gate.set()
        await served.described(lambda message: message.state == pb.ENGINE_STATE_READY)
        assert await _health(served) == [SERVING] * 3


async def test_an_engine_that_cannot_be_loaded_leaves_a_worker_that_says_so() -> None:
    async with serving(scripted(ScriptedSettings(open_fails=True))) as served:
        described = await served.described(lambda message: message.state == pb.ENGINE_STATE_FAILED)
        assert described.detail == "the script lets no instance open"
        assert await _health(served) == [NOT_SERVING] * 3
        error = await failure(collected(served.stub.Synthesize(request("a"))))
        assert error.reason is Reason.ENGINE_FAILED
        assert "the script lets no instance open" in error.message


async def test_a_worker_can_be_ended_while_it_loads() -> None:
    gated = _Gated()
    async with serving(ThreadedEngine(gated, instances=1, close_within=0.05)) as served:
        assert (await served.described()).state == pb.ENGINE_STATE_LOADING
    gated.gate.set()


async def test_reflection_lists_the_service() -> None:
    async with serving(scripted()) as served:
        asked = reflection_pb2.ServerReflectionRequest(list_services="")
        stub: Any = ServerReflectionStub(served.channel)  # type: ignore[arg-type]  # typed for sync only
        call = stub.ServerReflectionInfo(iter([asked]))
        answer = await anext(aiter(call))
        assert SERVICE in [service.name for service in answer.list_services_response.service]


async def test_a_watcher_of_health_sees_the_engine_come_up() -> None:
    gated = _Gated()
    async with serving(ThreadedEngine(gated, instances=1)) as served:
        stub: Any = HealthStub(served.channel)
        call = stub.Watch(health_pb2.HealthCheckRequest(service=SERVICE))
        statuses = aiter(call)
        assert (await anext(statuses)).status == NOT_SERVING
        gated.gate.set()
        assert (await anext(statuses)).status == SERVING
        call.cancel()

"""Processes that die, hang and come back while callers listen. The long form is `make chaos`."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from contextlib import AsyncExitStack

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from parlando.speech.v1 import speech_pb2, speech_service_pb2_grpc
from parlando_kit.channels import open_channel
from parlando_kit.status import from_rpc_error
from tests.chaos.listening import TEXTS, Report, utter
from tests.chaos.storm import percentile, storm
from tests.chaos.system import ESPEAK, Service, running, until_it_speaks

_ENGLISH = speech_pb2.SpeechSettings(language="en", playout_mode=speech_pb2.PLAYOUT_MODE_CLOCK)

_SHORT = "send the letter to my brother, today"


async def test_no_word_is_lost_when_workers_are() -> None:
    report, statistics = await storm(5, callers=8, seed=random.randrange(2**32))
    assert not report.errors
    assert not report.wrong
    assert report.utterances
    assert percentile(report.gaps, 0.5) < 0.3
    assert sum(engine.requests for engine in statistics.engines) > report.utterances


async def test_when_no_engine_lives_one_error_says_so_and_speech_is_back_with_the_engine() -> None:
    async with running([ESPEAK]) as system:
        [worker] = system.workers
        await worker.end()
        await asyncio.sleep(1.5)  # long enough that the router waits before it tries to connect again
        began = time.monotonic()
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            async for _ in system.stub.Say(speech_pb2.SayRequest(text=TEXTS[0])):
                pass
        assert from_rpc_error(failed.value).reason.value == "NO_ENGINE_AVAILABLE"
        assert time.monotonic() - began < 2.0
        await worker.start()
        async with open_channel(worker.address) as channel:
            await _serves(channel)
        began = time.monotonic()
        report = Report()
        while not report.utterances:
            await utter(system.stub, report, TEXTS[0], speech_pb2.SpeechSettings(language="en"))
            assert time.monotonic() - began < 20.0
        assert set(report.errors) <= {"NO_ENGINE_AVAILABLE"}
        assert not report.wrong


async def _serves(channel: grpc.aio.Channel) -> None:
    """Return once the worker itself says that it serves."""
    stub = health_pb2_grpc.HealthStub(channel)
    async with asyncio.timeout(30):
        while True:
            answer = await stub.Check(  # type: ignore[attr-defined]  # set in its constructor
                health_pb2.HealthCheckRequest(), wait_for_ready=True
            )
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                return
            await asyncio.sleep(0.01)


async def test_workers_and_routers_are_restarted_in_turn_without_an_error_at_any_caller() -> None:
    """Callers reach two routers, and call the other where one answers UNAVAILABLE before any audio."""
    async with running([ESPEAK, ESPEAK]) as system, AsyncExitStack() as stack:
        second = Service("parlando_router", system.router.environment)
        await second.start()
        stack.push_async_callback(second.end)
        routers = (system.router, second)
        channels = [await stack.enter_async_context(open_channel(each.address)) for each in routers]
        stubs = [speech_service_pb2_grpc.SpeechServiceStub(channel) for channel in channels]
        report, refused = Report(), Report()
        for stub in stubs:
            await until_it_speaks(stub)

        async def speak(number: int) -> None:
            while True:
                into = Report()
                await utter(stubs[number % 2], into, _SHORT, _ENGLISH)
                if into.errors and not into.first_chunks:  # it had not begun: the other one is asked
                    refused.errors += into.errors
                    into = Report()
                    await utter(stubs[1 - number % 2], into, _SHORT, _ENGLISH)
                report.utterances += into.utterances
                report.errors += into.errors
                report.wrong += into.wrong

        calls = [asyncio.create_task(speak(number)) for number in range(6)]
        for worker in system.workers:
            await worker.end(signal.SIGTERM)  # it drains
            await worker.start()
            await system.until_up(worker)
        for router, stub in zip(routers, stubs, strict=True):
            await router.end(signal.SIGTERM)
            await router.start()
            await until_it_speaks(stub)
        await asyncio.wait(calls, timeout=1.0)
        for call in calls:
            call.cancel()
        ended = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(each, asyncio.CancelledError) for each in ended)
        assert not report.errors
        assert not report.wrong
        assert report.utterances
        assert set(refused.errors) <= {"DRAINING", "DEPENDENCY_UNAVAILABLE"}

"""Processes that die, hang and come back while callers listen. The long form is `make chaos`."""

from __future__ import annotations

import asyncio
import random
import signal
from contextlib import AsyncExitStack

from parlando.speech.v1 import speech_pb2, speech_service_pb2_grpc
from parlando_kit.channels import open_channel
from tests.chaos.listening import Report, utter
from tests.chaos.storm import outage, percentile, storm
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
        dead, back = await outage(system)
        assert set(dead.errors) == {"NO_ENGINE_AVAILABLE"}
        assert not dead.wrong
        assert back < 20.0  # 2 s on a machine that does nothing else: `make chaos` measures it


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

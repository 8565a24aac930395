"""OpenAI's engines behind the real router: what is failed over, what is told, and what it cost.

`test_vendors.py` has the cancels and failovers that are the same for every remote engine.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from realtime_server import RealtimeServer
from speech_server import SpeechServer

from parlando.speech.v1 import speech_pb2
from parlando.synth.v1 import synth_pb2
from parlando_kit.errors import Reason
from parlando_openai import profiles
from parlando_openai.engine import realtime, speech
from parlando_openai.settings import KokoroFastAPISettings, OpenAISettings, RealtimeSettings
from parlando_scripted.script import ScriptedSettings
from parlando_synth.engine import Engine
from parlando_synth.remote.service import Fault, LocalService
from tests.component.router.mesh import (
    Router,
    WorkerProcess,
    cancel,
    failure,
    mesh,
    opened,
    pcm,
    rest,
    said,
    say,
    send,
    text,
)

TEXT = "Seven grey lamps were lit, and nobody in the whole town knew who had lit them."


@pytest.fixture
def service() -> Iterator[SpeechServer]:
    """A server with OpenAI's speech interface."""
    server = SpeechServer()
    server.voices = ["af_heart"]
    server.start()
    yield server
    server.stop()


@pytest.fixture
def realtime_service() -> Iterator[RealtimeServer]:
    """A server that speaks OpenAI's Realtime."""
    server = RealtimeServer()
    server.start()
    yield server
    server.stop()


def _worker(service: LocalService, **settings: Any) -> WorkerProcess:
    url = f"http://127.0.0.1:{service.port}/v1"
    told = {"base_url": url, "key": "sk-1", "live": 8, **settings}

    def engine() -> Engine:
        if isinstance(service, RealtimeServer):
            return realtime(RealtimeSettings.model_validate(told))
        return speech(profiles.OPENAI, OpenAISettings.model_validate(told))

    return WorkerProcess(engine=engine, name="openai", max_queued=64)


@asynccontextmanager
async def _with_fallback(service: LocalService, **settings: Any) -> AsyncIterator[Router]:
    fallback = WorkerProcess(ScriptedSettings(rate=0.0), name="scripted")
    async with mesh(_worker(service, **settings), fallback) as router:
        yield router


def _speakers(events: list[speech_pb2.SpeechEvent]) -> list[str]:
    """Return the engines that spoke, in order."""
    return [
        event.started.engine if event.HasField("started") else event.engine_changed.engine
        for event in events
        if event.HasField("started") or event.HasField("engine_changed")
    ]


def _spoken(events: list[speech_pb2.SpeechEvent]) -> list[str]:
    """Return the words that were timed, without their marks."""
    words = itertools.chain.from_iterable(event.words.words for event in events if event.HasField("words"))
    return [TEXT[word.source.start : word.source.end].strip(",. ") for word in words]


async def test_a_cancel_of_what_is_billed_is_abandoned_and_of_what_is_not_is_stopped(
    service: SpeechServer,
) -> None:
    url = f"http://127.0.0.1:{service.port}/v1"
    own = KokoroFastAPISettings.model_validate({"base_url": url, "live": 8})
    free = WorkerProcess(engine=lambda: speech(profiles.KOKORO_FASTAPI, own), name="kokoro-fastapi")
    for worker, outcome in (
        (_worker(service), synth_pb2.STOP_OUTCOME_ABANDONED),
        (free, synth_pb2.STOP_OUTCOME_STOPPED),
    ):
        service.mend()
        service.fault = Fault.HANG_BEFORE  # what was sent is under way until somebody ends it
        async with mesh(worker) as router:
            call = router.stub.Speak()
            await send(call, opened(), text(TEXT))
            await asyncio.to_thread(service.wait_until_asked)
            await send(call, cancel())
            await call.done_writing()
            events = await rest(call)
        [report] = [event.stop_report for event in events if event.HasField("stop_report")]
        assert report.outcome == outcome


@pytest.mark.parametrize(
    "fault",
    [Fault.MODEL, Fault.GARBAGE, Fault.EMPTY, Fault.WRONG_RATE, Fault.HANG_BEFORE],
)
async def test_another_engine_goes_on_where_this_one_fails(service: SpeechServer, fault: Fault) -> None:
    service.fault = fault
    async with _with_fallback(service, first_byte_seconds=1.0, chunk_seconds=0.5) as router:
        events = await said(router.stub.Say(say(TEXT)))
    assert _speakers(events)[-1] == "scripted"
    assert events[-1].HasField("finished")
    assert set(TEXT.replace(",", "").replace(".", "").split()) <= set(_spoken(events)), "no word is missing"
    assert await asyncio.to_thread(service.wait_until_idle, 30.0)


async def test_another_engine_reads_what_realtime_answers(realtime_service: RealtimeServer) -> None:
    realtime_service.says = "Sure! What would you like to hear about?"
    async with _with_fallback(realtime_service) as router:
        events = await said(router.stub.Say(say(TEXT)))
    assert _speakers(events) == ["scripted"]


async def test_what_realtime_did_not_read_is_told(realtime_service: RealtimeServer) -> None:
    realtime_service.says = "Seven grey lamps are lit."
    async with mesh(_worker(realtime_service)) as router:
        events = await said(router.stub.Say(say("Seven grey lamps were lit.")))
    (usage,) = events[-1].finished.usage
    assert (usage.words_missing, usage.words_added) == (1, 1)
    assert usage.model == "gpt-realtime-2.1-mini"
    assert usage.cost.nanos > 0


async def test_a_vendor_that_is_busy_is_left_for_as_long_as_it_asks(service: SpeechServer) -> None:
    service.fault, service.retry_after = Fault.BUSY, 300.0
    async with _with_fallback(service) as router:
        for _ in range(3):
            assert _speakers(await said(router.stub.Say(say(TEXT)))) == ["scripted"]
    assert service.asked == 1


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.MODERATION, Reason.TEXT_REFUSED),
        (Fault.LENGTH, Reason.TEXT_TOO_LONG),
        (Fault.VOICE, Reason.VOICE_NOT_FOUND),
    ],
)
async def test_what_every_engine_would_be_asked_is_told_to_the_caller(
    service: SpeechServer, fault: Fault, reason: Reason
) -> None:
    service.fault = fault
    async with _with_fallback(service) as router:
        refused = await failure(said(router.stub.Say(say(TEXT))))
    assert refused.reason is reason
    assert TEXT not in refused.message


async def test_what_it_cost_is_told_and_was_estimated(service: SpeechServer) -> None:
    async with mesh(_worker(service)) as router:
        estimate = await router.stub.EstimateCost(speech_pb2.EstimateCostRequest(text=TEXT))
        events = await said(router.stub.Say(say(TEXT)))
    (usage,) = events[-1].finished.usage
    assert usage.engine == "openai"
    assert usage.model == estimate.model == "gpt-4o-mini-tts"
    assert usage.characters == pytest.approx(len(TEXT), abs=2)  # without the white space between fragments
    assert pcm(events)
    # The server speaks twice as fast as an estimate expects; what it reports is what it cost.
    text, sound = service.reported
    assert usage.cost.nanos == text * 600 + sound * 12_000
    assert estimate.cost.currency_code == usage.cost.currency_code == "USD"
    assert estimate.cost.nanos == pytest.approx(len(TEXT) * 15_772, rel=0.01)

"""Realtime as a voice: it keeps the contract, reads word for word, and says where it did not."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest
from realtime_server import RealtimeServer

from parlando_kit.errors import ParlandoError, Reason
from parlando_openai.engine import realtime
from parlando_openai.realtime import RealtimeVendor
from parlando_openai.settings import RealtimeSettings
from parlando_openai.verbatim import Deviation as Difference
from parlando_openai.verbatim import Transcript
from parlando_synth.engine import Engine
from parlando_synth.events import Aftermath, Audio, Charge, Deviation, EngineEvent
from parlando_synth.job import Job
from parlando_synth.remote.contract import KEY, RemoteContract
from parlando_synth.remote.service import Fault, LocalService
from parlando_synth.remote.trouble import Refusal, Trouble
from parlando_synth.stop_flag import StopFlag

CLOSE_TIMEOUT = 9.0
"""Seconds, below those that websockets waits for the other end to close as well."""

TEXT = "Seven grey lamps were lit, and nobody knew who had lit them."


def _engine(service: LocalService, **settings: Any) -> Engine:
    url = f"{'https' if service.tls else 'http'}://127.0.0.1:{service.port}/v1"
    return realtime(RealtimeSettings.model_validate({"base_url": url, "key": KEY, **settings}))


class TestRealtime(RemoteContract):
    @staticmethod
    def create_service(tls: ssl.SSLContext | None) -> LocalService:
        return RealtimeServer(tls)

    @staticmethod
    def engine_of(service: LocalService, **settings: Any) -> Engine:
        return _engine(service, **settings)


@pytest.fixture(scope="module")
def serving() -> Iterator[RealtimeServer]:
    """A local server, for all tests."""
    server = RealtimeServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(serving: RealtimeServer) -> RealtimeServer:
    """The local server, as new."""
    serving.mend()
    serving.sessions = serving.cancels = 0
    serving.says, serving.deaf, serving.refuses, serving.reported = None, False, None, [0, 0, 0]
    serving.mute = False
    return serving


@asynccontextmanager
async def _loaded(server: RealtimeServer, **settings: Any) -> AsyncIterator[Engine]:
    engine = _engine(server, **settings)
    await engine.load()
    try:
        yield engine
    finally:
        await engine.close()


async def _spoken(engine: Engine, text: str = TEXT, **how: Any) -> list[EngineEvent]:
    job = Job(text, **{"voice": engine.describe().default_voice, **how})
    return [event async for event in engine.synthesize(job, StopFlag())]


def _deviations(events: list[EngineEvent]) -> list[Deviation]:
    return [event for event in events if isinstance(event, Deviation)]


async def _gathered(engine: Engine, job: Job, events: list[EngineEvent]) -> None:
    """Put a job's events into a list, as far as they come."""
    async for event in engine.synthesize(job, StopFlag()):
        events.append(event)  # noqa: PERF401  # what came before a failure is wanted


# What is asked


async def test_a_text_is_asked_to_be_read_and_nothing_else(server: RealtimeServer) -> None:
    async with _loaded(server, instructions="Warm.") as engine:
        await _spoken(engine, speed=1.25, options={"instructions": "Cold."})
    assert server.session["audio"]["output"] == {
        "format": {"type": "audio/pcm", "rate": 24_000},
        "voice": "marin",
        "speed": 1.25,
    }
    (message,) = server.response["input"]
    assert message["content"] == [{"type": "input_text", "text": TEXT}]
    assert server.response["conversation"] == "none"
    assert server.response["output_modalities"] == ["audio"]
    assert "word for word" in server.response["instructions"]
    assert server.response["instructions"].endswith("How to speak: Cold.")
    assert server.key == KEY


async def test_a_feeling_is_said_with_how_to_speak(server: RealtimeServer) -> None:
    async with _loaded(server, instructions="Warm.") as engine:
        await _spoken(engine, emotion="excited", emotion_intensity=1.0)
    assert server.response["instructions"].endswith("How to speak: Warm. Sound very excited.")


async def test_a_voice_of_ones_own_is_asked_for_by_its_id(server: RealtimeServer) -> None:
    async with _loaded(server, voices=["voice_1234"]) as engine:
        await _spoken(engine, voice="voice_1234")
    assert server.session["audio"]["output"]["voice"] == {"id": "voice_1234"}


# Sessions


async def test_a_session_is_warm_before_the_first_text_and_used_again(server: RealtimeServer) -> None:
    async with _loaded(server) as engine:
        assert server.sessions == 1
        for _ in range(3):
            await _spoken(engine)
        assert server.sessions == 1
        await _spoken(engine, voice="ash")
        assert server.sessions == 2, "a session that has spoken keeps its voice"


async def test_a_session_that_was_closed_while_it_was_idle_is_opened_anew(server: RealtimeServer) -> None:
    async with _loaded(server) as engine:
        await _spoken(engine)
        server.drop()
        events = await _spoken(engine)
        assert any(isinstance(event, Audio) for event in events)
    assert (server.sessions, server.asked) == (2, 2)


# Word for word


async def test_what_is_read_as_it_stands_has_no_deviation(server: RealtimeServer) -> None:
    async with _loaded(server) as engine:
        assert _deviations(await _spoken(engine)) == []


async def test_a_deviation_is_reported(server: RealtimeServer, caplog: pytest.LogCaptureFixture) -> None:
    server.says = "Seven grey lamps were lit, and somebody surely knew who had lit."
    async with _loaded(server) as engine:
        events = await _spoken(engine)
    assert _deviations(events) == [Deviation(missing=2, added=2)]
    assert any(isinstance(event, Audio) for event in events)
    assert "left out 2 words of 12 and said 2 others" in caplog.text
    assert "somebody" not in caplog.text


async def test_an_answer_in_place_of_the_text_is_never_heard(server: RealtimeServer) -> None:
    server.says = "Sure! Here is a story about lanterns."
    events: list[EngineEvent] = []
    async with _loaded(server) as engine:
        job = Job(TEXT, engine.describe().default_voice)
        with pytest.raises(ParlandoError) as failed:
            await _gathered(engine, job, events)
    assert failed.value.reason is Reason.ENGINE_FAILED
    assert "deviation" in failed.value.message
    assert not any(isinstance(event, Audio) for event in events)
    assert server.cancels == 1


@pytest.mark.parametrize(
    ("text", "said", "difference"),
    [
        ("One, two - three!", "one two three", Difference(0, 0)),
        ("It\N{RIGHT SINGLE QUOTATION MARK}s Zoë's café", "its zoës CAFÉ.", Difference(0, 0)),
        ("one two three", "one three", Difference(1, 0)),
        ("one two three", "one two and three", Difference(0, 1)),
        ("one two three", "", Difference(3, 0)),
        ("", "one", Difference(0, 1)),
        ("\u4f60\u597d\u4e16\u754c\u3002", "\u4f60\u597d\uff0c\u4e16\u754c", Difference(0, 0)),
        ("one two two three", "one two three", Difference(1, 0)),
    ],
)
def test_a_transcript_is_compared_by_words(text: str, said: str, difference: Difference) -> None:
    transcript = Transcript(text)
    transcript.add(said)
    assert transcript.deviation() == difference
    assert bool(difference) is (difference != Difference(0, 0))


@pytest.mark.parametrize(
    ("text", "said", "all_said", "well"),
    [
        ("Doctor Green is in today.", "Dr. Green is", False, None),
        ("Doctor Green is in today.", "Dr. Green is in", False, True),
        ("What time is it?", "It is five past", False, True),
        ("What time is it?", "Five past nine now", False, False),
        ("What time is it?", "What", True, True),
        ("What time is it?", "Five", True, False),
        ("What time is it?", "", True, False),
        ("OK, fine.", "", False, True),
    ],
)
def test_a_transcript_begins_well_or_not(text: str, said: str, *, all_said: bool, well: bool | None) -> None:
    transcript = Transcript(text)
    transcript.add(said)
    assert transcript.begins_well(all_said=all_said) is well


# Stops


async def _stopped(engine: Engine) -> list[EngineEvent]:
    stop, events = StopFlag(), list[EngineEvent]()
    async for event in engine.synthesize(Job(TEXT, engine.describe().default_voice), stop):
        events.append(event)
        if isinstance(event, Audio):
            stop.set()
    return events


async def test_a_stop_is_confirmed_and_the_session_goes_on(server: RealtimeServer) -> None:
    async with _loaded(server) as engine:
        server.fault = Fault.HANG_MIDDLE
        assert (await _stopped(engine))[-1] == Aftermath(goes_on=False)
        server.mend()
        await _spoken(engine)
    assert (server.sessions, server.cancels) == (1, 1)


async def test_a_service_that_answers_nothing_any_more_holds_nobody_up(server: RealtimeServer) -> None:
    server.deaf = True
    async with _loaded(server) as engine:
        server.fault = Fault.HANG_MIDDLE
        async with asyncio.timeout(CLOSE_TIMEOUT):
            assert (await _stopped(engine))[-1] == Aftermath(goes_on=True)
        server.mend()
        server.deaf = False
        await _spoken(engine)
    assert server.sessions == 2


async def test_a_stop_that_nobody_confirms_leaves_work_behind(server: RealtimeServer) -> None:
    async with _loaded(server) as engine:
        server.fault, server.deaf = Fault.HANG_MIDDLE, True
        assert (await _stopped(engine))[-1] == Aftermath(goes_on=True)
        server.mend()
        server.deaf = False
        await _spoken(engine)
    assert server.sessions == 2, "a session in which something goes on is not used again"


async def test_a_service_that_accepts_and_then_says_nothing_is_out(server: RealtimeServer) -> None:
    server.mute = True
    told = {"base_url": f"http://127.0.0.1:{server.port}/v1", "key": KEY, "connect_seconds": 0.2}
    vendor = RealtimeVendor(RealtimeSettings.model_validate(told))
    with pytest.raises(TimeoutError) as hung:
        await vendor.open()
    await vendor.close()
    assert vendor.refusal(hung.value) == Refusal(Trouble.OUTAGE)


# Money, and the door


async def test_reported_usage_becomes_the_charge_near_its_estimate(server: RealtimeServer) -> None:
    asked = "Every evening the old keeper climbed the hundred steps to light the great lamp. " * 4
    async with _loaded(server) as engine:
        price = engine.describe().price
        assert price is not None
        # At this speed the server takes as long over a character as an estimate reckons.
        (charge,) = [event for event in await _spoken(engine, asked, speed=0.48) if isinstance(event, Charge)]
    text, sound, words = server.reported
    cost = (text * Decimal("0.60") + sound * Decimal("20.00") + words * Decimal("2.40")) / 1_000_000
    assert charge == Charge(len(asked), "USD", cost)
    estimate = price.per_million_characters * len(asked) / 1_000_000
    assert charge.cost == pytest.approx(estimate, rel=Decimal("0.1"))


@pytest.mark.parametrize(
    ("status", "headers", "code", "reason"),
    [
        (401, {}, "invalid_api_key", Reason.ENGINE_KEY_REFUSED),
        (403, {}, "", Reason.ENGINE_KEY_REFUSED),
        (404, {}, "model_not_found", Reason.MODEL_NOT_FOUND),
        (429, {}, "insufficient_quota", Reason.QUOTA_SPENT),
    ],
)
async def test_a_handshake_that_is_refused_has_its_reason(
    server: RealtimeServer, status: int, headers: dict[str, str], code: str, reason: Reason
) -> None:
    server.refuses = status, headers, code
    with pytest.raises(ParlandoError) as refused:
        async with _loaded(server):
            pass
    assert refused.value.reason is reason
    assert KEY not in refused.value.message


async def test_a_key_must_be_set() -> None:
    with pytest.raises(ParlandoError, match="OPENAI_REALTIME_KEY is not set"):
        await realtime(RealtimeSettings()).load()

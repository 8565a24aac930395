"""What is asked of AllTalk, what it says of itself, and what a stop does there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from alltalk_server import AllTalkServer

from parlando_alltalk.settings import AllTalkSettings
from parlando_alltalk.vendor import STOP_SECONDS, AllTalkVendor
from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.contract import HUNG, perform
from parlando_synth.engine import Engine
from parlando_synth.events import Aftermath, Audio
from parlando_synth.job import Job
from parlando_synth.remote.engine import RemoteEngine
from parlando_synth.remote.service import Fault
from parlando_synth.remote.vendor import Exchange
from parlando_synth.stop_flag import StopFlag
from parlando_synth.synthesis import STOP_WITHIN

VOICE = "female_01.wav"


def _engine(server: AllTalkServer, **settings: Any) -> Engine:
    url = f"http://127.0.0.1:{server.port}"
    made = AllTalkSettings.model_validate({"base_url": url, **settings})
    return RemoteEngine(AllTalkVendor(made), made)


@asynccontextmanager
async def _loaded(server: AllTalkServer, **settings: Any) -> AsyncIterator[Engine]:
    engine = _engine(server, **settings)
    await engine.load()
    try:
        yield engine
    finally:
        await engine.close()


async def test_a_stream_is_asked_for_by_voice_and_language(server: AllTalkServer) -> None:
    async with _loaded(server, languages=["en", "de"]) as engine:
        assert [voice.id for voice in engine.voices()] == [VOICE, "male_01.wav"]
        await perform(engine, Job("Es ist spät.", "male_01.wav", language="de-DE"))
    assert server.asked_for["text"] == "Es ist spät."
    assert (server.asked_for["voice"], server.asked_for["language"]) == ("male_01.wav", "de")


async def test_the_other_way_has_openais_voices_and_speed(server: AllTalkServer) -> None:
    async with _loaded(server, way="speech") as engine:
        assert not engine.describe().streams
        assert [voice.id for voice in engine.voices()][:2] == ["alloy", "echo"]
        await perform(engine, Job("It is late.", "nova", speed=1.5))
    assert (server.asked_for["voice"], server.asked_for["speed"]) == ("nova", 1.5)
    assert server.asked_for["response_format"] == "wav"


async def test_an_engine_of_its_that_cannot_stream_is_told(server: AllTalkServer) -> None:
    server.streaming_capable = False
    with pytest.raises(ParlandoError) as refused:
        await _engine(server).load()
    assert refused.value.reason is Reason.ENGINE_FAILED
    assert "piper" in refused.value.message
    assert "ALLTALK_WAY=speech" in refused.value.message
    async with _loaded(server, way="speech"):
        pass


async def test_a_stop_stops_the_server(server: AllTalkServer) -> None:
    server.fault = Fault.HANG_MIDDLE
    async with _loaded(server) as engine:
        stop, events = StopFlag(), []
        async for event in engine.synthesize(Job("It is late.", VOICE), stop):
            events.append(event)
            if isinstance(event, Audio):
                stop.set()
        assert events[-1] == Aftermath(goes_on=False)
    assert server.stops == 1
    assert await asyncio.to_thread(server.wait_until_idle, 10.0)


async def test_what_ended_well_is_not_stopped(server: AllTalkServer) -> None:
    async with _loaded(server) as engine:
        await perform(engine, Job("It is late.", VOICE))
    assert server.stops == 0


async def test_a_stop_after_all_was_sent_finds_nothing_at_work(server: AllTalkServer) -> None:
    made = AllTalkSettings.model_validate({"base_url": f"http://127.0.0.1:{server.port}"})
    vendor, exchange = AllTalkVendor(made), Exchange()
    await vendor.open()
    said = [item async for item in vendor.speak(Job("It is late.", VOICE), exchange)]
    await vendor.close()
    assert said
    assert not exchange.goes_on, "though its sound may wait long for who is to hear it"


async def test_a_stop_that_is_not_confirmed_is_given_up_while_the_worker_still_asks(
    server: AllTalkServer,
) -> None:
    assert STOP_SECONDS < STOP_WITHIN
    server.fault, server.deaf = Fault.HANG_MIDDLE, True
    async with _loaded(server) as engine:
        stop, events = StopFlag(), []
        async with asyncio.timeout(HUNG):
            async for event in engine.synthesize(Job("It is late.", VOICE), stop):
                events.append(event)
                if isinstance(event, Audio):
                    stop.set()
    assert events[-1] == Aftermath(goes_on=True)
    assert server.stops == 1


async def test_who_is_refused_stops_nothing_of_anybody_elses(server: AllTalkServer) -> None:
    server.fault = Fault.BUSY  # with another's text
    async with _loaded(server) as engine:
        with pytest.raises(ParlandoError) as refused:
            await perform(engine, Job("It is late.", VOICE))
    assert refused.value.reason is Reason.OVERLOADED
    assert server.stops == 0


async def test_without_an_address_nothing_is_asked(server: AllTalkServer) -> None:
    with pytest.raises(ParlandoError, match="ALLTALK_BASE_URL is not set"):
        await _engine(server, base_url="").load()

from __future__ import annotations

import asyncio

from parlando_edge.catalogue import Catalogue
from parlando_edge.ports import SpeechSettings
from tests.unit.edge.speakers import HandClock, Reciter, voice


async def test_voices_are_asked_for_once_in_five_seconds() -> None:
    speaker, clock = Reciter(voices=[voice("a")]), HandClock()
    catalogue = Catalogue(speaker, clock)
    assert await asyncio.gather(*(catalogue.voices() for _ in range(9))) == [[voice("a")]] * 9
    assert speaker.listings == 1
    clock.time = 4.9
    await catalogue.voices()
    assert speaker.listings == 1
    clock.time = 5.0
    await catalogue.voices()
    assert speaker.listings == 2


async def test_a_stock_voice_is_the_default_one_unless_an_engine_has_it() -> None:
    speaker = Reciter(voices=[voice("a"), voice("nova-1", aliases=["nova"])])
    catalogue = Catalogue(speaker, HandClock())
    assert (await catalogue.resolve(SpeechSettings(voice="alloy"))).voice == ""
    assert (await catalogue.resolve(SpeechSettings(voice="Nova"))).voice == "Nova"


async def test_any_other_voice_costs_no_question() -> None:
    speaker = Reciter()
    settings = SpeechSettings(voice="af_bella")
    assert await Catalogue(speaker, HandClock()).resolve(settings) is settings
    assert speaker.listings == 0

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from parlando_edge.catalogue import Catalogue
from parlando_edge.ports import ALL_VOICES, SpeechSettings, Voice, WantedVoices
from parlando_kit.errors import ParlandoError, Reason
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


class _Hanging(Reciter):
    """A router that has stopped to answer: each question takes two seconds."""

    def __init__(self, clock: HandClock) -> None:
        super().__init__(voices=[voice("nova-1", aliases=["nova"])])
        self.clock = clock
        self.hangs = False

    async def voices(self, wanted: WantedVoices = ALL_VOICES) -> Sequence[Voice]:
        known = await super().voices(wanted)
        if self.hangs:
            await self.clock.sleep(2.0)
            raise ParlandoError(Reason.TOO_LATE, "a service answered DEADLINE_EXCEEDED")
        return known


async def test_while_the_router_hangs_what_it_said_last_holds_and_nobody_waits_for_others() -> None:
    clock = HandClock()
    speaker = _Hanging(clock)
    catalogue = Catalogue(speaker, clock)
    await catalogue.voices()
    clock.time, speaker.hangs = 10.0, True
    asked = [SpeechSettings(voice=name) for name in ("alloy", "nova") * 10]
    resolved = await asyncio.gather(*map(catalogue.resolve, asked))
    assert [settings.voice for settings in resolved] == ["", "nova"] * 10
    assert speaker.listings == 2
    assert clock.time == 12.0
    with pytest.raises(ParlandoError):
        await catalogue.voices()
    clock.time, speaker.hangs = 13.0, False
    assert await catalogue.voices()
    assert speaker.listings == 3


async def test_a_router_that_never_answered_is_told_of() -> None:
    clock = HandClock()
    speaker = _Hanging(clock)
    speaker.hangs = True
    with pytest.raises(ParlandoError) as told:
        await Catalogue(speaker, clock).resolve(SpeechSettings(voice="alloy"))
    assert told.value.reason is Reason.TOO_LATE

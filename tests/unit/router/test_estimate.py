"""What a text would cost, without speaking it."""

from __future__ import annotations

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_router.engines import Engines
from parlando_router.estimate import CODE_POINTS_PER_SECOND, estimate
from parlando_router.ports import Cost
from parlando_router.replica import Description
from parlando_router.request import SpeechSettings
from parlando_scripted.clock import ManualClock
from tests.unit.router.cast import description, idle_worker, voice


def _engines(said: Description) -> Engines:
    engines = Engines(ManualClock())
    engines.add("one", idle_worker())
    engines.answered("one", said, (voice("alto"),))
    return engines


def test_a_local_engine_costs_nothing() -> None:
    found = estimate(_engines(description("espeak")), "x" * 160, SpeechSettings())
    assert (found.engine, found.voice, found.characters, found.cost) == ("espeak", "default", 160, None)
    assert found.audio == pytest.approx(160 / CODE_POINTS_PER_SECOND)


def test_a_price_is_counted_by_code_points() -> None:
    said = description("cloud", price_nanos=16_000.0)  # 16 dollars a million
    found = estimate(_engines(said), "🎺" * 1_000, SpeechSettings())
    assert found.cost == Cost("USD", 16_000_000)


def test_speed_shortens_the_audio_and_not_the_cost() -> None:
    engines = _engines(description("espeak"))
    usual = estimate(engines, "x" * 100, SpeechSettings())
    fast = estimate(engines, "x" * 100, SpeechSettings(speed=2.0))
    assert fast.audio == pytest.approx(usual.audio / 2)
    assert fast.characters == usual.characters


def test_what_nobody_can_speak_cannot_be_estimated() -> None:
    with pytest.raises(ParlandoError) as caught:
        estimate(_engines(description("espeak")), "words", SpeechSettings(voice="bass"))
    assert caught.value.reason is Reason.VOICE_NOT_FOUND

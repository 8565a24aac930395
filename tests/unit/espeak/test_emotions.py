"""Feelings, as far as rate, pitch, range and loudness carry them."""

from __future__ import annotations

import math

import pytest

from parlando_espeak.emotions import felt
from parlando_espeak.manner import Manner
from parlando_synth.feelings import EMOTIONS
from tests.unit.espeak.conftest import Speak
from tests.unit.espeak.sound import fundamental, loudness

TEXT = "The quick brown fox jumps over the lazy dog, and then it runs away into the forest by the river."


def test_a_feeling_is_heard(speak: Speak) -> None:
    usual = speak(TEXT)
    sad, excited = (speak(TEXT, emotion=emotion, emotion_intensity=1.0) for emotion in ("sad", "excited"))
    assert sad.started.ignored == excited.started.ignored == ()
    assert sad.samples / usual.samples == pytest.approx(1 / 0.85, rel=0.1)
    assert excited.samples / usual.samples == pytest.approx(1 / 1.2, rel=0.1)
    low, high = (12 * math.log2(fundamental(each.pcm) / fundamental(usual.pcm)) for each in (sad, excited))
    assert low < -1
    assert high > 2  # a wider range raises the middle of it as well
    assert loudness(sad.pcm) < loudness(usual.pcm)


def test_a_feeling_moves_what_was_asked_and_not_what_is_said_of_it(speak: Speak) -> None:
    assert speak("a", speed=0.46, emotion="sad", emotion_intensity=1.0).started.ignored == ()
    assert speak("a", speed=0.25, emotion="excited").started.ignored == ("prosody.speed",)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_none_of_a_feeling_changes_nothing_and_all_of_it_stays_in_reach(emotion: str) -> None:
    usual = Manner(1.5, 1.0, -3.0)
    assert felt(usual, emotion, 0.0) == usual
    if emotion != "neutral":
        assert felt(usual, emotion, 1.0) != usual
    parameters = felt(Manner(), emotion, 1.0).parameters()
    assert 0 < parameters.pitch <= 99
    assert 0 < parameters.pitch_range <= 99


def test_half_of_a_feeling_is_between() -> None:
    half, whole = (felt(Manner(), "angry", intensity) for intensity in (0.5, 1.0))
    assert 1 < half.speed < whole.speed
    assert 1 < half.range < whole.range
    assert 0 < half.decibels < whole.decibels

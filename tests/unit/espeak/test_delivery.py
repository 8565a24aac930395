"""Speed, pitch and loudness: as asked, as far as they go, and forgotten after the job."""

from __future__ import annotations

import math

import pytest

from parlando_espeak.manner import HIGHEST, LOUDEST, LOWEST, SLOWEST, SOFTEST, Manner
from parlando_synth.job import Job, TextKind
from tests.unit.espeak.conftest import Perform, Speak
from tests.unit.espeak.sound import brightness, fundamental, loudness

TEXT = "The quick brown fox jumps over the lazy dog, and then it runs away into the forest by the river."


@pytest.mark.parametrize("speed", [0.5, 0.75, 1.5, 2.0, 2.5, 3.0, 4.0])
@pytest.mark.parametrize("voice", ["gmw/en-US", "roa/fr", "gmw/de"])
def test_speed_is_as_asked(speak: Speak, voice: str, speed: float) -> None:
    spoken = speak(TEXT, voice, speed=speed)
    assert spoken.started.ignored == ()
    assert speak(TEXT, voice).samples / spoken.samples == pytest.approx(speed, rel=0.1)


@pytest.mark.parametrize("semitones", [-8.0, -4.0, -1.5, 2.0, 5.0, 9.0])
@pytest.mark.parametrize("voice", ["gmw/en-US", "gmw/de", "gmw/en-US+f3"])
def test_pitch_is_as_asked(speak: Speak, voice: str, semitones: float) -> None:
    spoken = speak(TEXT, voice, pitch_semitones=semitones)
    assert spoken.started.ignored == ()
    heard = 12 * math.log2(fundamental(spoken.pcm) / fundamental(speak(TEXT, voice).pcm))
    assert heard == pytest.approx(semitones, abs=1.0)


@pytest.mark.parametrize("decibels", [-24.0, -18.0, -12.0, -6.0, -1.0, 2.0])
@pytest.mark.parametrize("voice", ["gmw/en-US", "roa/fr"])
def test_loudness_is_as_asked(speak: Speak, voice: str, decibels: float) -> None:
    spoken = speak(TEXT, voice, volume_db=decibels)
    assert spoken.started.ignored == ()
    heard = 20 * math.log10(loudness(spoken.pcm) / loudness(speak(TEXT, voice).pcm))
    assert heard == pytest.approx(decibels, abs=1.0)


def test_what_is_out_of_reach_is_held_and_noted(speak: Speak) -> None:
    slow, low, soft = "prosody.speed", "prosody.pitch_semitones", "prosody.volume_db"
    assert speak("a", speed=0.25).started.ignored == (slow,)
    assert speak("a", speed=SLOWEST).started.ignored == ()
    for semitones in (-12.0, 12.0):
        assert speak("a", pitch_semitones=semitones).started.ignored == (low,)
    for semitones in (LOWEST, HIGHEST):
        assert speak("a", pitch_semitones=semitones).started.ignored == ()
    assert speak("a", volume_db=-40.0).started.ignored == (soft,)
    for decibels in (SOFTEST, LOUDEST):
        assert speak("a", volume_db=decibels).started.ignored == ()
    together = speak("a", speed=0.25, pitch_semitones=12.0, volume_db=-40.0)
    assert together.started.ignored == (slow, low, soft)


def test_parameters_grow_with_what_is_asked() -> None:
    steps = [LOWEST + step / 4 for step in range(int(HIGHEST - LOWEST) * 4 + 1)]
    pitches = [Manner(semitones=semitones).parameters().pitch for semitones in steps]
    assert pitches == sorted(pitches)
    volumes = [Manner(decibels=SOFTEST + step / 2).parameters().volume for step in range(73)]
    assert volumes == sorted(volumes)
    usual = Manner().parameters()
    assert (usual.rate, usual.volume, usual.pitch, usual.pitch_range) == (175, 100, 50, 50)


@pytest.mark.parametrize(
    "before",
    [
        Job(text=TEXT, voice="gmw/en-US", speed=4.0),
        Job(text=TEXT, voice="gmw/en-US", pitch_semitones=9.0, volume_db=-20.0, speed=0.5),
        Job(text=TEXT, voice="gmw/en-US+f3"),
        Job(text="你好世界" * 20, voice="sit/cmn"),
        Job(
            text=f"<say-as interpret-as='characters'>{TEXT}</say-as>",
            voice="gmw/en-US",
            text_kind=TextKind.SSML,
        ),
        Job(
            text=f"<prosody rate='x-fast' pitch='x-high' volume='x-soft'>{TEXT}</prosody>",
            voice="gmw/en-US",
            text_kind=TextKind.SSML,
        ),
        Job(
            text=f"<voice name='fr+whisper'><emphasis>{TEXT}</emphasis></voice>",
            voice="gmw/en-US",
            text_kind=TextKind.SSML,
        ),
        Job(text="مرحبا \u28fe " * 5, voice="sem/ar"),
    ],
    ids=["fast", "high", "variant", "voice", "spelled", "prosody", "marked voice", "lost"],
)
@pytest.mark.parametrize("stopped_after", [3_000, None], ids=["stopped", "whole"])
def test_a_job_leaves_no_trace_in_the_next(
    speak: Speak, perform: Perform, before: Job, stopped_after: int | None
) -> None:
    usual = speak(TEXT)
    speak("bonjour", "roa/fr")  # so that what follows loads its voice
    perform(before, stopped_after)
    following = speak(TEXT)
    assert following.said == usual.said
    # The library itself draws lengths: of 80 times it says the same, the longest is 0.7 % above the shortest.
    assert following.samples == pytest.approx(usual.samples, rel=0.01)
    assert loudness(following.pcm) == pytest.approx(loudness(usual.pcm), rel=0.02)
    assert brightness(following.pcm) == pytest.approx(brightness(usual.pcm), rel=0.02)
    assert _onset(following.pcm.tolist()) == _onset(usual.pcm.tolist())


def _onset(pcm: list[int]) -> int:
    return next(place for place, sample in enumerate(pcm) if sample)

"""Settings as callers may write them: each limit names its field."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_router.request import (
    MAX_ID,
    MAX_TEXT,
    Codec,
    Container,
    OutputFormat,
    Schedule,
    SpeechSettings,
    require_id,
    require_text,
)

_RANGES: list[tuple[str, Callable[[float], object], float, float]] = [
    ("settings.prosody.speed", lambda value: SpeechSettings(speed=value), 0.25, 4.0),
    ("settings.prosody.pitch_semitones", lambda value: SpeechSettings(pitch_semitones=value), -12, 12),
    ("settings.prosody.volume_db", lambda value: SpeechSettings(volume_db=value), -40, 12),
    ("settings.emotion.intensity", lambda value: SpeechSettings(emotion_intensity=value), 0, 1),
    ("settings.playout_budget", lambda value: SpeechSettings(playout_budget=value), 0.3, 60),
    ("settings.limits.first_chunk", lambda value: SpeechSettings(first_chunk_limit=value), 0.001, 3_600),
    ("settings.schedule.growth", lambda value: Schedule(growth=value), 1, 8),
]
_WHOLE: list[tuple[str, Callable[[int], object], int, int]] = [
    ("settings.format.sample_rate_hz", lambda value: OutputFormat(sample_rate_hz=value), 8_000, 48_000),
    (
        "settings.format.bit_rate_bps",
        lambda value: OutputFormat(Codec.MP3, Container.NATIVE, bit_rate_bps=value),
        6_000,
        320_000,
    ),
    ("settings.schedule.first_code_points", lambda value: Schedule(first_code_points=value), 1, 1_000),
    ("settings.schedule.max_code_points", lambda value: Schedule(max_code_points=value), 20, 4_000),
]


def _refused(field: str, build: Callable[[], object], reason: Reason = Reason.OUT_OF_RANGE) -> ParlandoError:
    with pytest.raises(ParlandoError) as caught:
        build()
    assert (caught.value.reason, caught.value.field) == (reason, field)
    assert caught.value.message.startswith(field)  # it names the field, and then says what to do
    return caught.value


@pytest.mark.parametrize(("field", "build", "low", "high"), _RANGES)
def test_a_number_has_bounds_and_they_belong_to_it(
    field: str, build: Callable[[float], object], low: float, high: float
) -> None:
    build(low)
    build(high)
    for value in (low - 0.001, high + 0.001, -1e9, 1e9, math.nan, math.inf, -math.inf):
        error = _refused(field, lambda value=value: build(value))  # type: ignore[misc]  # bound at once
        assert f"{low:g}" in error.message
        assert f"{high:g}" in error.message


@pytest.mark.parametrize(("field", "build", "low", "high"), _WHOLE)
def test_a_whole_number_has_bounds_and_they_belong_to_it(
    field: str, build: Callable[[int], object], low: int, high: int
) -> None:
    build(low)
    build(high)
    for value in (low - 1, high + 1, -(10**9), 10**9):
        _refused(field, lambda value=value: build(value))  # type: ignore[misc]  # bound at once


def test_a_pause_before_a_flush_is_above_nothing() -> None:
    SpeechSettings(flush_after=0.01)
    for value in (0.0, -1.0, math.nan):
        _refused("settings.flush_after", lambda value=value: SpeechSettings(flush_after=value))  # type: ignore[misc]  # bound at once


@pytest.mark.parametrize(
    ("codec", "container"),
    [
        (Codec.PCM, Container.OGG),
        (Codec.MULAW, Container.NATIVE),
        (Codec.ALAW, Container.ADTS),
        (Codec.MP3, Container.WAV),
        (Codec.OPUS, Container.RAW),
        (Codec.AAC, Container.NATIVE),
        (Codec.FLAC, Container.OGG),
    ],
)
def test_a_container_that_cannot_hold_the_codec_is_refused(codec: Codec, container: Container) -> None:
    _refused("settings.format.container", lambda: OutputFormat(codec, container), Reason.UNSUPPORTED_FORMAT)


@pytest.mark.parametrize(
    ("codec", "container", "rate"),
    [(Codec.MP3, Container.NATIVE, 20_000), (Codec.OPUS, Container.OGG, 44_100)],
)
def test_a_rate_the_codec_does_not_have_is_refused(codec: Codec, container: Container, rate: int) -> None:
    error = _refused(
        "settings.format.sample_rate_hz",
        lambda: OutputFormat(codec, container, rate),
        Reason.UNSUPPORTED_FORMAT,
    )
    assert "48000" in error.message


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "\u2003\u00a0"])
def test_a_text_without_words_is_refused(text: str) -> None:
    with pytest.raises(ParlandoError) as caught:
        require_text(text, "text")
    assert (caught.value.reason, caught.value.field) == (Reason.FIELD_REQUIRED, "text")


def test_a_text_is_counted_in_code_points() -> None:
    require_text("🎺" * MAX_TEXT, "text")
    with pytest.raises(ParlandoError) as caught:
        require_text("a" * (MAX_TEXT + 1), "text")
    assert (caught.value.reason, caught.value.field) == (Reason.TEXT_TOO_LONG, "text")
    assert "aaa" not in caught.value.message


def test_an_id_has_64_characters_at_most() -> None:
    require_id("x" * MAX_ID, "utterance_id")
    with pytest.raises(ParlandoError) as caught:
        require_id("x" * (MAX_ID + 1), "utterance_id")
    assert (caught.value.reason, caught.value.field) == (Reason.OUT_OF_RANGE, "utterance_id")

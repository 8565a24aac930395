"""Messages to the router's terms and back, those of a later version among them."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from google.protobuf.duration_pb2 import Duration
from hypothesis import given
from hypothesis import strategies as st

from parlando.audio.v1 import audio_pb2
from parlando.fragmenter.v1 import fragmenter_pb2
from parlando.speech.v1 import speech_pb2
from parlando.synth.v1 import synth_pb2
from parlando_kit.errors import ParlandoError, Reason
from parlando_router.convert import duration, format_to, message_from, money, seconds, settings_from
from parlando_router.ports import Cost
from parlando_router.request import Codec, Container, Markup, PlayoutMode, SpeechSettings
from parlando_router.speak_protocol import Cancel, End, Flush, Message, Open, Text

_LATER = 99  # a value of an enum that this version does not know
_Settings = speech_pb2.SpeechSettings


def test_what_is_left_out_is_the_default() -> None:
    assert settings_from(_Settings()) == SpeechSettings()


def test_every_setting_is_taken_over() -> None:
    message = _Settings(
        voice="alto",
        engine="espeak",
        language="en",
        format=audio_pb2.AudioFormat(
            codec=audio_pb2.AUDIO_CODEC_MULAW,
            container=audio_pb2.AUDIO_CONTAINER_WAV,
            sample_rate_hz=16_000,
        ),
        prosody=synth_pb2.Prosody(speed=2.0, pitch_semitones=-3.0, volume_db=1.0),
        emotion=synth_pb2.Emotion(name="happy", intensity=0.9),
        markup=fragmenter_pb2.MARKUP_SSML,
        playout_mode=speech_pb2.PLAYOUT_MODE_REPORTED,
        playout_budget=Duration(seconds=2, nanos=500_000_000),
        session_id="s",
        limits=speech_pb2.LatencyLimits(first_chunk=Duration(seconds=1)),
        schedule=fragmenter_pb2.Schedule(first_code_points=10, growth=1.5, max_code_points=100),
        flush_after=Duration(nanos=300_000_000),
        seed=0,
        engine_options={"key": "value"},
        disabled_rules=["money", "year"],
    )
    got = settings_from(message)
    assert (got.voice, got.engine, got.language, got.session_id) == ("alto", "espeak", "en", "s")
    assert (got.output.codec, got.output.container, got.output.sample_rate_hz) == (
        Codec.MULAW,
        Container.WAV,
        16_000,
    )
    assert (got.speed, got.pitch_semitones, got.volume_db) == (2.0, -3.0, 1.0)
    assert (got.emotion, got.emotion_intensity, got.markup) == ("happy", 0.9, Markup.SSML)
    assert (got.playout_mode, got.playout_budget) == (PlayoutMode.REPORTED, 2.5)
    assert (got.first_chunk_limit, got.flush_after, got.seed) == (1.0, 0.3, 0)
    assert (got.schedule.first_code_points, got.schedule.growth, got.schedule.max_code_points) == (
        10,
        1.5,
        100,
    )
    assert got.engine_options == {"key": "value"}
    assert got.disabled_rules == ("money", "year")


def _format(**fields: int) -> speech_pb2.SpeechSettings:
    return _Settings(format=audio_pb2.AudioFormat(**fields))  # type: ignore[arg-type]  # numbers of later versions


@pytest.mark.parametrize(
    ("codec", "container", "rate"),
    [
        (audio_pb2.AUDIO_CODEC_UNSPECIFIED, Container.RAW, 24_000),
        (audio_pb2.AUDIO_CODEC_PCM_S16LE, Container.RAW, 24_000),
        (audio_pb2.AUDIO_CODEC_MULAW, Container.RAW, 8_000),
        (audio_pb2.AUDIO_CODEC_ALAW, Container.RAW, 8_000),
        (audio_pb2.AUDIO_CODEC_MP3, Container.NATIVE, 24_000),
        (audio_pb2.AUDIO_CODEC_OPUS, Container.OGG, 24_000),
        (audio_pb2.AUDIO_CODEC_AAC, Container.ADTS, 24_000),
        (audio_pb2.AUDIO_CODEC_FLAC, Container.NATIVE, 24_000),
    ],
)
def test_each_codec_has_a_container_and_a_rate_of_its_own(
    codec: int, container: Container, rate: int
) -> None:
    got = settings_from(_format(codec=codec)).output
    assert (got.container, got.sample_rate_hz) == (container, rate)
    told = format_to(got)
    assert told.codec == (codec or audio_pb2.AUDIO_CODEC_PCM_S16LE)
    assert told.container != audio_pb2.AUDIO_CONTAINER_UNSPECIFIED
    assert told.sample_rate_hz == rate
    assert settings_from(_Settings(format=told)).output == got


@pytest.mark.parametrize(
    ("build", "reason", "field"),
    [
        (lambda: _format(codec=_LATER), Reason.UNSUPPORTED_FORMAT, "settings.format.codec"),
        (lambda: _format(container=_LATER), Reason.UNSUPPORTED_FORMAT, "settings.format.container"),
        (lambda: _format(sample_rate_hz=-1), Reason.OUT_OF_RANGE, "settings.format.sample_rate_hz"),
        (lambda: _Settings(markup=_LATER), Reason.OUT_OF_RANGE, "settings.markup"),  # type: ignore[arg-type]  # likewise
        (lambda: _Settings(playout_mode=_LATER), Reason.OUT_OF_RANGE, "settings.playout_mode"),  # type: ignore[arg-type]  # likewise
        (
            lambda: _Settings(prosody=synth_pb2.Prosody(speed=99)),
            Reason.OUT_OF_RANGE,
            "settings.prosody.speed",
        ),
        (
            lambda: _Settings(prosody=synth_pb2.Prosody(speed=math.nan)),
            Reason.OUT_OF_RANGE,
            "settings.prosody.speed",
        ),
        (
            lambda: _Settings(prosody=synth_pb2.Prosody(speed=0)),
            Reason.OUT_OF_RANGE,
            "settings.prosody.speed",
        ),
        (
            lambda: _Settings(playout_budget=Duration(seconds=-1)),
            Reason.OUT_OF_RANGE,
            "settings.playout_budget",
        ),
        (
            lambda: _Settings(limits=speech_pb2.LatencyLimits(first_chunk=Duration())),
            Reason.OUT_OF_RANGE,
            "settings.limits.first_chunk",
        ),
        (
            lambda: _Settings(emotion=synth_pb2.Emotion(name="sad", intensity=1.5)),
            Reason.OUT_OF_RANGE,
            "settings.emotion.intensity",
        ),
    ],
)
def test_what_is_refused_names_its_field_in_say_and_in_speak(
    build: Callable[[], speech_pb2.SpeechSettings], reason: Reason, field: str
) -> None:
    message = build()
    with pytest.raises(ParlandoError) as said:
        settings_from(message)
    assert (said.value.reason, said.value.field) == (reason, field)
    with pytest.raises(ParlandoError) as spoken:
        message_from(speech_pb2.SpeakRequest(epoch=1, open=speech_pb2.SpeakOpen(settings=message)))
    assert (spoken.value.reason, spoken.value.field) == (reason, f"open.{field}")


def test_every_message_of_speak_is_understood() -> None:
    request = speech_pb2.SpeakRequest
    opened = message_from(request(epoch=3, open=speech_pb2.SpeakOpen(utterance_id="mine")))
    assert opened.epoch == 3
    assert isinstance(opened.said, Open)
    assert opened.said.utterance_id == "mine"
    assert opened.said.settings.flush_after == 0.5
    assert message_from(request(epoch=1, text=speech_pb2.SpeakText(text="a"))) == Message(1, Text("a"))
    assert message_from(request(epoch=1, flush=speech_pb2.SpeakFlush(id=7))) == Message(1, Flush(7))
    assert message_from(request(epoch=1, cancel=speech_pb2.SpeakCancel())) == Message(1, Cancel())
    assert message_from(request(epoch=1, end=speech_pb2.SpeakEnd())) == Message(1, End())
    played = speech_pb2.SpeakPlayback(samples_played=5)
    assert message_from(request(epoch=1, playback=played)) == Message(1, None, 5)
    assert message_from(request(epoch=1)) == Message(1, None)
    nothing_yet = speech_pb2.SpeakPlayback()
    assert message_from(request(epoch=1, playback=nothing_yet)) == Message(1, None, 0)


@given(st.floats(min_value=0, max_value=1e9))
def test_a_duration_is_valid_and_means_what_it_says(value: float) -> None:
    message = duration(value)
    assert 0 <= message.nanos < 1_000_000_000
    assert seconds(message) == pytest.approx(value, abs=1e-6)


def test_a_duration_rounds_up_to_a_whole_second() -> None:
    assert duration(0.999_999_999_9) == Duration(seconds=1)


def test_money_is_units_and_billionths() -> None:
    got = money(Cost("USD", 12_345_678_901))
    assert (got.currency_code, got.units, got.nanos) == ("USD", 12, 345_678_901)

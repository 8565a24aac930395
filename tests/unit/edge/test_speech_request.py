from __future__ import annotations

from typing import Any

import pytest

from parlando_edge.formats import SPEECH_FORMATS, AudioFormat, Codec
from parlando_edge.json_fields import parse_object
from parlando_edge.ports import SpeechSettings
from parlando_edge.speech_request import parse, wants_assembly
from parlando_kit.errors import ParlandoError, Reason


def test_the_stock_clients_body_needs_nothing_else() -> None:
    request = parse({"input": "Hello.", "model": "tts-1", "voice": "alloy"})
    assert request.text == "Hello."
    assert request.settings == SpeechSettings(voice="alloy", audio=AudioFormat(Codec.MP3))
    assert (request.media_type, request.events) == ("audio/mpeg", False)


def test_every_field_is_taken() -> None:
    request = parse(
        {
            "input": "Hallo.",
            "model": "gpt-4o-mini-tts",
            "voice": {"id": "gmw/de"},
            "response_format": "pcm",
            "speed": 1.5,
            "instructions": "Calm.",
            "stream_format": "sse",
            "language": "de",
            "engine": "espeak",
            "sample_rate": 16_000,
            "unheard_of": 1,
        }
    )
    assert request.settings == SpeechSettings(
        "gmw/de", "espeak", "de", 1.5, AudioFormat(rate=16_000), emotion="calm"
    )
    assert request.events


@pytest.mark.parametrize(
    ("name", "media_type", "rate"),
    [
        ("mp3", "audio/mpeg", 24_000),
        ("opus", "audio/ogg;codecs=opus", 24_000),
        ("aac", "audio/aac", 24_000),
        ("flac", "audio/flac", 24_000),
        ("wav", "audio/wav", 24_000),
        ("pcm", "audio/pcm;rate=24000", 24_000),
        ("mulaw", "audio/basic;rate=8000", 8_000),
        ("alaw", "audio/x-alaw-basic;rate=8000", 8_000),
    ],
)
def test_formats_have_their_media_types_and_rates(name: str, media_type: str, rate: int) -> None:
    request = parse({"input": "x", "response_format": name})
    assert (request.media_type, request.settings.audio.rate) == (media_type, rate)
    assert request.settings.audio.wav is (name == "wav")


def test_the_formats_are_all_in_the_table_above() -> None:
    assert len(SPEECH_FORMATS) == 8


@pytest.mark.parametrize(
    ("model", "engine"), [("", ""), ("parlando", ""), ("tts-1-hd", ""), ("kokoro", "kokoro")]
)
def test_a_model_of_another_name_is_an_engine(model: str, engine: str) -> None:
    assert parse({"input": "x", "model": model}).settings.engine == engine


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"input": None}, Reason.FIELD_REQUIRED, "input"),
        ({"input": ""}, Reason.FIELD_REQUIRED, "input"),
        ({"input": " \n"}, Reason.FIELD_REQUIRED, "input"),
        ({"input": "x" * 4_097}, Reason.TEXT_TOO_LONG, "input"),
        ({"input": ["x"]}, Reason.OUT_OF_RANGE, "input"),
        ({"voice": 7}, Reason.OUT_OF_RANGE, "voice"),
        ({"voice": {"id": 7}}, Reason.OUT_OF_RANGE, "voice.id"),
        ({"response_format": "mp4"}, Reason.UNSUPPORTED_FORMAT, "response_format"),
        ({"response_format": 3}, Reason.OUT_OF_RANGE, "response_format"),
        ({"speed": 99}, Reason.OUT_OF_RANGE, "speed"),
        ({"speed": "fast"}, Reason.OUT_OF_RANGE, "speed"),
        ({"speed": True}, Reason.OUT_OF_RANGE, "speed"),
        ({"sample_rate": 96_000}, Reason.OUT_OF_RANGE, "sample_rate"),
        ({"sample_rate": 8_000.5}, Reason.OUT_OF_RANGE, "sample_rate"),
        ({"stream_format": "video"}, Reason.OUT_OF_RANGE, "stream_format"),
        ({"instructions": "x" * 5_000}, Reason.TEXT_TOO_LONG, "instructions"),
        ({"model": "m" * 300}, Reason.TEXT_TOO_LONG, "model"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, Any], reason: Reason, field: str) -> None:
    with pytest.raises(ParlandoError) as refused:
        parse({"input": "xylophone", **fields})
    assert (refused.value.reason, refused.value.field) == (reason, field)
    assert field in refused.value.message
    assert "xylophone" not in refused.value.message


def test_4096_characters_are_not_too_many() -> None:
    assert len(parse({"input": "😀" * 4_096}).text) == 4_096


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"null", b'{"input": NaN}', b'{"input": "\xff"}'])
def test_what_is_no_json_object_is_refused_without_being_quoted(body: bytes) -> None:
    with pytest.raises(ParlandoError) as refused:
        parse_object(body)
    assert refused.value.reason is Reason.MALFORMED_MESSAGE
    assert "input" not in refused.value.message


def test_assembly_is_asked_for_in_the_query() -> None:
    audio, events = parse({"input": "x"}), parse({"input": "x", "stream_format": "sse"})
    assert not wants_assembly({}, audio)
    assert wants_assembly({"assembled": "true"}, audio)
    assert not wants_assembly({"assembled": "false"}, events)
    for query, request in (({"assembled": "yes"}, audio), ({"assembled": "true"}, events)):
        with pytest.raises(ParlandoError) as refused:
            wants_assembly(query, request)
        assert refused.value.field == "assembled"

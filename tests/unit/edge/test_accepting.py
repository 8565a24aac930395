from __future__ import annotations

import pytest

from parlando_edge.accepting import preferred
from parlando_edge.formats import SPEECH_FORMATS, SPEECH_MEDIA
from parlando_edge.speech_request import parse


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", None),
        ("*/*", None),
        ("audio/*", None),
        ("application/octet-stream", None),
        ("audio/wav", "audio/wav"),
        ("AUDIO/WAV", "audio/wav"),
        ("audio/flac;q=0.5, audio/wav", "audio/wav"),
        ("audio/flac;q=0.5, audio/wav;q=0.4", "audio/flac"),
        ("audio/wav;q=0", None),
        ("audio/wav;q=nan", None),
        ("audio/wav;q=x", None),
        ("audio/ogg; codecs=opus", "audio/ogg"),
        (",;,=;q", None),
        ("x" * 5_000 + ", audio/wav", None),
    ],
)
def test_what_is_named_with_the_greatest_weight_is_preferred(accept: str, chosen: str | None) -> None:
    assert preferred(accept, ("audio/wav", "audio/flac", "audio/ogg")) == chosen


def test_accept_decides_where_the_body_does_not() -> None:
    assert parse({"input": "x"}, "audio/flac").media_type == "audio/flac"
    assert parse({"input": "x", "response_format": "wav"}, "audio/flac").media_type == "audio/wav"
    assert parse({"input": "x"}, "application/octet-stream").media_type == "audio/mpeg"
    assert parse({"input": "x"}, "text/event-stream").events
    assert not parse({"input": "x", "stream_format": "audio"}, "text/event-stream").events
    assert not parse({"input": "x"}, "text/event-stream;q=0.1, audio/wav").events


def test_every_format_can_be_asked_for() -> None:
    assert set(SPEECH_MEDIA.values()) == set(SPEECH_FORMATS)

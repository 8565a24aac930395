from __future__ import annotations

import pytest

from parlando_edge.json_models import parse_model
from parlando_edge.speech_body import SpeechBody
from parlando_kit.errors import ParlandoError


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"speed": 0.2}, "speed is out of range: use 0.25 or more"),
        ({"speed": 4.1}, "speed is out of range: use 4 or less"),
        ({"speed": "fast"}, "speed has the wrong value: it should be a valid number"),
        (
            {"voice": 7},
            "voice has the wrong value: it should be a voice's id, as a string or as an object with `id`",
        ),
        ({"voice": {}}, "voice.id is missing or empty"),
        ({"sample_rate": 96_000}, "sample_rate is out of range: use 48000 or less"),
        ({"stream_format": "xylophone"}, "stream_format has the wrong value: it should be 'audio' or 'sse'"),
        ({"model": "m" * 300}, "model is too long: send at most 256 characters"),
    ],
)
def test_a_complaint_names_the_field_and_what_to_do(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ParlandoError) as refused:
        parse_model({"input": "Hello.", **fields}, SpeechBody)
    assert refused.value.message == message


def test_null_counts_as_left_out() -> None:
    body = parse_model({"input": "Hello.", "speed": None, "voice": None}, SpeechBody)
    assert (body.speed, body.voice.id) == (1.0, "")


def test_a_whole_number_may_be_written_with_a_point() -> None:
    assert parse_model({"input": "Hello.", "sample_rate": 16_000.0}, SpeechBody).sample_rate == 16_000

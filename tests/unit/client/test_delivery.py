from __future__ import annotations

from typing import Any, cast

import pytest

from parlando.audio.v1 import audio_pb2
from parlando.fragmenter.v1 import fragmenter_pb2
from parlando.speech.v1 import speech_pb2
from parlando_client.delivery import Delivery, settings_message


def test_nothing_asked_is_nothing_set() -> None:
    message = settings_message(Delivery())
    for field in ("emotion", "limits", "playout_budget", "flush_after", "seed"):
        assert not message.HasField(field)
    assert not message.prosody.HasField("speed")
    assert message.format == audio_pb2.AudioFormat()
    assert message.playout_mode == speech_pb2.PLAYOUT_MODE_UNSPECIFIED


def test_everything_asked_arrives() -> None:
    message = settings_message(
        Delivery(
            voice="v",
            engine="e",
            language="en",
            speed=1.5,
            pitch_semitones=-2,
            volume_db=3,
            emotion="calm",
            emotion_intensity=0.25,
            codec="pcm",
            container="wav",
            sample_rate_hz=16_000,
            bit_rate_bps=24_000,
            markup="ssml",
            playout="reported",
            playout_budget=2.5,
            flush_after=0.25,
            first_chunk_within=1.25,
            session_id="s",
            seed=7,
            engine_options={"style": "plain"},
            disabled_rules=["emoji", "url"],
        )
    )
    assert (message.voice, message.engine, message.language) == ("v", "e", "en")
    prosody = message.prosody
    assert (prosody.speed, prosody.pitch_semitones, prosody.volume_db) == (1.5, -2, 3)
    assert (message.emotion.name, message.emotion.intensity) == ("calm", 0.25)
    assert message.format == audio_pb2.AudioFormat(
        codec=audio_pb2.AUDIO_CODEC_PCM_S16LE,
        container=audio_pb2.AUDIO_CONTAINER_WAV,
        sample_rate_hz=16_000,
        bit_rate_bps=24_000,
    )
    assert message.markup == fragmenter_pb2.MARKUP_SSML
    assert message.playout_mode == speech_pb2.PLAYOUT_MODE_REPORTED
    assert message.playout_budget.ToMilliseconds() == 2_500
    assert message.flush_after.ToMilliseconds() == 250
    assert message.limits.first_chunk.ToMilliseconds() == 1_250
    assert (message.session_id, message.seed) == ("s", 7)
    assert dict(message.engine_options) == {"style": "plain"}
    assert list(message.disabled_rules) == ["emoji", "url"]


@pytest.mark.parametrize(
    ("how", "named"),
    [
        ({"codec": "ogg"}, "codec is 'ogg': use one of pcm, mulaw"),
        ({"container": "zip"}, "container is 'zip'"),
        ({"markup": "html"}, "markup is 'html'"),
        ({"playout": "fast"}, "playout is 'fast'"),
        ({"playout_budget": float("nan")}, "playout_budget is nan"),
        ({"flush_after": -1.0}, "flush_after is -1.0"),
        ({"first_chunk_within": float("inf")}, "first_chunk_within is inf"),
        ({"voice": "a\udc00"}, "voice has a lone surrogate at position 1"),
        ({"disabled_rules": ["\ud800"]}, "disabled_rules has a lone surrogate at position 0"),
        ({"engine_options": {"k": "\ud800"}}, r"engine_options\['k'\] has a lone surrogate at position 0"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_name(how: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        settings_message(cast("Delivery", how))


def test_an_argument_there_is_none_of_is_refused() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'volume'"):
        settings_message(cast("Delivery", {"volume": 3}))

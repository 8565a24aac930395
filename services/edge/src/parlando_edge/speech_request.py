"""The body of `POST /v1/audio/speech`, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from parlando_edge.formats import content_type, speech_format
from parlando_edge.json_fields import Fields
from parlando_edge.models import engine_of
from parlando_edge.ports import SpeechSettings
from parlando_kit.errors import ParlandoError, Reason

MAX_INPUT = 4_096
"""Longest text, in characters, as OpenAI has it. Longer ones go through Realtime or gRPC."""

LONGEST_NAME = 256
_LONGEST_INSTRUCTIONS = 4_096
_LOW_SPEED, _HIGH_SPEED = 0.25, 4.0
_LOW_RATE, _HIGH_RATE = 8_000, 48_000


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """What to speak and how to answer.

    Attributes:
        text: 1 to 4,096 characters.
        settings: how to speak it.
        media_type: the answer's content type, unless it is events.
        events: True to answer with server-sent events.
    """

    text: str
    settings: SpeechSettings
    media_type: str
    events: bool


def voice_of(fields: Fields) -> str:
    """Return a voice given as a string or as `{"id": …}`; "" where it was left out."""
    if isinstance(fields.values.get("voice"), dict):
        return fields.child("voice").text("id", longest=LONGEST_NAME)
    return fields.text("voice", longest=LONGEST_NAME)


def speed_of(fields: Fields, default: float = 1.0) -> float:
    """Return a speed in proportion to the voice's own, 0.25 to 4."""
    return fields.number("speed", default, low=_LOW_SPEED, high=_HIGH_SPEED)


def parse(body: dict[str, Any]) -> SpeechRequest:
    """Return the request in a body. Fields that nobody here knows are ignored, as `instructions` is.

    Raises:
        ParlandoError: with the field that is wrong.
    """
    fields = Fields(body)
    text = fields.required_text("input", longest=MAX_INPUT)
    fields.text("instructions", longest=_LONGEST_INSTRUCTIONS)
    rate = fields.whole("sample_rate", 0, low=_LOW_RATE, high=_HIGH_RATE)
    name = fields.text("response_format", "mp3", longest=LONGEST_NAME)
    audio = speech_format(name, rate)
    settings = SpeechSettings(
        voice=voice_of(fields),
        engine=fields.text("engine", longest=LONGEST_NAME)
        or engine_of(fields.text("model", longest=LONGEST_NAME)),
        language=fields.text("language", longest=LONGEST_NAME),
        speed=speed_of(fields),
        audio=audio,
    )
    events = fields.one_of("stream_format", ("audio", "sse"), "audio") == "sse"
    return SpeechRequest(text, settings, content_type(name, audio), events)


def wants_assembly(query: dict[str, str], request: SpeechRequest) -> bool:
    """Return whether the query asks for the whole audio at once, with an exact header.

    Raises:
        ParlandoError: for another value than true or false, or together with events.
    """
    value = query.get("assembled", "false")
    if value not in ("true", "false"):
        raise ParlandoError(
            Reason.OUT_OF_RANGE, "assembled has the wrong value: use true or false", field="assembled"
        )
    if value == "true" and request.events:
        raise ParlandoError(
            Reason.NOT_SUPPORTED,
            "assembled does not go with stream_format sse: choose one",
            field="assembled",
        )
    return value == "true"

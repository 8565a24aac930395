"""Requests for speech: what their bodies, queries and headers ask for, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from parlando_edge.accepting import preferred
from parlando_edge.formats import SPEECH_MEDIA, content_type, speech_format
from parlando_edge.json_fields import Fields
from parlando_edge.json_models import parse_model
from parlando_edge.models import engine_of
from parlando_edge.ports import SpeechSettings
from parlando_edge.speech_body import (
    HIGH_SPEED,
    LOW_SPEED,
    SpeechBody,
    SpokenText,
)
from parlando_edge.speech_body import LONGEST_NAME as LONGEST_NAME  # noqa: PLC0414  # Realtime takes it from here
from parlando_kit.errors import ParlandoError, Reason

EVENTS = "text/event-stream"


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """What to speak and how to answer.

    Attributes:
        text: 1 to 4,096 characters.
        settings: how to speak it.
        media_type: the answer's content type, unless it is events.
        events: True to answer with server-sent events.
    """

    text: str = field(repr=False)
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
    return fields.number("speed", default, low=LOW_SPEED, high=HIGH_SPEED)


def settings_of(body: SpokenText, response_format: str) -> SpeechSettings:
    """Return how a body's text is to be spoken.

    Raises:
        ParlandoError: the format is not offered.
    """
    emotion = emotion_of(body.instructions)
    return SpeechSettings(
        voice=body.voice.id,
        engine=body.engine or engine_of(body.model),
        engine_field="engine" if body.engine else "model",
        language=body.language,
        speed=body.speed,
        emotion=emotion,
        instructions="" if emotion else body.instructions.strip(),
        audio=speech_format(response_format, body.sample_rate or 0),
    )


def format_of(body: SpokenText, accept: str) -> str:
    """Return the format's name: the body's own, or else the one that `Accept` asks for, or else mp3."""
    if body.response_format is not None:
        return body.response_format
    media = preferred(accept, SPEECH_MEDIA)
    return SPEECH_MEDIA[media] if media else "mp3"


def emotion_of(instructions: str) -> str:
    """Return the emotion that instructions of one word name, in lower case; "" for all others.

    Sentences are for a model that reads them: to look for words in them would take "not sad" for "sad".
    """
    word = instructions.strip().rstrip(".!").casefold()
    return word if word.isalpha() else ""


def parse(values: dict[str, Any], accept: str = "") -> SpeechRequest:
    """Return the request in a body. Fields that nobody here knows are ignored.

    Args:
        values: the body.
        accept: the request's Accept header; it decides where the body does not.

    Raises:
        ParlandoError: with the field that is wrong.
    """
    body = parse_model(values, SpeechBody)
    name = format_of(body, accept)
    settings = settings_of(body, name)
    stream = body.stream_format or (
        "sse" if preferred(accept, (*SPEECH_MEDIA, EVENTS)) == EVENTS else "audio"
    )
    return SpeechRequest(
        body.input,
        settings,
        content_type(name, settings.audio),
        stream == "sse",
    )


def wants_assembly(query: Mapping[str, str], request: SpeechRequest) -> bool:
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

"""What `/v1/audio/speech` and its companions take, field by field: OpenAI's contract, and our own."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from parlando_edge.formats import SPEECH_FORMATS
from parlando_edge.json_models import Body

MAX_INPUT = 4_096
"""Longest text, in characters, as OpenAI has it. Longer ones go through Realtime or gRPC."""

LONGEST_NAME = 256
LOW_SPEED, HIGH_SPEED = 0.25, 4.0

_Name = Annotated[str, Field(max_length=LONGEST_NAME)]


def _integral(value: Any) -> Any:
    """Return a number without a fraction as a whole number, as JSON has but one kind."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_Rate = Annotated[int, Field(ge=8_000, le=48_000), BeforeValidator(_integral)]


_Format = Annotated[str, Field(max_length=LONGEST_NAME, json_schema_extra={"enum": list(SPEECH_FORMATS)})]


class VoiceObject(Body):
    """A voice by its id."""

    id: _Name = Field(description="A voice's `id`, or `engine:id`.")


def _voice_object(value: Any) -> Any:
    if isinstance(value, str):
        return {"id": value}
    if not isinstance(value, dict | VoiceObject):
        raise PydanticCustomError(
            "voice", "Input should be a voice's id, as a string or as an object with `id`"
        )
    return value


_Voice = Annotated[VoiceObject, BeforeValidator(_voice_object, json_schema_input_type=_Name | VoiceObject)]


class SpokenText(Body):
    """A text and how it is to be spoken."""

    input: str = Field(pattern=r"\S", max_length=MAX_INPUT, repr=False, description="The text to speak.")
    model: _Name = Field(
        default="",
        description="`parlando`, `tts-…` and `gpt-…` leave the engine to the router; "
        "any other name is an engine's.",
    )
    voice: _Voice = Field(
        default=VoiceObject(id=""),
        validate_default=False,
        description="A voice's `id`, as a string or an object. OpenAI's own names are the default voice "
        "where no engine has them.",
    )
    instructions: str = Field(
        default="",
        max_length=4_096,
        repr=False,
        description="One word is asked of the engine as an emotion; sentences go to engines that read them. "
        "What has no effect is named in the header `Parlando-Ignored`.",
    )
    speed: float = Field(
        default=1.0, ge=LOW_SPEED, le=HIGH_SPEED, description="In proportion to the voice's own."
    )
    response_format: _Format | None = Field(
        default=None,
        description="How the audio is coded; left out, `Accept` decides, "
        "and `mp3` where it names none of them.",
    )
    language: _Name = Field(default="", description="Ours: BCP 47 tag of the text; left out, it is guessed.")
    engine: _Name = Field(default="", description="Ours: an engine's name; goes before `model`.")
    sample_rate: _Rate | None = Field(
        default=None, description="Ours: samples a second; left out, the format's own."
    )


class SpeechBody(SpokenText):
    """Asks for a text's audio."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"model": "tts-1", "voice": "alloy", "input": "Hello there.", "response_format": "mp3"},
                {"input": "Bonjour.", "language": "fr", "stream_format": "sse", "speed": 1.25},
            ]
        }
    )

    stream_format: Literal["audio", "sse"] | None = Field(
        default=None,
        description="The audio as it is, or server-sent events; left out, `Accept: text/event-stream` asks "
        "for events.",
    )


class EstimateBody(SpokenText):
    """Asks what a text would take."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"input": "Hello there.", "voice": "alloy"}]})


class TimestampsBody(SpokenText):
    """Asks for a text's audio with the times of its words, or for subtitles alone."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"input": "Hello there.", "response_format": "pcm"},
                {"input": "It costs $5. Take it, or leave it.", "format": "vtt", "granularity": "sentence"},
            ]
        }
    )

    format: Literal["ndjson", "srt", "vtt"] | None = Field(
        default=None,
        description="Lines of JSON with audio and words, or SubRip or WebVTT; left out, `Accept` decides, "
        "and `ndjson` where it names none of them.",
    )
    granularity: Literal["sentence", "word"] = Field(
        default="sentence",
        description="What one cue of `srt` and `vtt` holds: at most a sentence, in two lines of 42 "
        "characters, or one word.",
    )

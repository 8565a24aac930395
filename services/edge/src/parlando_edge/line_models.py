"""What streamed answers that hold JSON are made of, line by line: what the bodies of answers write.

The bodies write them without these models, which would cost more than the writing.
"""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from parlando_edge.answer_models import Answer, ErrorAnswer, ErrorDetail


class _Line(Answer):
    model_config = ConfigDict(extra="forbid")


class TokensAnswer(_Line):
    """What it took: a character is an input token, and 50 ms of audio are an output token."""

    input_tokens: int
    output_tokens: int
    total_tokens: int


class WordAnswer(_Line):
    """A word, and when it is heard."""

    text: str
    source_start: int = Field(description="Code points of `input` before it.")
    source_end: int
    audio_offset_ms: float = Field(description="From the start of the audio.")
    audio_duration_ms: float
    quality: Literal["exact", "aligned", "estimated"]


class StartedLine(_Line):
    """An engine was chosen; the first line."""

    type: Literal["started"]
    engine: str
    voice: str
    media_type: str = Field(description="Of the audio.")
    sample_rate: int


class WordsLine(_Line):
    """Words that end in the audio that follows."""

    type: Literal["words"]
    words: tuple[WordAnswer, ...]


class AudioLine(_Line):
    """A stretch of the audio."""

    type: Literal["audio"]
    audio_offset_ms: float
    audio_duration_ms: float
    audio: str = Field(json_schema_extra={"contentEncoding": "base64"})


class DoneLine(_Line):
    """All is said; the last line."""

    type: Literal["done"]
    audio_duration_ms: float
    usage: TokensAnswer


class ErrorLine(_Line):
    """It broke off; the last line."""

    type: Literal["error"]
    error: ErrorDetail


class AudioDeltaEvent(_Line):
    """A stretch of the audio."""

    type: Literal["speech.audio.delta"]
    audio: str = Field(json_schema_extra={"contentEncoding": "base64"})


class AudioDoneEvent(_Line):
    """All is said; the last event."""

    type: Literal["speech.audio.done"]
    usage: TokensAnswer


TIMESTAMP_LINES = (StartedLine, WordsLine, AudioLine, DoneLine, ErrorLine)
"""What a line of `application/x-ndjson` is."""

SPEECH_EVENTS = (AudioDeltaEvent, AudioDoneEvent, ErrorAnswer)
"""What the data of a server-sent event is."""

"""Voices that are kept by who runs the system: what a client sends, and who carries it out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Protocol

from pydantic import ConfigDict, Field, JsonValue

from parlando_edge.json_models import Body
from parlando_edge.ports import Voice
from parlando_edge.speech_body import LONGEST_NAME
from parlando_kit.errors import ParlandoError, Reason

_LONGEST_NOTE = 1_000

_EXAMPLES: list[JsonValue] = [
    {
        "name": "Anna",
        "audio_sample": "(the bytes of a WAV or FLAC file)",
        "consent": "Anna Example signed the form of 3 May 2026",
        "language": "en-GB",
        "licence": "for our own announcements",
    },
    {"name": "Warm duo", "mix": "af_bella(2)+af_sky(1)"},
]


class VoiceForm(Body):
    """A voice that is to be made: from a recording, as OpenAI has it, or of a mix."""

    model_config = ConfigDict(json_schema_extra={"examples": _EXAMPLES})

    name: str = Field(pattern=r"\S", max_length=LONGEST_NAME, description="What people are to call it.")
    audio_sample: str = Field(
        default="",
        description="A file, WAV or FLAC, of 5 to 30 s in which one person speaks.",
        json_schema_extra={"contentMediaType": "application/octet-stream", "format": "binary"},
    )
    mix: str = Field(
        default="",
        max_length=LONGEST_NAME,
        description="In place of a recording: what it is mixed of, in the engine's notation.",
    )
    consent: str = Field(
        default="",
        max_length=_LONGEST_NOTE,
        description="Who agreed to the cloning, and how that is known. With a recording it must be there.",
    )
    language: str = Field(
        default="",
        max_length=LONGEST_NAME,
        description="BCP 47 tag of what is spoken. With a recording it must be there.",
    )
    licence: str = Field(
        default="",
        max_length=LONGEST_NAME,
        description="Under which the voice may be used. With a recording it must be there.",
    )
    engine: str = Field(
        default="", max_length=LONGEST_NAME, description="That is to have it; left out: the one that can."
    )
    id: str = Field(
        default="",
        max_length=LONGEST_NAME,
        description="1 to 64 small letters, digits and hyphens; left out, one is made.",
    )
    description: str = Field(
        default="", max_length=_LONGEST_NOTE, description="A sentence about it, for people."
    )


class VoiceChangeBody(Body):
    """What is to be said of a voice from now on; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Hannah"}]})

    name: str = Field(default="", max_length=LONGEST_NAME, description="What people are to call it.")
    language: str = Field(default="", max_length=LONGEST_NAME, description="BCP 47 tag of what is spoken.")
    licence: str = Field(default="", max_length=LONGEST_NAME, description="Under which it may be used.")
    description: str = Field(default="", max_length=_LONGEST_NOTE, description="A sentence about it.")


class VoiceMaker(Protocol):
    """The router's keeping of voices. Every method raises ParlandoError, with fields as clients name them."""

    async def clone(self, said: VoiceForm, recording: AsyncIterator[bytes]) -> Voice:
        """Make a voice from a recording, whose file comes in pieces of at most a mebibyte."""
        ...

    async def mix(self, said: VoiceForm) -> Voice:
        """Keep a mix as a voice."""
        ...

    async def change(self, engine: str, voice: str, said: VoiceChangeBody) -> Voice:
        """Change what is said of a voice; "" is the engine that has it."""
        ...

    async def remove(self, engine: str, voice: str) -> None:
        """Remove a voice; "" is the engine that has it."""
        ...


def require_one_source(said: VoiceForm, *, recorded: bool) -> None:
    """Refuse a voice that is to be made of nothing, or of two things.

    Raises:
        ParlandoError: FIELD_REQUIRED or OUT_OF_RANGE, at the field.
    """
    if recorded and said.mix:
        raise ParlandoError(
            Reason.OUT_OF_RANGE, "mix does not go with audio_sample: send one of them", field="mix"
        )
    if not recorded and not said.mix:
        raise ParlandoError(
            Reason.FIELD_REQUIRED,
            "audio_sample is missing: send a WAV or FLAC file with its filename, or a mix",
            field="audio_sample",
        )


def parsed_fields(values: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a form that hold something: what is empty counts as left out."""
    return {name: value for name, value in values.items() if value != ""}

"""Google's voices as the port names them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from google.cloud import texttospeech
from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.voice import Gender, Voice

CHIRP = "-Chirp3-HD-"
"""What stands in the names of the voices that stream."""

_GENDERS = {
    texttospeech.SsmlVoiceGender.FEMALE: Gender.FEMALE,
    texttospeech.SsmlVoiceGender.MALE: Gender.MALE,
    texttospeech.SsmlVoiceGender.NEUTRAL: Gender.NEUTRAL,
}


class Clone(BaseModel):
    """A cloned voice, as the file says it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    key: SecretStr
    language: str = Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]+)*$")
    name: str = ""
    consent_note: str = Field(min_length=1)


_FILE = TypeAdapter(dict[str, Clone])


def listed(voices: Iterable[texttospeech.Voice], part: str, rate: int | None = None) -> list[Voice]:
    """Return the voices whose names have a part, each at a rate, or at its own."""
    return [
        Voice(
            id=voice.name,
            name=voice.name.rpartition("-")[2],
            languages=tuple(voice.language_codes),
            sample_rate_hz=rate or voice.natural_sample_rate_hertz,
            gender=_GENDERS.get(voice.ssml_gender, Gender.UNSTATED),
            licence="proprietary",
        )
        for voice in voices
        if part in voice.name
    ]


def clones(path: Path) -> dict[str, Clone]:
    """Return the cloned voices of a file, by id.

    Raises:
        ParlandoError: OUT_OF_RANGE: it cannot be read; nothing of what it holds is said.
    """
    try:
        return _FILE.validate_python(json.loads(path.expanduser().read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        what = type(error).__name__
        if isinstance(error, ValidationError):
            first = error.errors(include_input=False)[0]
            what = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise ParlandoError(
            Reason.OUT_OF_RANGE, f"GOOGLE_CLONES cannot be read ({what})", field="clones"
        ) from None


def cloned_voice(name: str, clone: Clone, rate: int) -> Voice:
    """Return a cloned voice as the port names it."""
    return Voice(
        id=name,
        name=clone.name or name,
        languages=(clone.language,),
        sample_rate_hz=rate,
        cloned=True,
        licence="proprietary",
        consent_note=clone.consent_note,
    )


def default_of(wanted: str, voices: Iterable[Voice]) -> str:
    """Return the wanted voice where there is one of that name, else the first American, else the first.

    Raises:
        ParlandoError: VOICE_NOT_FOUND: there is none at all.
    """
    ids = [voice.id for voice in voices]
    if wanted in ids:
        return wanted
    american = [name for name in ids if name.startswith("en-US-")]
    for name in american + ids:
        return name
    raise ParlandoError(Reason.VOICE_NOT_FOUND, "Google lists no voice of this kind: check its region")

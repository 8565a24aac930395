"""Cloned voices as they are stored: one document each, the same for every replica.

A document is all there is of a voice: who may use it and why, and its clip, from which each engine makes what
it needs.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import asdict, dataclass, field

from parlando_kit.errors import ParlandoError, Reason

_FORM = 1  # of documents; a later one that cannot be read by this has a higher number
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_SHORT_HASH = 8
_WANTED = {  # of each text: how many characters at most, and what it is to say
    "name": (80, "say what people are to call the voice"),
    "language": (35, "say what is spoken in the clip, as a BCP 47 tag such as en-GB"),
    "licence": (200, "say under which licence the voice may be used"),
    "consent_note": (1_000, "say who agreed to the cloning, and how that is known"),
    "description": (1_000, "say what the voice is like"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceTerms:
    """What is said of a voice by who has it cloned.

    Attributes:
        name: for people.
        language: BCP 47 tag of what is spoken in the clip.
        licence: under which the voice may be used.
        consent_note: who agreed to its cloning, and how that is known.
        description: a sentence about it, for people; may be empty.

    Raises:
        ParlandoError: FIELD_REQUIRED or OUT_OF_RANGE, at the field of that name.
    """

    name: str
    language: str
    licence: str
    consent_note: str
    description: str = ""

    def __post_init__(self) -> None:
        for path, (most, wanted) in _WANTED.items():
            value: str = getattr(self, path)
            if not value.strip() and path != "description":
                raise ParlandoError(Reason.FIELD_REQUIRED, f"{path} is empty: {wanted}", field=path)
            if len(value) > most or not value.isprintable():
                raise ParlandoError(
                    Reason.OUT_OF_RANGE,
                    f"{path} is at most {most} characters on one line: {wanted}",
                    field=path,
                )
        if not _TAG.fullmatch(self.language):
            raise ParlandoError(Reason.OUT_OF_RANGE, f"language: {_WANTED['language'][1]}", field="language")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClonedVoice(VoiceTerms):
    """A voice made from a recording.

    Attributes:
        id: 1 to 64 small letters, digits and hyphens; `voice_id` makes one.
        clip: a WAV file, as `ReferenceClip.wav` writes it.

    Raises:
        ParlandoError: FIELD_REQUIRED or OUT_OF_RANGE, at the field of that name.
    """

    id: str
    clip: bytes

    def __post_init__(self) -> None:
        VoiceTerms.__post_init__(self)
        if not _ID.fullmatch(self.id):
            raise ParlandoError(
                Reason.OUT_OF_RANGE,
                "id is 1 to 64 small letters, digits and hyphens: anna-1a2b3c4d",
                field="id",
            )

    def document(self) -> bytes:
        """Return it as it is stored: UTF-8 JSON, the clip in base64, some 2 MB at most."""
        told = asdict(self) | {"form": _FORM, "clip": base64.b64encode(self.clip).decode()}
        return json.dumps(told, ensure_ascii=False, indent=1).encode()


@dataclass(frozen=True, slots=True)
class VoiceUpload:
    """A voice to be cloned.

    Attributes:
        terms: what is said of it.
        clip: the recording's file, as it was sent: nobody has looked into it.
        id: that it is to have; "" for one made of its name and its clip.
    """

    terms: VoiceTerms
    clip: bytes = field(repr=False)
    id: str = ""


@dataclass(frozen=True, slots=True)
class VoiceChange:
    """What is to be said of a voice from now on, as in `VoiceTerms`; "" leaves it as it is."""

    name: str = ""
    language: str = ""
    licence: str = ""
    description: str = ""


def voice_id(name: str, clip: bytes) -> str:
    """Return an id for a voice: its name, as far as letters go, and a hash of its clip."""
    word = re.sub("[^a-z0-9]+", "-", name.casefold()).strip("-")[: 64 - 1 - _SHORT_HASH].strip("-") or "voice"
    return f"{word}-{hashlib.sha256(clip).hexdigest()[:_SHORT_HASH]}"


def stored_voice(document: bytes) -> ClonedVoice:
    """Return the voice of a document.

    Raises:
        ValueError: it is none, or of a later form than is known here.
    """
    try:
        told = json.loads(document)
        clip = base64.b64decode(told.pop("clip"), validate=True)
        later = told.pop("form") != _FORM
        voice = ClonedVoice(**{name: str(value) for name, value in told.items()}, clip=clip)
    except (AttributeError, KeyError, TypeError, ValueError, ParlandoError) as error:
        raise ValueError("this is no document of a voice") from error
    if later:
        raise ValueError("this is no document of a voice that this version knows")
    return voice

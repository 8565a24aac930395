"""Cloned voices as they are stored: one document each, the same for every replica.

A document is all there is of a voice: who may use it and why, and its clip, from which each engine makes what
it needs.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field

from parlando_kit.errors import ParlandoError, Reason

_FORM = 1  # of documents; a later one that cannot be read by this has a higher number
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_SHORT_HASH, _HASH = 8, 16  # hexadecimal digits
_WANTED = {  # of each text: how many characters at most, and what it is to say
    "name": (80, "say what people are to call the voice"),
    "language": (35, "say what is spoken in the clip, as a BCP 47 tag such as en-GB"),
    "licence": (200, "say under which licence the voice may be used"),
    "consent_note": (1_000, "say who agreed to the cloning, and how that is known"),
    "description": (1_000, "say what the voice is like"),
}
_REQUIRED = frozenset(_WANTED) - {"description"}


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
        check_said({path: getattr(self, path) for path in _WANTED}, _REQUIRED)
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
        check_id(self.id)

    @property
    def revision(self) -> str:
        """What tells whether it sounds as it did: a hash of its clip."""
        return revision_of_voice(self.clip)

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


def check_said(said: Mapping[str, str], required: Collection[str]) -> None:
    """Check what is said of a voice, by field.

    Raises:
        ParlandoError: FIELD_REQUIRED or OUT_OF_RANGE, at the field of that name.
    """
    for path, value in said.items():
        most, wanted = _WANTED[path]
        if not value.strip() and path in required:
            raise ParlandoError(Reason.FIELD_REQUIRED, f"{path} is empty: {wanted}", field=path)
        if len(value) > most or not value.isprintable():
            raise ParlandoError(
                Reason.OUT_OF_RANGE,
                f"{path} is at most {most} characters on one line: {wanted}",
                field=path,
            )


def check_id(voice: str) -> None:
    """Check the id of a voice that is to be kept.

    Raises:
        ParlandoError: OUT_OF_RANGE, at field "id".
    """
    if not _ID.fullmatch(voice):
        raise ParlandoError(
            Reason.OUT_OF_RANGE,
            "id is 1 to 64 small letters, digits and hyphens: anna-1a2b3c4d",
            field="id",
        )


def voice_id(name: str, made_of: bytes) -> str:
    """Return an id for a voice: its name, as far as letters go, and a hash of what it is made of."""
    word = re.sub("[^a-z0-9]+", "-", name.casefold()).strip("-")[: 64 - 1 - _SHORT_HASH].strip("-") or "voice"
    return f"{word}-{hashlib.sha256(made_of).hexdigest()[:_SHORT_HASH]}"


def revision_of_voice(made_of: bytes) -> str:
    """Return what tells whether a voice sounds as it did: a hash of what it is made of."""
    return hashlib.sha256(made_of).hexdigest()[:_HASH]


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

"""Cloned voices as they are stored: one document each, the same for every replica.

A document is all there is of a voice: who may use it and why, and its clip, from which each engine makes what
it needs.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from parlando_kit.errors import ParlandoError, Reason

SUFFIX = ".voice.json"
"""How the file of a document ends, in a folder of voices."""

MAX_NAME, MAX_LANGUAGE, MAX_LICENCE, MAX_NOTE = 80, 35, 200, 1_000
"""Longest texts, in characters."""

_FORM = 1  # of documents; a later one that cannot be read by this has a higher number
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_SHORT_HASH = 8

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ClonedVoice:
    """A voice made from a recording.

    Attributes:
        id: 1 to 64 small letters, digits and hyphens; `voice_id` makes one.
        name: for people.
        language: BCP 47 tag of what is spoken in the clip.
        licence: under which the voice may be used.
        consent_note: who agreed to its cloning, and how that is known.
        clip: a WAV file, as `ReferenceClip.wav` writes it.

    Raises:
        ParlandoError: FIELD_REQUIRED or OUT_OF_RANGE, at the field of that name.
    """

    id: str
    name: str
    language: str
    licence: str
    consent_note: str
    clip: bytes

    def __post_init__(self) -> None:
        for field, most in (
            ("name", MAX_NAME),
            ("language", MAX_LANGUAGE),
            ("licence", MAX_LICENCE),
            ("consent_note", MAX_NOTE),
        ):
            value: str = getattr(self, field)
            if not value.strip():
                raise ParlandoError(Reason.FIELD_REQUIRED, f"{field} is empty: {_WANTED[field]}", field=field)
            if len(value) > most or not value.isprintable():
                raise ParlandoError(
                    Reason.OUT_OF_RANGE,
                    f"{field} is 1 to {most} characters on one line: {_WANTED[field]}",
                    field=field,
                )
        if not _TAG.fullmatch(self.language):
            raise ParlandoError(Reason.OUT_OF_RANGE, f"language: {_WANTED['language']}", field="language")
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


_WANTED = {
    "name": "say what people are to call the voice",
    "language": "say what is spoken in the clip, as a BCP 47 tag such as en-GB",
    "licence": "say under which licence the voice may be used",
    "consent_note": "say who agreed to the cloning, and how that is known",
}


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


def voices_in(folder: Path) -> Iterator[ClonedVoice]:
    """Yield the voices of a folder, by file name. What cannot be read is left out, and the log says so."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            voice = stored_voice(path.read_bytes())
        except (OSError, ValueError) as error:
            _log.warning("%s is left out: it cannot be read (%s)", path.name, type(error).__name__)
            continue
        if path.name != voice.id + SUFFIX:
            _log.warning("%s is left out: it is not named after its id", path.name)
            continue
        yield voice

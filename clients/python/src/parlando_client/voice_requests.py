"""Requests that administer voices: uploaded, mixed, changed, removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

from parlando.admin.v1 import admin_pb2
from parlando.synth.v1 import synth_pb2
from parlando_client.text import check_text

SECONDS = 60.0
"""That making a voice, or speaking a preview, may take."""

_PIECE = 256 * 1024  # bytes of a recording in one message


class VoiceTerms(TypedDict, total=False):
    """What may be said of a voice that is made.

    Attributes:
        engine: that is to have it; left out, the one that can.
        id: 1 to 64 small letters, digits and hyphens; left out, one is made.
        description: a sentence about it, for people.
    """

    engine: str
    id: str
    description: str


def upload_voice(clip: bytes, **said: str) -> Iterator[admin_pb2.UploadVoiceRequest]:
    """Return the messages of an upload.

    Raises:
        ValueError: what is said cannot be sent.
    """
    language = said.pop("language")
    consent = said.pop("consent")
    voice = _voice(**said, consent_note=consent)
    check_text(language, "language")
    voice.languages.append(language)
    return _messages(voice, clip)


def _messages(voice: synth_pb2.Voice, clip: bytes) -> Iterator[admin_pb2.UploadVoiceRequest]:
    yield admin_pb2.UploadVoiceRequest(voice=voice)
    for start in range(0, len(clip), _PIECE):
        yield admin_pb2.UploadVoiceRequest(chunk=clip[start : start + _PIECE])


def mix_voice(**said: str) -> admin_pb2.MixVoiceRequest:
    """Return a request to keep a mix."""
    return admin_pb2.MixVoiceRequest(voice=_voice(**said))


def update_voice(voice: str, language: str, **said: str) -> admin_pb2.UpdateVoiceRequest:
    """Return a request to change what is said of a voice."""
    changed = _voice(id=voice, **said)
    check_text(language, "language")
    if language:
        changed.languages.append(language)
    return admin_pb2.UpdateVoiceRequest(voice=changed)


def delete_voice(voice: str, engine: str) -> admin_pb2.DeleteVoiceRequest:
    """Return a request to remove a voice."""
    check_text(voice, "voice")
    check_text(engine, "engine")
    return admin_pb2.DeleteVoiceRequest(engine=engine, voice=voice)


def _voice(**said: str) -> synth_pb2.Voice:
    for name, value in said.items():
        check_text(value, name)
    return synth_pb2.Voice(**said)  # type: ignore[arg-type]  # fields by name

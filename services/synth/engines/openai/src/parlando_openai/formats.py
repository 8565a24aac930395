"""How sound travels from a server to here."""

from __future__ import annotations

from enum import StrEnum


class WireFormat(StrEnum):
    """A `response_format` of `/audio/speech`."""

    PCM = "pcm"
    WAV = "wav"
    MP3 = "mp3"
    OPUS = "opus"
    AAC = "aac"
    FLAC = "flac"

    @property
    def encoded(self) -> bool:
        """Whether it is to be decoded."""
        return self not in {WireFormat.PCM, WireFormat.WAV}

    @property
    def fixed_rate(self) -> int | None:
        """Sample rate that it always decodes to, in hertz; None where that is the server's own."""
        return 48_000 if self is WireFormat.OPUS else None


class UndecodableError(Exception):
    """What came is no sound of the format that was asked for."""

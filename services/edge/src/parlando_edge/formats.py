"""Audio formats by the names OpenAI's protocols have for them. Samples are one channel."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from parlando_kit.errors import ParlandoError, Reason


class Codec(Enum):
    """How samples are coded, each in its own default container."""

    PCM = "pcm"
    MULAW = "mulaw"
    ALAW = "alaw"
    MP3 = "mp3"
    OPUS = "opus"
    AAC = "aac"
    FLAC = "flac"


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """How audio is delivered.

    Attributes:
        codec: how samples are coded.
        wav: True to put a RIFF/WAVE header before PCM.
        rate: samples a second, 8,000 to 48,000.
    """

    codec: Codec = Codec.PCM
    wav: bool = False
    rate: int = 24_000


TELEPHONE_RATE = 8_000

_SPEECH = {
    "mp3": (Codec.MP3, "audio/mpeg"),
    "opus": (Codec.OPUS, "audio/ogg;codecs=opus"),
    "aac": (Codec.AAC, "audio/aac"),
    "flac": (Codec.FLAC, "audio/flac"),
    "wav": (Codec.PCM, "audio/wav"),
    "pcm": (Codec.PCM, "audio/pcm"),
    "mulaw": (Codec.MULAW, "audio/basic"),
    "alaw": (Codec.ALAW, "audio/x-alaw-basic"),
}

SPEECH_MEDIA = {
    **{media.partition(";")[0]: name for name, (_, media) in _SPEECH.items()},
    "audio/mp3": "mp3",
    "audio/opus": "opus",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
}
"""Media types that `Accept` may ask for, and the formats they mean."""

SPEECH_FORMATS = tuple(_SPEECH)
"""What `response_format` of `/v1/audio/speech` may be; mulaw and alaw are ours."""

REALTIME_FORMATS = {
    "audio/pcm": AudioFormat(),
    "audio/pcmu": AudioFormat(Codec.MULAW, rate=TELEPHONE_RATE),
    "audio/pcma": AudioFormat(Codec.ALAW, rate=TELEPHONE_RATE),
}
"""What `audio.output.format.type` of a Realtime session may be."""


def speech_format(name: str, rate: int) -> AudioFormat:
    """Return a format of `/v1/audio/speech`; a rate of 0 is the format's own.

    Raises:
        ParlandoError: UNSUPPORTED_FORMAT.
    """
    if name not in _SPEECH:
        raise ParlandoError(
            Reason.UNSUPPORTED_FORMAT,
            f"response_format is not offered: use one of {', '.join(_SPEECH)}",
            field="response_format",
        )
    codec, _ = _SPEECH[name]
    own = TELEPHONE_RATE if codec in (Codec.MULAW, Codec.ALAW) else 24_000
    return AudioFormat(codec, wav=name == "wav", rate=rate or own)


def content_type(name: str, audio: AudioFormat) -> str:
    """Return the media type of a format of `/v1/audio/speech`, with the rate where nothing else tells it."""
    _, media = _SPEECH[name]
    headerless = audio.codec in (Codec.PCM, Codec.MULAW, Codec.ALAW) and not audio.wav
    return f"{media};rate={audio.rate}" if headerless else media

"""What a client sent to be listened to."""

from __future__ import annotations

from dataclasses import dataclass

from parlando_edge.barge_in.turns import Detection
from parlando_edge.formats import AudioFormat, Codec


@dataclass(frozen=True, slots=True)
class Sound:
    """A stretch of a session's audio in.

    Attributes:
        data: whole samples of `audio`.
        audio: one of Realtime's formats.
        at_ms: where it begins, in ms of all audio the session was sent.
        detection: what counts as speech.
        floor: least level of what can be speech, as root mean square of full scale; above 1 nothing can.
    """

    data: bytes
    audio: AudioFormat
    at_ms: float
    detection: Detection
    floor: float = 0.0

    @property
    def ms(self) -> float:
        """How long it is."""
        return milliseconds(len(self.data), self.audio)


def sample_bytes(audio: AudioFormat) -> int:
    """Return how many bytes a sample takes."""
    return 2 if audio.codec is Codec.PCM else 1


def milliseconds(size: int, audio: AudioFormat) -> float:
    """Return how long `size` bytes are."""
    return size * 1000 / (sample_bytes(audio) * audio.rate)

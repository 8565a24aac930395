"""What a client's microphone sends: counted and listened to, and never kept."""

from __future__ import annotations

import binascii
from collections.abc import Iterator

from parlando_edge.barge_in.sound import Sound, milliseconds, sample_bytes
from parlando_edge.formats import AudioFormat
from parlando_edge.json_fields import Fields
from parlando_edge.openai_errors import NamedError
from parlando_edge.realtime.conversation import Item, document_of
from parlando_edge.realtime.outputs import Listen
from parlando_edge.realtime.session import SessionConfig
from parlando_kit.errors import ParlandoError, Reason

_LONGEST_BASE64 = 960_000
"""Of one event: 15 s of PCM, 90 s of G.711."""

_PIECE_MS = 500
"""What is listened to at a time, so that nobody's long event holds up the others."""

_LEAST_MS = 100
"""What a commit must hold, as OpenAI has it."""


class InputAudio:
    """The audio in of one session, as lengths of time: nothing here uses what was said."""

    def __init__(self) -> None:
        self._total_ms = 0.0
        self._buffered_ms = 0.0

    @property
    def ms(self) -> int:
        """How much audio the session was sent."""
        return round(self._total_ms)

    def append(self, event: Fields, config: SessionConfig) -> list[Listen]:
        """Take an `input_audio_buffer.append`, and return what is to be listened to.

        Raises:
            ParlandoError: naming `audio`; then nothing of it counts.
        """
        audio = config.heard
        data = _bytes_of(event, audio)
        orders = []
        for piece in _pieces(data, audio):
            if config.detection is not None:
                orders.append(Listen(Sound(piece, audio, self._total_ms, config.detection), config.echo))
            self._total_ms += milliseconds(len(piece), audio)
        self._buffered_ms += milliseconds(len(data), audio)
        return orders

    def clear(self) -> None:
        """Forget what was appended and not committed."""
        self._buffered_ms = 0.0

    def commit(self) -> None:
        """Let what was appended become an item.

        Raises:
            NamedError: it is less than 100 ms.
        """
        if self._buffered_ms < _LEAST_MS:
            raise NamedError(
                Reason.OUT_OF_ORDER,
                "input_audio_buffer_commit_empty",
                f"the input audio buffer has {self._buffered_ms:.2f} ms: append at least {_LEAST_MS} ms",
            )
        self.clear()


def audio_item(item_id: str) -> Item:
    """Return the user's item that audio became. What was said in it is not known."""
    content = [{"type": "input_audio", "transcript": None}]
    head = {"id": item_id, "object": "realtime.item", "type": "message", "status": "completed"}
    return Item(item_id, document_of({**head, "role": "user", "content": content}), "user")


def _bytes_of(event: Fields, audio: AudioFormat) -> bytes:
    if not event.given("audio"):
        raise ParlandoError(Reason.FIELD_REQUIRED, "audio is missing", field="audio")
    try:
        data = binascii.a2b_base64(event.text("audio", longest=_LONGEST_BASE64), strict_mode=True)
    except ValueError:
        raise ParlandoError(Reason.OUT_OF_RANGE, "audio is not valid base64", field="audio") from None
    if len(data) % sample_bytes(audio):
        raise ParlandoError(
            Reason.OUT_OF_RANGE, "audio ends within a sample: 16-bit PCM has two bytes each", field="audio"
        )
    return data


def _pieces(data: bytes, audio: AudioFormat) -> Iterator[bytes]:
    size = _PIECE_MS * audio.rate // 1000 * sample_bytes(audio)
    return (data[start : start + size] for start in range(0, len(data), size))

"""What the engine and the process that holds its library say to each other, through two pipes.

To the process: messages of a length and as many bytes of JSON; one of length 0 asks it to stop speaking.
From it: frames of a header, events and a body; the first one is its greeting. It needs the standard library
alone.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from parlando_espeak.library import Event, ListedVoice

STOP = bytes(4)
"""The message that ends what is being spoken; after its end it does nothing."""

_LENGTH = struct.Struct("<I")
_HEADER = struct.Struct("<III")
_EVENT = struct.Struct("<Iii")

Read = Callable[[int], bytes]
"""Returns exactly as many bytes as asked.

Raises:
    EOFError: the other side is gone.
"""


class FrameKind(IntEnum):
    """What a frame is."""

    AUDIO = 0
    DONE = 1  # the end of a text; the process waits for the next
    REFUSED = 2  # likewise, without having spoken
    GREETING = 3  # the library is loaded; the process waits for the first text


class Frame(NamedTuple):
    """What the process says at a time.

    Attributes:
        kind: what it is.
        events: what lies in the audio, or at its end.
        body: PCM; of a greeting, JSON.
    """

    kind: FrameKind
    events: Sequence[Event] = ()
    body: bytes = b""


class Utterance(NamedTuple):
    """A text to be spoken in one go.

    Attributes:
        text: without NUL and without lone surrogates.
        voice: the library's identifier, "+" and a variant's name where one is wanted.
        rate: words a minute.
        volume: 100 is the voice's own.
        pitch: 0 to 99; 50 is the voice's own.
        pitch_range: 0 to 99; 50 is the voice's own.
    """

    text: str
    voice: str
    rate: int = 175
    volume: int = 100
    pitch: int = 50
    pitch_range: int = 50

    def __repr__(self) -> str:
        """Show all but the text."""
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields if name != "text")
        return f"{type(self).__name__}({shown})"


class Greeting(NamedTuple):
    """What the library is."""

    version: str
    voices: Sequence[ListedVoice]
    variants: Sequence[ListedVoice]


def pack_utterance(utterance: Utterance) -> bytes:
    """Return a text to be spoken as it is sent."""
    body = json.dumps(utterance).encode()
    return _LENGTH.pack(len(body)) + body


def read_utterance(read: Read) -> Utterance:
    """Read the next text to speak, passing over stops that came too late."""
    while not (length := _LENGTH.unpack(read(_LENGTH.size))[0]):
        pass
    return Utterance(*json.loads(read(length)))


def pack_greeting(greeting: Greeting) -> bytes:
    """Return the greeting as it is sent."""
    return pack_frame(Frame(FrameKind.GREETING, (), json.dumps(greeting).encode()))


def greeting_of(frame: Frame) -> Greeting:
    """Return the greeting that a frame holds."""
    version, voices, variants = json.loads(frame.body)
    return Greeting(version, _voices(voices), _voices(variants))


def pack_frame(frame: Frame) -> bytes:
    """Return a frame as it is sent."""
    events = b"".join(_EVENT.pack(*event) for event in frame.events)
    return _HEADER.pack(frame.kind, len(frame.events), len(frame.body)) + events + frame.body


def take_frame(unread: bytearray) -> Frame | None:
    """Take the first frame out of what has come; None where it has not come whole."""
    if len(unread) < _HEADER.size:
        return None
    kind, count, size = _HEADER.unpack_from(unread)
    body = _HEADER.size + count * _EVENT.size
    if len(unread) < body + size:
        return None
    events = tuple(_EVENT.iter_unpack(unread[_HEADER.size : body]))
    frame = Frame(FrameKind(kind), events, bytes(unread[body : body + size]))
    del unread[: body + size]
    return frame


def _voices(listed: list[list[Any]]) -> tuple[ListedVoice, ...]:
    return tuple(
        ListedVoice(identifier, name, tuple(languages), gender, age)
        for identifier, name, languages, gender, age in listed
    )

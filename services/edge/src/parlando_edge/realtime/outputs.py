"""What the protocol core asks of its shell, in the order in which it is to be done."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from parlando_edge.barge_in.sound import Sound
from parlando_edge.ports import SpeechSettings
from parlando_edge.session_ports import KeptSettings, Turn

Event = dict[str, Any]
"""An event as JSON has it, with its `type`."""


@dataclass(frozen=True, slots=True)
class Emit:
    """Send an event to the client. `audio_of` is the response whose audio it carries, or ""; so much."""

    event: Event = field(repr=False)
    audio_of: str = ""
    sample_count: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class DropAudio:
    """Forget the audio of a response that still waits to be sent, and tell the core how much that was."""

    response_id: str


@dataclass(frozen=True, slots=True)
class Speak:
    """Speak what is written under this id, and tell the core what happens.

    Where there is an `answer`, read it, and tell the core its pieces, until the speech is stopped. Otherwise
    speech begins with `text`.
    """

    response_id: str
    settings: SpeechSettings
    answer: AsyncGenerator[str, None] | None = None
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Write:
    """Speak more text under this id."""

    response_id: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Flush:
    """Speak what was written without waiting for more, and tell the core when that is done."""

    response_id: str
    number: int


@dataclass(frozen=True, slots=True)
class EndText:
    """No more text follows."""

    response_id: str


@dataclass(frozen=True, slots=True)
class StopSpeaking:
    """Have the engines stop; what they had said is still told."""

    response_id: str


class Echo(Enum):
    """What a client says of our own voice in what its microphone hears."""

    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    PRESENT = "present"


@dataclass(frozen=True, slots=True)
class Listen:
    """Listen to a stretch of the client's audio, and tell the core of each edge of speech in it."""

    sound: Sound
    echo: Echo


@dataclass(frozen=True, slots=True)
class KeepSettings:
    """Remember the session's settings."""

    kept: KeptSettings


@dataclass(frozen=True, slots=True)
class KeepTurn:
    """Remember a turn, or replace the one with its id.

    A new one comes behind the turn `previous`, before all where that is "", and behind all where it is None.
    """

    turn: Turn
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class ForgetTurn:
    """Forget a turn."""

    turn_id: str


Output = (
    Emit
    | DropAudio
    | Speak
    | Write
    | Flush
    | EndText
    | StopSpeaking
    | Listen
    | KeepSettings
    | KeepTurn
    | ForgetTurn
)

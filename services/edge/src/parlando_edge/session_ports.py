"""What the edge needs of the session service, in its own terms. Adapters translate to its messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from parlando_edge.ports import SpeechSettings, Usage
from parlando_kit.hearing import heard_of
from parlando_kit.ledger import Heard, Word


class TurnRole(Enum):
    """Who speaks in a turn."""

    ASSISTANT = "assistant"
    USER = "user"
    SYSTEM = "system"


class TurnStatus(Enum):
    """How a turn stands."""

    COMPLETED = "completed"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing said in a conversation, as it is remembered.

    Attributes:
        id: its item's.
        role: who speaks.
        status: how it stands.
        text: what was written, whole.
        words: those of which something was sent, with their samples.
        rate: of the samples, a second; 0 where nothing was spoken.
        sample_count: samples sent.
        played: samples that were heard; None while nothing is known to have been missed.
        engine: the one that spoke last.
        voice: likewise.
        usage: what it took.
    """

    id: str
    role: TurnRole
    status: TurnStatus
    text: str = field(repr=False)
    words: Sequence[Word] = ()
    rate: int = 0
    sample_count: int = 0
    played: int | None = None
    engine: str = ""
    voice: str = ""
    usage: tuple[Usage, ...] = ()

    @property
    def heard(self) -> Heard | None:
        """What was heard of it; None while nothing is known to have been missed."""
        if self.played is None:
            return None
        return heard_of(
            self.words,
            self.played,
            sample_count=self.sample_count,
            length=len(self.text),
            whole=self.status is TurnStatus.COMPLETED,
        )


LONGEST_DOCUMENT = 64 * 1024
"""Longest document of a session's settings, in bytes of UTF-8."""


@dataclass(frozen=True, slots=True)
class KeptSettings:
    """What the next connection of a session begins with.

    Attributes:
        settings: how it speaks.
        document: JSON of all its protocol has, at most `LONGEST_DOCUMENT`; "" for none.
    """

    settings: SpeechSettings
    document: str = field(default="", repr=False)


class SessionStore(Protocol):
    """The session service. Every method raises ParlandoError when it fails."""

    async def create(self, settings: SpeechSettings, metadata: Mapping[str, str]) -> str:
        """Make a session and return its id."""
        ...

    async def read(self, session_id: str) -> KeptSettings:
        """Return a session's settings."""
        ...

    async def keep_settings(self, session_id: str, kept: KeptSettings) -> None:
        """Replace a session's settings."""
        ...

    async def turns(self, session_id: str) -> Sequence[Turn]:
        """Return a session's turns, in their order."""
        ...

    async def keep_turn(self, session_id: str, turn: Turn, previous: str | None = None) -> None:
        """Store a turn, or replace the one with its id.

        A new one comes behind the turn `previous`, before all where that is "", and behind all where it is
        None or not there.
        """
        ...

    async def forget_turn(self, session_id: str, turn_id: str) -> None:
        """Forget a turn; one that is not there is no error."""
        ...

    async def serving(self) -> bool:
        """Return whether the session service says that it serves."""
        ...

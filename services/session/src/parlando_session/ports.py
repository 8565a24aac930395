"""What the domain needs of a store: documents that are swapped whole, and lapse when they are not used.

A document is bytes that only the domain reads. A swap names the document it replaces, so that nobody
overwrites what they have not seen; one that is tried again after it was done is done. Every method of a
session's counts as a use of it, and raises ParlandoError: SESSION_NOT_FOUND where there is no such
session or its time is up, DEPENDENCY_UNAVAILABLE where the store does not answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from parlando_kit.errors import ParlandoError, Reason

MAX_TURNS = 1_000
"""Turns a session holds."""

MAX_TURN_BYTES = 2 * 1024 * 1024
"""Bytes of all of a session's turns: about six hours of speech with its word times. A conversation
exported as JSON, several times as large, still fits one message of 16 MiB."""


ATTEMPTS = 16
"""How often a swap is tried when others are quicker."""


class Swap(StrEnum):
    """How a swap ended."""

    DONE = "done"
    STALE = "stale"
    """Another document is there than was named."""
    FULL = "full"
    """The session holds no more turns, or no more bytes of them."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A session as it is stored.

    Attributes:
        session: its document.
        account: the document of its spending; None while nothing was spent or set aside.
    """

    session: bytes
    account: bytes | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some turns of a session.

    Attributes:
        turns: documents in the order of the turns' places.
        last: the place of the last of them; 0 where there is none.
        more: True when others follow.
    """

    turns: tuple[bytes, ...]
    last: int
    more: bool


class SessionStore(Protocol):
    """Sessions with their accounts and turns. A session lapses `ttl` seconds after its last use."""

    async def create(self, session_id: str, session: bytes, ttl: float) -> None:
        """Store a new session. OVERLOADED where the store holds no more."""
        ...

    async def read(self, session_id: str) -> Stored:
        """Return a session and its account."""
        ...

    async def swap_session(self, session_id: str, old: bytes, new: bytes, ttl: float) -> bool:
        """Replace a session's document and its TTL; False where `old` is not there."""
        ...

    async def swap_account(self, session_id: str, old: bytes | None, new: bytes) -> bool:
        """Replace a session's account, or store its first; False where `old` is not there."""
        ...

    async def delete(self, session_id: str) -> None:
        """Forget a session and all its turns. What is not there is no error."""
        ...

    async def read_turn(self, session_id: str, turn_id: str) -> bytes | None:
        """Return a turn's document; None where the session has no such turn."""
        ...

    async def swap_turn(
        self, session_id: str, turn_id: str, old: bytes | None, new: bytes, previous: str | None = None
    ) -> Swap:
        """Replace a turn in its place, or add it where `old` is None.

        A new one comes behind the turn `previous`, before all where that is "", and else behind all.
        """
        ...

    async def delete_turn(self, session_id: str, turn_id: str) -> None:
        """Forget a turn. What is not there is no error, a session neither."""
        ...

    async def turns(self, session_id: str, after: int, limit: int) -> Page:
        """Return up to `limit` turns whose place is beyond `after`; 0 begins with the first."""
        ...


class PolicyStore(Protocol):
    """Policies by name. They do not lapse."""

    async def stamp(self) -> bytes:
        """Return something that differs whenever a policy has changed."""
        ...

    async def all(self) -> dict[str, bytes]:
        """Return every policy's document by its name."""
        ...

    async def swap(self, name: str, old: bytes | None, new: bytes) -> bool:
        """Replace a policy, or store a new one; False where `old` is not there."""
        ...


def no_session() -> ParlandoError:
    """Return the error of a session that is not there."""
    return ParlandoError(
        Reason.SESSION_NOT_FOUND,
        "no session has that id, or its time is up: create another",
        field="session_id",
    )


def conflict(field: str = "") -> ParlandoError:
    """Return the error of a change that others overtook, as often as it was tried."""
    return ParlandoError(Reason.CONFLICT, "it was changed in between: read it and try again", field=field)

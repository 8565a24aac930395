"""Stores in the process's own memory, for a system of one session service. They end with the process."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from parlando_kit.errors import ParlandoError, Reason
from parlando_session.ids import mint
from parlando_session.ports import MAX_TURN_BYTES, MAX_TURNS, Page, Stored, Swap, no_session
from parlando_session.times import Now

_FULL_RETRY_SECONDS = 10.0
_SPARE_TIMES = 1_024


_Turns = dict[str, tuple[int, bytes]]


@dataclass(slots=True)
class _Session:
    """A session.

    Attributes:
        turns: place and document by id, in the order of the places.
        due: when the queue of times looks at the session next, which is no later than it lapses.
    """

    session: bytes
    ttl: float
    expires_at: float
    due: float
    account: bytes | None = None
    turns: _Turns = field(default_factory=dict)
    last_place: int = 0
    turn_bytes: int = 0

    @property
    def bytes(self) -> int:
        """What it holds, in bytes of documents."""
        return len(self.session) + len(self.account or b"") + self.turn_bytes


class MemorySessions:
    """Sessions in memory.

    Every session stands once in a queue of times at which it may lapse; a use does not move it there,
    so that a call looks only at those whose time has come.

    Args:
        now: the time of day.
        max_sessions: sessions that are held.
        max_bytes: bytes of documents that are held; beyond it, nothing may grow.
    """

    def __init__(self, now: Now, *, max_sessions: int, max_bytes: int) -> None:
        self._now = now
        self._max_sessions = max_sessions
        self._max_bytes = max_bytes
        self._sessions: dict[str, _Session] = {}
        self._times: list[tuple[float, str]] = []
        self._bytes = 0

    async def create(self, session_id: str, session: bytes, ttl: float) -> None:
        """Store a new session. OVERLOADED where the store holds no more."""
        now = self._lapse()
        if len(self._sessions) >= self._max_sessions:
            raise _full(f"it holds {self._max_sessions:,} sessions")
        self._grow(len(session))
        self._sessions[session_id] = _Session(session, ttl, now + ttl, now + ttl)
        self._schedule(now + ttl, session_id)

    async def read(self, session_id: str) -> Stored:
        """Return a session and its account."""
        found = self._used(session_id)
        return Stored(found.session, found.account)

    async def swap_session(self, session_id: str, old: bytes, new: bytes, ttl: float) -> bool:
        """Replace a session's document and its TTL; False where `old` is not there."""
        found = self._used(session_id)
        if found.session not in (old, new):
            return False
        self._grow(len(new) - len(found.session))
        found.session, found.ttl = new, ttl
        found.expires_at = self._now() + ttl
        if found.expires_at < found.due:
            found.due = found.expires_at
            self._schedule(found.due, session_id)
        return True

    async def swap_account(self, session_id: str, old: bytes | None, new: bytes) -> bool:
        """Replace a session's account, or store its first; False where `old` is not there."""
        found = self._used(session_id)
        if found.account not in (old, new):
            return False
        self._grow(len(new) - len(found.account or b""))
        found.account = new
        return True

    async def delete(self, session_id: str) -> None:
        """Forget a session and all its turns. What is not there is no error."""
        self._lapse()
        self._drop(session_id)

    async def read_turn(self, session_id: str, turn_id: str) -> bytes | None:
        """Return a turn's document; None where the session has no such turn."""
        _, document = self._used(session_id).turns.get(turn_id, (0, None))
        return document

    async def swap_turn(
        self, session_id: str, turn_id: str, old: bytes | None, new: bytes, previous: str | None = None
    ) -> Swap:
        """Replace a turn in its place, or add it where `old` is None."""
        found = self._used(session_id)
        place, current = found.turns.get(turn_id, (found.last_place + 1, None))
        if current not in (old, new):
            return Swap.STALE
        growth = len(new) - len(current or b"")
        if current is None and len(found.turns) >= MAX_TURNS:
            return Swap.FULL
        if growth > 0 and found.turn_bytes + growth > MAX_TURN_BYTES:
            return Swap.FULL
        self._grow(growth)
        found.turn_bytes += growth
        found.last_place = max(found.last_place, place)
        if current is None and (previous == "" or previous in found.turns):
            place = found.turns[previous][0] + 1 if previous else 1
            found.turns = _with(found.turns, turn_id, place, new)
        else:
            found.turns[turn_id] = place, new
        return Swap.DONE

    async def delete_turn(self, session_id: str, turn_id: str) -> None:
        """Forget a turn. What is not there is no error, a session neither."""
        self._lapse()
        if session_id in self._sessions:
            found = self._used(session_id)
            _, document = found.turns.pop(turn_id, (0, b""))
            found.turn_bytes -= len(document)
            self._bytes -= len(document)

    async def turns(self, session_id: str, after: int, limit: int) -> Page:
        """Return up to `limit` turns whose place is beyond `after`; 0 begins with the first."""
        beyond = [turn for turn in self._used(session_id).turns.values() if turn[0] > after]
        shown = beyond[:limit]
        return Page(
            turns=tuple(document for _, document in shown),
            last=shown[-1][0] if shown else 0,
            more=len(beyond) > limit,
        )

    def _used(self, session_id: str) -> _Session:
        """Return a session, which has now been used."""
        now = self._lapse()
        found = self._sessions.get(session_id)
        if found is None:
            raise no_session()
        found.expires_at = now + found.ttl
        return found

    def _lapse(self) -> float:
        """Forget the sessions whose time is up, and return the time."""
        now = self._now()
        while self._times and self._times[0][0] <= now:
            due, session_id = heapq.heappop(self._times)
            found = self._sessions.get(session_id)
            if found is None or found.due != due:
                continue
            if found.expires_at <= now:
                self._drop(session_id)
            else:
                found.due = found.expires_at
                heapq.heappush(self._times, (found.due, session_id))
        return now

    def _schedule(self, due: float, session_id: str) -> None:
        """Queue a session's time. Times of sessions long gone are cleared out once they are the most."""
        heapq.heappush(self._times, (due, session_id))
        if len(self._times) > 2 * len(self._sessions) + _SPARE_TIMES:
            self._times = [(found.due, each) for each, found in self._sessions.items()]
            heapq.heapify(self._times)

    def _drop(self, session_id: str) -> None:
        found = self._sessions.pop(session_id, None)
        if found is not None:
            self._bytes -= found.bytes

    def _grow(self, by: int) -> None:
        if by > 0 and self._bytes + by > self._max_bytes:
            raise _full(f"it holds {self._max_bytes:,} bytes")
        self._bytes += by


def _with(turns: _Turns, turn_id: str, place: int, document: bytes) -> _Turns:
    """Return turns with a new one in a place; those from there on move up by one."""
    earlier = {each: turn for each, turn in turns.items() if turn[0] < place}
    later = {each: (at + 1, held) for each, (at, held) in turns.items() if at >= place}
    return {**earlier, turn_id: (place, document), **later}


class MemoryPolicies:
    """Policies in memory."""

    def __init__(self) -> None:
        self._policies: dict[str, bytes] = {}
        self._stamp = b""

    async def stamp(self) -> bytes:
        """Return something that differs whenever a policy has changed."""
        return self._stamp

    async def all(self) -> dict[str, bytes]:
        """Return every policy's document by its name."""
        return dict(self._policies)

    async def swap(self, name: str, old: bytes | None, new: bytes) -> bool:
        """Replace a policy, or store a new one; False where `old` is not there."""
        if self._policies.get(name) not in (old, new):
            return False
        self._policies[name] = new
        self._stamp = mint().encode()
        return True


def _full(why: str) -> ParlandoError:
    return ParlandoError(
        Reason.OVERLOADED,
        f"the session store is full: {why}. Delete some, or try again when others have lapsed",
        retry_after=_FULL_RETRY_SECONDS,
    )

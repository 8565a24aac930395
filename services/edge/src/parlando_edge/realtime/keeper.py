"""Remembers one session in the session service, behind the conversation's back."""

from __future__ import annotations

import logging

from parlando_edge.realtime.outputs import ForgetTurn, KeepSettings, KeepTurn
from parlando_edge.session_ports import SessionStore
from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.queues import BoundedQueue, QueueClosed

_log = logging.getLogger(__name__)

_MOST_CHARACTERS = 4_000_000
"""What may wait, about as much as a conversation keeps. By size: a client decides how long its texts are."""

_WRITE_CHARACTERS, _WORD_CHARACTERS = 1_000, 300
"""What each write counts besides its text, and the times of each word."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 1.0
_AWAY = (Reason.DEPENDENCY_UNAVAILABLE, Reason.DRAINING, Reason.TOO_LATE)
"""What the session service answers while it, or its store, is away. Every write may be made twice."""

_MOST_TOO_LATE = 15
"""Answers in a row that may come too late for one write: it may be the write, and others wait behind it.

With a second for each, or two for a turn that waits for others', and the pauses, 27 s at least: a session
service or a Redis that hangs is ended after 14.
"""

Write = KeepSettings | KeepTurn | ForgetTurn


class SessionKeeper:
    """Writes in order, one after another, while the conversation goes on.

    While the session service is away, what is to be written waits for it. Lost is what it refuses, what it
    takes too long for again and again, and what comes while too much waits.

    Args:
        store: the session service.
        session_id: the session; "" keeps nothing.
        clock: paces the attempts.
    """

    def __init__(self, store: SessionStore, session_id: str, clock: Clock) -> None:
        self._store = store
        self._session_id = session_id
        self._clock = clock
        self._losing = False
        self._away = False
        self._told: set[Reason] = set()  # why something was lost
        self._queue: BoundedQueue[Write] = BoundedQueue(
            unit="characters", high=_MOST_CHARACTERS, low=_MOST_CHARACTERS // 2, cost=_characters
        )

    def put(self, write: Write) -> None:
        """Have something written. Never waits: while too much waits already, it is lost."""
        if not self._session_id:
            return
        if self._queue.level < _MOST_CHARACTERS:
            self._losing = False
            self._queue.put_nowait(write)
        elif not self._losing:
            self._losing = True
            _log.warning("a session is not kept whole: too much waits to be kept")

    def close(self) -> None:
        """Take nothing more; `run` returns once all is written."""
        self._queue.close()

    async def run(self) -> None:
        """Write until closed."""
        while True:
            try:
                write = await self._queue.get()
            except QueueClosed:
                return
            try:
                await self._write_at_last(write)
            except ParlandoError as error:
                if error.reason not in self._told:  # a session that was deleted refuses all that follows
                    self._told.add(error.reason)
                    _log.warning("a session is not kept whole: %s", error.reason)

    async def _write_at_last(self, write: Write) -> None:
        pause, late = 0.0, 0
        while True:
            try:
                await self._write(write)
            except ParlandoError as error:
                late = late + 1 if error.reason is Reason.TOO_LATE else 0
                if error.reason not in _AWAY or late == _MOST_TOO_LATE:
                    raise
                if not self._away:
                    self._away = True
                    _log.warning("what is to be kept of a session waits: %s", error.reason)
            else:
                self._away = False
                return
            pause = min(2 * pause or _FIRST_PAUSE, _LONGEST_PAUSE)
            await self._clock.sleep(pause)

    async def _write(self, write: Write) -> None:
        match write:
            case KeepSettings(kept):
                await self._store.keep_settings(self._session_id, kept)
            case KeepTurn(turn, previous):
                await self._store.keep_turn(self._session_id, turn, previous)
            case ForgetTurn(turn_id):
                await self._store.forget_turn(self._session_id, turn_id)


def _characters(write: Write) -> float:
    """Return what a write counts while it waits."""
    size = 0
    if isinstance(write, KeepTurn):
        size = len(write.turn.text) + _WORD_CHARACTERS * len(write.turn.words)
    elif isinstance(write, KeepSettings):
        size = len(write.kept.document)
    return _WRITE_CHARACTERS + size

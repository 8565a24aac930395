"""Remembers one session in the session service, behind the conversation's back."""

from __future__ import annotations

import logging

from parlando_edge.ports import SessionStore
from parlando_edge.realtime.outputs import ForgetTurn, KeepSettings, KeepTurn
from parlando_kit.errors import ParlandoError
from parlando_kit.queues import BoundedQueue, QueueClosed

_log = logging.getLogger(__name__)

_MOST_WRITES = 256

Write = KeepSettings | KeepTurn | ForgetTurn


class SessionKeeper:
    """Writes in order, one after another. What cannot be written is lost: the conversation goes on.

    Args:
        store: the session service.
        session_id: the session; "" keeps nothing.
    """

    def __init__(self, store: SessionStore, session_id: str) -> None:
        self._store = store
        self._session_id = session_id
        self._failing = False
        self._queue: BoundedQueue[Write] = BoundedQueue(
            unit="writes", high=_MOST_WRITES, low=_MOST_WRITES - 1, cost=lambda _: 1
        )

    def put(self, write: Write) -> None:
        """Have something written. Never waits: while too much waits already, it is lost."""
        if self._session_id and self._queue.level < _MOST_WRITES:
            self._queue.put_nowait(write)

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
                await self._write(write)
                self._failing = False
            except ParlandoError as error:
                if not self._failing:
                    _log.warning("a session is not kept any more: %s", error.reason)
                self._failing = True

    async def _write(self, write: Write) -> None:
        match write:
            case KeepSettings(kept):
                await self._store.keep_settings(self._session_id, kept)
            case KeepTurn(turn):
                await self._store.keep_turn(self._session_id, turn)
            case ForgetTurn(turn_id):
                await self._store.forget_turn(self._session_id, turn_id)

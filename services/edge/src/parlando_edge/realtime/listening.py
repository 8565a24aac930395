"""One session's way into the room where speech is heard."""

from __future__ import annotations

import math
from dataclasses import replace

from parlando_edge.barge_in.room import Listener
from parlando_edge.barge_in.turns import SpeechEdge
from parlando_edge.realtime.outputs import Echo, Listen
from parlando_kit.errors import ParlandoError
from parlando_kit.queues import BoundedQueue

_MOST_MS = 2_000
"""What may wait before the client's messages are read no further."""

_ECHO_FLOOR = 10 ** (-45 / 20)
"""Where the client cancels our echo, what is left of it: below 45 dB under full scale."""

_NOTHING = math.inf


class Listening:
    """What waits to be heard, in order.

    Args:
        listener: the session's place in the room.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._deaf = False
        self._queue: BoundedQueue[Listen] = BoundedQueue(
            unit="ms of audio in", high=_MOST_MS, low=_MOST_MS / 2, cost=lambda order: order.sound.ms
        )

    def put(self, order: Listen, *, audible: bool) -> None:
        """Append a sound, given whether our own voice may be in it."""
        floor = _floor(order.echo) if audible else 0.0
        self._queue.put_nowait(replace(order, sound=replace(order.sound, floor=floor)))

    async def room(self) -> None:
        """Wait until more may be appended."""
        await self._queue.room()

    async def next(self) -> list[SpeechEdge]:
        """Return what the next sound changes, waiting for one.

        Raises:
            ParlandoError: nothing can be heard here. Told once: from then on, nothing changes.
        """
        order = await self._queue.get()
        if self._deaf:
            return []
        try:
            return await self._listener.hear(order.sound)
        except ParlandoError:
            self._deaf = True
            raise


def _floor(echo: Echo) -> float:
    """Return the least level that can be the user's while our voice is heard."""
    match echo:
        case Echo.CANCELLED:
            return _ECHO_FLOOR
        case Echo.PRESENT:
            return _NOTHING
        case Echo.UNKNOWN:
            return 0.0

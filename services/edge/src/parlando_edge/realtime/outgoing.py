"""What waits to be sent to one WebSocket, in order."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

import orjson

from parlando_edge.realtime.outputs import Emit
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.queues import BoundedQueue, QueueClosed

HIGH_BYTES = 48 * 1024
"""What may wait before speech is read no further: less than a second of PCM at 24 kHz in base64, which is the
longest frame. What waits in the router instead is held back by its budget."""

_LOW_BYTES = HIGH_BYTES // 2
"""What may still wait when it goes on; a message that is longer, and on its way, counts as waiting."""

_MOST_BYTES = 1024 * 1024
"""What may wait at all: beyond it, the client asks for answers that it does not read."""


@dataclass(frozen=True, slots=True)
class Message:
    """An event as text; `audio_of` is the response whose audio it carries, or ""; so much of it."""

    text: str = field(repr=False)
    audio_of: str
    sample_count: int
    seconds: float


class Outgoing:
    """The way out of one connection. Speech waits for room after each step; answers never wait."""

    def __init__(self) -> None:
        self._queue: BoundedQueue[Message] = BoundedQueue(
            unit="bytes of JSON", high=HIGH_BYTES, low=_LOW_BYTES, cost=lambda item: len(item.text)
        )
        self._taken = asyncio.Event()  # what was given out last has left, or is short
        self._taken.set()

    async def room(self) -> None:
        """Wait until speech may go on: little waits, and nothing long is on its way."""
        await self._queue.room()
        await self._taken.wait()

    def put(self, emit: Emit) -> None:
        """Append an event; once closed, it is forgotten.

        Raises:
            ParlandoError: SLOW_READER when far more waits than any client that reads lets wait.
        """
        if self._queue.level > _MOST_BYTES:
            raise ParlandoError(Reason.SLOW_READER, "the client does not read the answers to what it sends")
        with suppress(QueueClosed):
            text = orjson.dumps(emit.event).decode()
            self._queue.put_nowait(Message(text, emit.audio_of, emit.sample_count, emit.seconds))

    def close(self) -> None:
        """Take nothing more."""
        self._queue.close()

    def clear(self) -> None:
        """Forget all that waits."""
        self._queue.discard(lambda _: True)

    def drop_audio(self, response_id: str) -> int:
        """Forget the audio of a response that still waits, and return how many samples that was."""
        return sum(
            item.sample_count for item in self._queue.discard(lambda item: item.audio_of == response_id)
        )

    async def get(self) -> Message:
        """Remove and return the first message, waiting for one; `taken` says that it has left.

        Raises:
            QueueClosed: it was closed, and nothing is left.
        """
        message = await self._queue.get()
        if len(message.text) > _LOW_BYTES:
            self._taken.clear()
        return message

    def taken(self) -> None:
        """Note that the message given out last has left."""
        self._taken.set()

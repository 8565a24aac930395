"""Messages on their way out of the asynchronous client: written by the caller, read by gRPC's own task.

A queue stands between the two, because gRPC ends the call of a task that is cancelled while it writes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence

from parlando.speech.v1 import speech_pb2

HIGH = 100_000
"""Code points of text that may wait to be sent before `wait_for_room` waits."""


class AsyncOutgoing(AsyncIterator[speech_pb2.SpeakRequest]):
    """A queue of messages, bounded by code points of text; one task reads it."""

    def __init__(self) -> None:
        self._requests: deque[speech_pb2.SpeakRequest] = deque()
        self._unsent = 0
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self.closed = False

    async def wait_for_room(self) -> None:
        """Return once more text may be put, or the stream is closed."""
        await self._room.wait()

    def put(self, requests: Sequence[speech_pb2.SpeakRequest]) -> None:
        """Append messages; they are dropped where the stream is closed."""
        if self.closed:
            return
        self._requests.extend(requests)
        self._unsent += sum(len(request.text.text) for request in requests)
        if self._unsent > HIGH:
            self._room.clear()
        self._filled.set()

    def close(self) -> None:
        """End the stream: what is still queued is not sent. Idempotent."""
        self.closed = True
        self._requests.clear()
        self._filled.set()
        self._room.set()

    async def __anext__(self) -> speech_pb2.SpeakRequest:
        while not self._requests:
            if self.closed:
                raise StopAsyncIteration
            self._filled.clear()
            await self._filled.wait()
        request = self._requests.popleft()
        self._unsent -= len(request.text.text)
        if self._unsent <= HIGH:
            self._room.set()
        return request

"""From an engine's thread to the loop.

The loop is woken for the first audio of a job at once, and after that at most every `REST` seconds,
however small the pieces an engine makes.
"""

from __future__ import annotations

import asyncio
import threading

from parlando_kit.errors import ParlandoError
from parlando_synth.events import Audio, EngineEvent

REST = 0.004
"""Seconds the loop leaves a job alone after it has taken audio from it. An engine at three hundred times
real time makes a second of audio meanwhile; one at real time is never kept waiting by it."""


class Mailbox:
    """Carries the events of one job from its engine's thread to the loop.

    Attributes:
        idle: done once the engine is idle for the job.
        error: what the job failed with; valid once idle.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.idle: asyncio.Future[None] = loop.create_future()
        self.error: ParlandoError | None = None
        self._loop = loop
        self._lock = threading.Lock()  # guards the next two
        self._events: list[EngineEvent] = []
        self._armed = False  # the reader waits for the next event
        self._waiter: asyncio.Future[None] | None = None
        self._had_audio = False

    def put(self, event: EngineEvent) -> None:
        """Hand an event over. Called on the engine's thread."""
        with self._lock:
            self._events.append(event)
            wake, self._armed = self._armed, False
        if wake:
            self._loop.call_soon_threadsafe(self._wake)

    def end(self, error: ParlandoError | None) -> None:
        """Note, on the loop, that the engine is idle for the job; every event of it has been put."""
        if not self.idle.done():
            self.error = error
            self.idle.set_result(None)
            self._wake()

    async def take(self) -> list[EngineEvent]:
        """Return the events that have piled up, waiting for one; empty once the job is over."""
        if self._had_audio and not self.idle.done():
            timer = self._loop.call_later(REST, self._wake)
            try:
                await self._wait()
            finally:
                timer.cancel()
        while True:
            with self._lock:
                events, self._events = self._events, []
                self._armed = not events
            if events or self.idle.done():
                break
            await self._wait()
        self._had_audio = self._had_audio or any(isinstance(event, Audio) for event in events)
        return events

    async def _wait(self) -> None:
        self._waiter = self._loop.create_future()
        await self._waiter

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

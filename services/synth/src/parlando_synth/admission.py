"""Who may use the engine: as many at a time as it holds, a bounded number waiting, the rest refused."""

from __future__ import annotations

import asyncio
from bisect import bisect_right, insort
from dataclasses import dataclass, field

from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.patience import done_within
from parlando_synth.recent import Recent

_LEAST_RETRY = 0.1  # seconds
_MOST_RETRY = 30.0


@dataclass(order=True, slots=True)
class Ticket:
    """A synthesis' claim on an instance.

    Attributes:
        due: when its listener runs out of audio, by the clock; the earliest is served first.
        number: tickets in order of arrival.
        granted: True once an instance is there for it, False when it was withdrawn before that.
    """

    due: float
    number: int
    granted: asyncio.Future[bool] = field(compare=False)


class Admission:
    """Counts what is live and what waits: the one source of both figures.

    A ticket waits until an instance is free. The one whose listener runs out of audio first is served
    first, and tickets with equal need in order of arrival. Nobody waits for more than `max_wait` seconds in
    silence: who would, as syntheses took lately, is refused at once, and who does in the end.

    Args:
        max_queued: syntheses that may wait.
        max_wait: seconds that a listener may wait without audio.
        recent: tells how long syntheses took lately.
        clock: tells when audio that is queued runs out.
    """

    def __init__(self, *, max_queued: int, max_wait: float, recent: Recent, clock: Clock) -> None:
        self._max_queued = max_queued
        self._max_wait = max_wait
        self._recent = recent
        self._clock = clock
        self._capacity = 0
        self._live = 0
        self._total = 0
        self._waiting: list[Ticket] = []
        self._emptied: asyncio.Future[None] | None = None

    @property
    def live(self) -> int:
        """Syntheses under way, from their admission until their engine is idle."""
        return self._live

    @property
    def queued(self) -> int:
        """Syntheses waiting for an instance."""
        return len(self._waiting)

    @property
    def total(self) -> int:
        """Syntheses accepted so far."""
        return self._total

    def open(self, capacity: int) -> None:
        """Admit up to `capacity` syntheses at a time from now on."""
        self._capacity = capacity
        self._serve()

    def enter(self, audio_queued: float) -> Ticket:
        """Return a ticket; `leave` must be called for it, whatever becomes of it.

        Args:
            audio_queued: seconds of audio the listener still has.

        Raises:
            ParlandoError: OVERLOADED, with an estimate of when there will be room.
        """
        due = self._clock.now() + audio_queued
        if self._live >= self._capacity:
            before = bisect_right(self._waiting, due, key=lambda waiting: waiting.due)
            silent = self._room_in(before) - audio_queued
            if len(self._waiting) >= self._max_queued or silent > self._max_wait:
                raise ParlandoError(
                    Reason.OVERLOADED,
                    f"{self._live} syntheses are under way and {len(self._waiting)} wait: try again later",
                    retry_after=self._retry_after(),
                )
        ticket = Ticket(due, self._total, asyncio.get_running_loop().create_future())
        self._total += 1
        insort(self._waiting, ticket)
        self._serve()
        return ticket

    async def turn(self, ticket: Ticket) -> bool:
        """Return True once an instance is there for a ticket, False where it was withdrawn.

        Raises:
            ParlandoError: OVERLOADED: none was free in time.
        """
        patience = ticket.due + self._max_wait - self._clock.now()
        if not ticket.granted.done() and not await done_within(ticket.granted, patience, self._clock):
            self.withdraw(ticket)
            raise ParlandoError(
                Reason.OVERLOADED,
                f"no instance was free for {self._max_wait:g} s: try again later",
                retry_after=self._retry_after(),
            )
        return ticket.granted.result()

    def withdraw(self, ticket: Ticket) -> None:
        """Take a ticket out of the queue, if it still waits."""
        if not ticket.granted.done():
            self._waiting.remove(ticket)
            ticket.granted.set_result(False)

    def leave(self, ticket: Ticket) -> None:
        """Give a ticket back: its engine is idle, or never began."""
        self.withdraw(ticket)
        if ticket.granted.result():
            self._live -= 1
            self._serve()
        if not self._live and self._emptied is not None and not self._emptied.done():
            self._emptied.set_result(None)

    async def idle(self) -> None:
        """Return once nothing is live and nothing waits."""
        while self._live or self._waiting:
            self._emptied = asyncio.get_running_loop().create_future()
            await self._emptied

    def _serve(self) -> None:
        while self._waiting and self._live < self._capacity:
            self._live += 1
            self._waiting.pop(0).granted.set_result(True)

    def _room_in(self, before: int) -> float:
        """Return the seconds until there is room behind `before` others, as syntheses went lately."""
        return (self._recent.duration or 0.0) * (before + 1) / max(self._capacity, 1)

    def _retry_after(self) -> float:
        return min(max(self._room_in(len(self._waiting)) or 1.0, _LEAST_RETRY), _MOST_RETRY)

"""Who may use the engine: as many at a time as it holds, a bounded number waiting, the rest refused."""

from __future__ import annotations

import asyncio
from bisect import insort
from dataclasses import dataclass, field

from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
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
    first, and tickets with equal need in order of arrival.

    Args:
        max_queued: syntheses that may wait.
        recent: tells how long syntheses took lately.
        clock: tells when audio that is queued runs out.
    """

    def __init__(self, *, max_queued: int, recent: Recent, clock: Clock) -> None:
        self.max_queued = max_queued
        self._recent = recent
        self._clock = clock
        self._capacity = 0
        self._live = 0
        self._total = 0
        self._waiting: list[Ticket] = []

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
        if self._live >= self._capacity and len(self._waiting) >= self.max_queued:
            raise ParlandoError(
                Reason.OVERLOADED,
                f"{self._live} syntheses are under way and {len(self._waiting)} wait: try again later",
                retry_after=self._room_in(),
            )
        ticket = Ticket(
            self._clock.now() + audio_queued,
            self._total,
            asyncio.get_running_loop().create_future(),
        )
        self._total += 1
        insort(self._waiting, ticket)
        self._serve()
        return ticket

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

    def _serve(self) -> None:
        while self._waiting and self._live < self._capacity:
            self._live += 1
            self._waiting.pop(0).granted.set_result(True)

    def _room_in(self) -> float:
        """Return the seconds until the queue will have been worked off, as things went lately."""
        each = self._recent.duration or 1.0
        estimate = each * (len(self._waiting) + 1) / max(self._capacity, 1)
        return min(max(estimate, _LEAST_RETRY), _MOST_RETRY)

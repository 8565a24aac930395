"""One response while the router speaks it."""

from __future__ import annotations

import asyncio

from opentelemetry.trace import INVALID_SPAN, Span

from parlando_edge.ports import GrowingUtterance
from parlando_edge.realtime.outputs import EndText, Flush, Write

_STOP_SECONDS = 5.0
"""How long the router may take to end a cancelled utterance; it promises 2 s."""


class Speaking:
    """One response being spoken; it can be stopped before it has begun.

    Attributes:
        asked_at: None once its first audio has left.
        leaving: whether audio of it is on its way to the client.
        stopped_at: None while nobody has stopped it.
    """

    def __init__(self, response_id: str, asked_at: float) -> None:
        self.response_id = response_id
        self.asked_at: float | None = asked_at
        self.leaving = False
        self.stopped_at: float | None = None
        self.engine = ""
        self.span: Span = INVALID_SPAN
        self._untold: list[Write | Flush | EndText] = []  # bounded by the core
        self._utterance: GrowingUtterance | None = None
        self._limit: asyncio.Timeout | None = None

    def begin(self, utterance: GrowingUtterance, limit: asyncio.Timeout) -> None:
        """Go on with the router's utterance, and with a limit that a stop sets."""
        self._utterance, self._limit = utterance, limit
        for order in self._untold:
            self.tell(order)
        self._stop()

    def tell(self, order: Write | Flush | EndText) -> None:
        """Pass on what is to be done with its text, once it has begun."""
        if self._utterance is None:
            self._untold.append(order)
            return
        match order:
            case Write(_, text):
                self._utterance.write(text)
            case Flush(_, number):
                self._utterance.flush(number)
            case EndText():
                self._utterance.end()

    def stop(self, now: float) -> None:
        """Have it stopped, at once or as soon as it has begun."""
        self.stopped_at = now
        self._stop()

    def _stop(self) -> None:
        if self.stopped_at is not None and self._utterance is not None and self._limit is not None:
            self._utterance.cancel()
            self._limit.reschedule(asyncio.get_running_loop().time() + _STOP_SECONDS)

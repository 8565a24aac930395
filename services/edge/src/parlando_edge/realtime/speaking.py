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
        text_at: when its first text came; None before that.
        sounded: whether audio of it has left.
        leaving: whether audio of it is on its way to the client.
        stopped: whether somebody has stopped it.
        cancelled_at: when its waiting audio was dropped, as it is when the client or its user stops it; None
            before that.
    """

    def __init__(self, response_id: str, text_at: float | None) -> None:
        self.response_id = response_id
        self.text_at = text_at
        self.sounded = False
        self.leaving = False
        self.stopped = False
        self.cancelled_at: float | None = None
        self.engine = ""
        self.span: Span = INVALID_SPAN
        self._untold: list[Write | Flush | EndText] = []  # bounded by the core
        self._utterance: GrowingUtterance | None = None
        self._limit: asyncio.Timeout | None = None
        self._answering: asyncio.Task[None] | None = None
        self._worded = asyncio.Event()

    def answer(self, answering: asyncio.Task[None]) -> None:
        """Have its words found by a task, which ends with it."""
        self._answering = answering

    async def worded(self) -> None:
        """Return once there is something to say, or to stop."""
        await self._worded.wait()

    async def answer_over(self) -> None:
        """Say no more, have no more words found, and return once that has ended."""
        # Its limit refers to its task, the task to what ended it, and that to this by its frames.
        self._utterance = self._limit = None
        self._end_answer()
        answering, self._answering = self._answering, None  # one that is cancelled refers to who has this
        if answering is not None:
            await asyncio.wait({answering})

    def _end_answer(self) -> None:
        # Once: a second cancel would reach what the dialogue still does to leave.
        if self._answering is not None and not self._answering.cancelling():
            self._answering.cancel()

    def begin(self, utterance: GrowingUtterance, limit: asyncio.Timeout) -> None:
        """Go on with the router's utterance, and with a limit that a stop sets."""
        self._utterance, self._limit = utterance, limit
        for order in self._untold:
            self._tell(order)
        self._stop()

    def tell(self, order: Write | Flush | EndText, now: float) -> None:
        """Pass on what is to be done with its text, once it has begun."""
        if self.text_at is None and isinstance(order, Write):
            self.text_at = now
        self._worded.set()
        self._tell(order)

    def _tell(self, order: Write | Flush | EndText) -> None:
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

    def stop(self) -> None:
        """Have it stopped, at once or as soon as it has begun."""
        self.stopped = True
        self._worded.set()
        self._end_answer()
        self._stop()

    def _stop(self) -> None:
        if self.stopped and self._utterance is not None and self._limit is not None:
            self._utterance.cancel()
            self._limit.reschedule(asyncio.get_running_loop().time() + _STOP_SECONDS)

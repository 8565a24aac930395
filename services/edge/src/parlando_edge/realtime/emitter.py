"""The core's events on their way to the client: in its names, each with an id of its own."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from parlando_edge.openai_errors import describe
from parlando_edge.realtime.dialect import Dialect
from parlando_edge.realtime.outputs import Emit, Event, Output
from parlando_kit.errors import ParlandoError

NewId = Callable[[str], str]
"""Makes an id that begins with a prefix."""


class Emitter:
    """Makes outputs of events.

    Args:
        dialect: the names the client knows events by.
        new_id: makes the beginning of their ids: chance is the system's to give, and is not asked for each.
    """

    def __init__(self, dialect: Dialect, new_id: NewId) -> None:
        self._dialect = dialect
        self._begins = new_id("event")
        self._numbers = count()

    def emit(self, *events: Event, audio_of: str = "", samples: int = 0, seconds: float = 0) -> list[Output]:
        """Return what sends events; those that carry audio say whose, and how much."""
        told = filter(None, map(self._dialect.outgoing, events))
        return [
            Emit({"event_id": f"{self._begins}{next(self._numbers)}", **event}, audio_of, samples, seconds)
            for event in told
        ]

    def complain(self, error: ParlandoError, event_id: str | None) -> list[Output]:
        """Return the `error` event, which names the client's own event where that had an id."""
        said: dict[str, Any] = describe(error)
        return self.emit({"type": "error", "error": {**said, "event_id": event_id}})

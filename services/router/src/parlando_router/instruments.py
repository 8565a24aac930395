"""What the router measures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from opentelemetry import trace

from parlando_kit import telemetry, telemetry_names

_ROUTER = {telemetry_names.HOP: "router"}


class Instruments:
    """The router's histograms and gauges."""

    def __init__(self) -> None:
        meter = telemetry.meter("router")
        self._first_chunk = telemetry.seconds(
            meter, telemetry_names.FIRST_CHUNK, "from the first text until the first audio bytes left"
        )
        self._last_byte = telemetry.seconds(
            meter, telemetry_names.CANCEL_LAST_BYTE, "from the cancel until the last audio byte left"
        )
        self._engine_idle = telemetry.seconds(
            meter, telemetry_names.CANCEL_ENGINE_IDLE, "from the cancel until the engine was idle"
        )
        self._unheard: set[Callable[[], float]] = set()
        telemetry.gauge(
            meter,
            telemetry_names.UNHEARD_SECONDS,
            "seconds of audio made and not played",
            lambda: sum(read() for read in tuple(self._unheard)),  # on the scraper's thread
            _ROUTER,
        )

    @property
    def utterances(self) -> int:
        """Utterances under way."""
        return len(self._unheard)

    @contextmanager
    def utterance(self, unheard: Callable[[], float]) -> Iterator[None]:
        """Count an utterance while it lasts; `unheard` reads its seconds made and not played."""
        self._unheard.add(unheard)
        try:
            yield
        finally:
            self._unheard.discard(unheard)

    def audio_begins(self, engine: str) -> None:
        """Mark in the trace that the first audio has left."""
        trace.get_current_span().add_event("first audio", {telemetry_names.ENGINE: engine})

    def first_chunk(self, seconds: float, engine: str) -> None:
        """Record a first chunk."""
        self._first_chunk.record(seconds, {**_ROUTER, telemetry_names.ENGINE: engine})

    def cancelled(self, last_byte: float, engine_idle: float, engine: str) -> None:
        """Record a cancel, both clocks."""
        attributes = {**_ROUTER, telemetry_names.ENGINE: engine}
        self._last_byte.record(last_byte, attributes)
        self._engine_idle.record(engine_idle, attributes)
        clocks = {
            telemetry_names.CANCEL_LAST_BYTE: last_byte,
            telemetry_names.CANCEL_ENGINE_IDLE: engine_idle,
        }
        trace.get_current_span().add_event("cancelled", clocks)

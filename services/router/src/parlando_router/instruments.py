"""What the router measures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.util.types import AttributeValue

from parlando_kit import telemetry, telemetry_names
from parlando_router.statistics import EngineFigures, Statistics

_ROUTER = {telemetry_names.HOP: "router"}


def _of(engine: str, **attributes: str) -> dict[str, str]:
    return {telemetry_names.ENGINE: engine, **attributes}


class Instruments:
    """The router's histograms and gauges."""

    def __init__(self) -> None:
        self._meter = meter = telemetry.meter("router")
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
            lambda: self.unheard,  # on the scraper's thread
            _ROUTER,
        )

    def follow(self, statistics: Statistics) -> None:
        """Tell the figures of engines as metrics."""

        def each() -> list[tuple[str, EngineFigures]]:
            return list(statistics.engines.items())  # copied: it is read on the scraper's thread

        name = telemetry_names
        counted = telemetry.counter
        counted(
            self._meter,
            name.REQUESTS,
            "syntheses asked for",
            lambda: [(figures.requests, _of(engine)) for engine, figures in each()],
        )
        counted(
            self._meter,
            name.FAILURES,
            "syntheses that failed",
            lambda: [
                (count, _of(engine, **{name.REASON: reason.value}))
                for engine, figures in each()
                for reason, count in list(figures.failures.items())
            ],
        )
        counted(
            self._meter,
            name.FAILOVERS,
            "utterances that moved away from an engine or one of its workers",
            lambda: [(figures.failovers, _of(engine)) for engine, figures in each()],
        )
        counted(
            self._meter,
            name.SEAMS,
            "fragments that another engine or worker went on with",
            lambda: [
                (count, _of(engine, **{name.TIMING_QUALITY: quality.name}))
                for engine, figures in each()
                for quality, count in list(figures.seams.items())
            ],
        )

    @property
    def utterances(self) -> int:
        """Utterances under way."""
        return len(self._unheard)

    @property
    def unheard(self) -> float:
        """Seconds of audio made and not played, of all utterances under way."""
        return sum(read() for read in tuple(self._unheard))

    @contextmanager
    def utterance(self, unheard: Callable[[], float]) -> Iterator[None]:
        """Count an utterance while it lasts; `unheard` reads its seconds made and not played."""
        self._unheard.add(unheard)
        try:
            yield
        finally:
            self._unheard.discard(unheard)

    def first_chunk(self, seconds: float, engine: str) -> None:
        """Record that the first audio has left, so long after the first text."""
        trace.get_current_span().add_event("first audio", {telemetry_names.ENGINE: engine})
        self._first_chunk.record(seconds, {**_ROUTER, telemetry_names.ENGINE: engine})

    def cancelled(self, last_byte: float, engine_idle: float, engine: str, outcome: str) -> None:
        """Record a cancel, both clocks in seconds."""
        attributes = {**_ROUTER, telemetry_names.ENGINE: engine}
        self._last_byte.record(last_byte, attributes)
        self._engine_idle.record(engine_idle, attributes)
        figures: Mapping[str, AttributeValue] = {
            telemetry_names.CANCEL_LAST_BYTE: last_byte,
            telemetry_names.CANCEL_ENGINE_IDLE: engine_idle,
            telemetry_names.STOP_OUTCOME: outcome,
        }
        trace.get_current_span().add_event("cancelled", figures)

    def abandoned(self, engine_idle: float, engine: str, outcome: str, unheard: float) -> None:
        """Record that a caller has gone while it was spoken to: nobody is left to be told.

        Args:
            engine_idle: seconds from its leaving until the engines were idle.
            engine: the one that spoke.
            outcome: how the stop ended.
            unheard: seconds of audio made and not played.
        """
        self._engine_idle.record(engine_idle, {**_ROUTER, telemetry_names.ENGINE: engine})
        figures: Mapping[str, AttributeValue] = {
            telemetry_names.CANCEL_ENGINE_IDLE: engine_idle,
            telemetry_names.STOP_OUTCOME: outcome,
            telemetry_names.UNHEARD_SECONDS: unheard,
        }
        trace.get_current_span().add_event("caller gone", figures)

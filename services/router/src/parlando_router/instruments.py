"""What the router measures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.metrics import Meter
from opentelemetry.util.types import AttributeValue

from parlando_kit import telemetry, telemetry_names
from parlando_router.events import StopReport
from parlando_router.statistics import EngineFigures, Statistics

CALLER_GONE = "caller gone"
DRAINED = "drained"
"""Events in the span of a call that ends, and nobody is told what that stopped."""

_ROUTER = {telemetry_names.HOP: "router"}


def _of(engine: str, **attributes: str) -> dict[str, str]:
    return {telemetry_names.ENGINE: engine, **attributes}


class Instruments:
    """The router's histograms, counters and gauges.

    Args:
        meter: makes them; the service's own where None.
    """

    def __init__(self, meter: Meter | None = None) -> None:
        self._meter = meter = meter or telemetry.meter("router")
        self._first_chunk = telemetry.seconds(
            meter, telemetry_names.FIRST_CHUNK, "from the first text until the first audio bytes left"
        )
        self._last_byte = telemetry.seconds(
            meter, telemetry_names.CANCEL_LAST_BYTE, "from the cancel until the last audio byte left"
        )
        self._engine_idle = telemetry.seconds(
            meter, telemetry_names.CANCEL_ENGINE_IDLE, "from the cancel until the engine was idle"
        )
        self._discarded = meter.create_counter(
            telemetry_names.DISCARDED_SECONDS,
            unit="s",
            description="seconds of audio made and thrown away by stops",
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

    def cancelled(self, report: StopReport, engine: str, rate: int) -> None:
        """Record a cancel whose caller is told of it; `rate` is that of its samples, in Hz."""
        self._last_byte.record(report.last_byte_after, {**_ROUTER, telemetry_names.ENGINE: engine})
        figures = {telemetry_names.CANCEL_LAST_BYTE: report.last_byte_after}
        self._stopped("cancelled", report, engine, rate, figures)

    def abandoned(self, why: str, report: StopReport, engine: str, rate: int, unheard: float) -> None:
        """Record what was stopped where nobody is left to be told.

        Args:
            why: CALLER_GONE or DRAINED.
            report: of all that was stopped; its clock runs from the moment the call ended.
            engine: the one that spoke.
            rate: samples a second.
            unheard: seconds of audio made and not played.
        """
        self._stopped(why, report, engine, rate, {telemetry_names.UNHEARD_SECONDS: unheard})

    def _stopped(
        self, event: str, report: StopReport, engine: str, rate: int, more: Mapping[str, AttributeValue]
    ) -> None:
        name, outcome = telemetry_names, report.outcome.name
        self._engine_idle.record(report.idle_after, {**_ROUTER, name.ENGINE: engine})
        self._discarded.add(report.samples_discarded / rate, _of(engine, **{name.STOP_OUTCOME: outcome}))
        figures: Mapping[str, AttributeValue] = {
            **more,
            name.CANCEL_ENGINE_IDLE: report.idle_after,
            name.STOP_OUTCOME: outcome,
            name.STOP_SAMPLES_SENT: report.samples_sent,
            name.STOP_FRAGMENTS_DROPPED: report.fragments_dropped,
            name.STOP_SAMPLES_DISCARDED: report.samples_discarded,
            name.STOP_ENGINE_TIME: report.engine_time_after_stop,
        }
        trace.get_current_span().add_event(event, figures)

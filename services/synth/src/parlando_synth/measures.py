"""What a worker tells about itself: metrics and spans. Never any spoken text."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager

from opentelemetry import trace
from opentelemetry.metrics import Meter
from opentelemetry.trace import Span
from opentelemetry.util.types import AttributeValue

from parlando_kit import telemetry
from parlando_kit.telemetry_names import (
    CANCEL_ENGINE_IDLE,
    ENGINE,
    FIRST_CHUNK,
    HOP,
    INSTANCES,
    LIVE_SYNTHESES,
    QUEUED_SYNTHESES,
    STOP_OUTCOME,
)
from parlando_synth.admission import Admission
from parlando_synth.slot import EngineSlot


class Measures:
    """The worker's instruments.

    Args:
        meter: makes them.
        engine: the engine's name.
        admission: counts what is live and what waits.
        slot: counts instances.
    """

    def __init__(self, meter: Meter, engine: str, admission: Admission, slot: EngineSlot) -> None:
        self._engine = engine
        self._attributes = {HOP: "synth", ENGINE: engine}
        self._tracer = trace.get_tracer("parlando.synth")
        self._first_chunk = telemetry.seconds(
            meter, FIRST_CHUNK, "from the arrival of a request until its first audio leaves"
        )
        self._engine_idle = telemetry.seconds(
            meter, CANCEL_ENGINE_IDLE, "from the arrival of a cancel until the engine is idle"
        )
        at = {ENGINE: engine}
        telemetry.gauge(meter, LIVE_SYNTHESES, "syntheses under way", lambda: admission.live, at)
        telemetry.gauge(meter, QUEUED_SYNTHESES, "syntheses waiting", lambda: admission.queued, at)
        telemetry.gauge(meter, INSTANCES, "instances of the engine that are loaded", lambda: slot.held, at)

    def first_chunk(self, after: float) -> None:
        """Note that the first audio of a synthesis leaves, `after` seconds from its request."""
        self._first_chunk.record(after, self._attributes)
        trace.get_current_span().add_event("first audio")

    def engine_idle(self, after: float) -> None:
        """Note that an engine is idle, `after` seconds from a cancel."""
        self._engine_idle.record(after, self._attributes)

    def stopped(self, after: float, outcome: str) -> None:
        """Mark in the span of a stop how it ended, `after` seconds from its arrival."""
        figures: Mapping[str, AttributeValue] = {CANCEL_ENGINE_IDLE: after, STOP_OUTCOME: outcome}
        trace.get_current_span().add_event("engine idle", figures)

    def speaking(self) -> AbstractContextManager[Span]:
        """Return the span of an engine's work on one synthesis."""
        return self._tracer.start_as_current_span(
            "engine",
            attributes={ENGINE: self._engine},
            record_exception=False,
        )

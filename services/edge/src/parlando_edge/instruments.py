"""What the edge measures."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager

from opentelemetry import trace
from opentelemetry.metrics import Histogram
from opentelemetry.trace import Span
from opentelemetry.util.types import AttributeValue

from parlando_kit import telemetry, telemetry_names


class Instruments:
    """The edge's histograms and spans of its own.

    First chunk runs from the arrival of the text until its first audio leaves. Cancel runs from the client's
    cancel, or from its user's speech, until the last audio leaves and, separately, until the router has said
    that the engines are idle.
    """

    def __init__(self) -> None:
        self._tracer = trace.get_tracer("parlando.edge")
        meter = telemetry.meter("edge")
        self._first_chunk = telemetry.seconds(
            meter, telemetry_names.FIRST_CHUNK, "from the first text until the first audio bytes left"
        )
        self._last_byte = telemetry.seconds(
            meter, telemetry_names.CANCEL_LAST_BYTE, "from the cancel until the last audio byte left"
        )
        self._engine_idle = telemetry.seconds(
            meter, telemetry_names.CANCEL_ENGINE_IDLE, "from the cancel until the engine was idle"
        )

    def response(self, response_id: str) -> AbstractContextManager[Span]:
        """Return a span of one Realtime response, current while it lasts.

        Its parent is the connection's, which ends with the connection: an hour of talk is one trace, in
        which each response can be seen as soon as it is over.
        """
        return self._tracer.start_as_current_span(
            "response",
            attributes={"gen_ai.response.id": response_id},
            record_exception=False,
            set_status_on_exception=False,
        )

    def first_chunk(self, seconds: float, engine: str, span: Span | None = None) -> None:
        """Record a first chunk, and mark it in a span; None marks the current one."""
        span = span or trace.get_current_span()
        self._first_chunk.record(seconds, _of(engine), context=trace.set_span_in_context(span))
        span.add_event("first audio", {telemetry_names.ENGINE: engine})

    def last_byte(self, seconds: float, engine: str, span: Span) -> None:
        """Record when the last audio of a cancelled response left, counted from the cancel."""
        self._cancelled(self._last_byte, telemetry_names.CANCEL_LAST_BYTE, seconds, engine, span)

    def engine_idle(self, seconds: float, engine: str, span: Span) -> None:
        """Record when the engines of a cancelled response were idle, counted from the cancel."""
        self._cancelled(self._engine_idle, telemetry_names.CANCEL_ENGINE_IDLE, seconds, engine, span)

    def caller_gone(self, seconds: float, engine: str) -> None:
        """Record that a client left its HTTP answer, and how long after that no byte could leave any more.

        When the engine is idle the router alone can tell: the edge's call of it ends at once.
        """
        self._last_byte.record(seconds, _of(engine))
        figures: Mapping[str, AttributeValue] = {
            telemetry_names.CANCEL_LAST_BYTE: seconds,
            telemetry_names.ENGINE: engine,
        }
        trace.get_current_span().add_event("caller gone", figures)

    def _cancelled(self, into: Histogram, name: str, seconds: float, engine: str, span: Span) -> None:
        into.record(seconds, _of(engine), context=trace.set_span_in_context(span))
        if span.is_recording():  # a client that takes its last byte late does so after its response
            span.add_event("cancelled", {name: seconds})


def _of(engine: str) -> dict[str, str]:
    return {telemetry_names.HOP: "edge", telemetry_names.ENGINE: engine}

"""What the edge measures."""

from __future__ import annotations

from contextlib import AbstractContextManager

from opentelemetry import trace
from opentelemetry.trace import Span

from parlando_kit import telemetry, telemetry_names


class Instruments:
    """The edge's histogram and spans of its own.

    First chunk runs from the arrival of the text until its first audio leaves.
    """

    def __init__(self) -> None:
        self._tracer = trace.get_tracer("parlando.edge")
        self._first_chunk = telemetry.seconds(
            telemetry.meter("edge"),
            telemetry_names.FIRST_CHUNK,
            "from the first text until the first audio bytes left",
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
        self._first_chunk.record(seconds, {telemetry_names.HOP: "edge", telemetry_names.ENGINE: engine})
        (span or trace.get_current_span()).add_event("first audio", {telemetry_names.ENGINE: engine})

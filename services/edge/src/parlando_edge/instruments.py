"""What the edge measures."""

from __future__ import annotations

from opentelemetry import trace

from parlando_kit import telemetry, telemetry_names


class Instruments:
    """The edge's histogram. First chunk runs from the arrival of the text until its first audio leaves."""

    def __init__(self) -> None:
        self._first_chunk = telemetry.seconds(
            telemetry.meter("edge"),
            telemetry_names.FIRST_CHUNK,
            "from the first text until the first audio bytes left",
        )

    def first_chunk(self, seconds: float, engine: str) -> None:
        """Record a first chunk."""
        self._first_chunk.record(seconds, {telemetry_names.HOP: "edge", telemetry_names.ENGINE: engine})
        trace.get_current_span().add_event("first audio", {telemetry_names.ENGINE: engine})

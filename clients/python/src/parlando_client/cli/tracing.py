"""What each service did for an utterance, and when, drawn from the trace ring of `parlando up --trace`."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import grpc
from rich.table import Table
from rich.text import Text

from parlando_client.channel import CHANNEL_OPTIONS
from parlando_client.cli.failure import Failure

DEFAULT_TRACES = "127.0.0.1:4317"

_READ = "/parlando.traces.TraceRing/Read"
_ANSWER_SECONDS = 2.0
_AGAIN_SECONDS = 0.1
_COMPLETE_SECONDS = 5.0
_FLUSH_SECONDS = 0.6  # Envoy and the services send what they have twice a second
_BAR = 40
_MARKS = {"first audio": "◆", "cancelled": "✕"}

Span = dict[str, Any]
"""As parlando_kit.traces describes it."""


@dataclass(frozen=True, slots=True)
class TraceContext:
    """A trace that begins here.

    Attributes:
        trace_id: 32 hexadecimal digits.
        span_id: 16 hexadecimal digits.
    """

    trace_id: str
    span_id: str

    @classmethod
    def minted(cls) -> Self:
        """Return a new one."""
        return cls(secrets.token_hex(16), secrets.token_hex(8))

    @property
    def traceparent(self) -> str:
        """The W3C header, sampled."""
        return f"00-{self.trace_id}-{self.span_id}-01"


async def fetch(address: str, context: TraceContext) -> list[Span]:
    """Return a trace's spans, earliest first, as soon as its root has come, or what there is after 5 s.

    Raises:
        Failure: there is no ring, or nothing of the trace in it.
    """
    spans: list[Span] = []
    async with grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS) as channel:
        read: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(_READ)
        give_up = time.monotonic() + _COMPLETE_SECONDS
        try:
            while time.monotonic() < give_up:
                spans = await _read(read, context)
                if any(span["parent_id"] == context.span_id for span in spans):
                    await asyncio.sleep(_FLUSH_SECONDS)  # what it called is on its way
                    return await _read(read, context)
                await asyncio.sleep(_AGAIN_SECONDS)
        except grpc.aio.AioRpcError:
            how = "start the system with `parlando up --trace`"
            raise Failure(f"there is no trace ring at {address}: {how}") from None
    if not spans:
        raise Failure(f"the trace ring at {address} knows nothing of this utterance: is it another system's?")
    return spans


async def _read(read: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes], context: TraceContext) -> list[Span]:
    spans: list[Span] = json.loads(await read(context.trace_id.encode(), timeout=_ANSWER_SECONDS))
    return spans


def waterfall(spans: Sequence[Span]) -> Table:
    """Return the drawing: a line a span under its caller's, times in milliseconds from the first."""
    began = min(span["start_ns"] for span in spans)
    whole = max(max(span["end_ns"] for span in spans) - began, 1)
    table = Table(box=None, pad_edge=False)
    table.add_column("service")
    table.add_column("span")
    table.add_column("start", justify="right")
    table.add_column("ms", justify="right")
    table.add_column("", width=_BAR)
    table.add_column("")
    for depth, span in _nested(spans):
        service = span["service"].removeprefix("parlando-")
        start, end = span["start_ns"] - began, span["end_ns"] - began
        marks = [(event["name"], event["time_ns"] - began) for event in span["events"]]
        told = ", ".join(f"{name} {_milliseconds(at)}" for name, at in marks)
        table.add_row(
            "  " * depth + service,
            span["name"].rpartition("/")[2] if "rpc.method" in span["attributes"] else span["name"],
            _milliseconds(start),
            _milliseconds(end - start),
            _bar(start / whole, end / whole, [(name, at / whole) for name, at in marks]),
            Text(told, style="dim"),
        )
    return table


def _nested(spans: Sequence[Span]) -> Iterator[tuple[int, Span]]:
    """Yield each span with its depth, callers before those they call."""
    known = {span["span_id"] for span in spans}

    def below(parent: str | None, depth: int) -> Iterator[tuple[int, Span]]:
        for span in spans:
            if (span["parent_id"] if span["parent_id"] in known else None) == parent:
                yield depth, span
                yield from below(span["span_id"], depth + 1)

    return below(None, 0)


def _bar(start: float, end: float, marks: Sequence[tuple[str, float]]) -> Text:
    cells = [" "] * _BAR
    for cell in range(_cell(start), _cell(end) + 1):
        cells[cell] = "━"
    for name, at in marks:
        cells[_cell(at)] = _MARKS.get(name, "·")
    return Text("".join(cells), style="cyan")


def _cell(share: float) -> int:
    return min(max(int(share * _BAR), 0), _BAR - 1)


def _milliseconds(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e6:.1f}"

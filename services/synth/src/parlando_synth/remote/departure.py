"""When a request over HTTP leaves: one that was stopped while it was connecting costs nothing.

A client is made with `event_hooks={"request": [watched]}`, and a job calls `departs` before it asks.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from parlando_synth.remote.vendor import Exchange

_LEAVES = ".send_request_headers.started"  # of httpcore's events, whatever the version of HTTP
_exchange: ContextVar[Exchange | None] = ContextVar("_exchange", default=None)


def departs(exchange: Exchange) -> None:
    """Have `exchange.goes_on` set as the next requests of this task leave.

    An adapter speaks on a task of its own, which ends with the job: there is nothing to undo.
    """
    _exchange.set(exchange)


async def watched(request: Any) -> None:
    """Watch a request leave: an event hook of httpx's clients, by whichever name they are installed."""
    if (exchange := _exchange.get()) is None:
        return

    async def trace(event: str, _: object) -> None:
        if event.endswith(_LEAVES):
            exchange.goes_on = True

    request.extensions = {**request.extensions, "trace": trace}

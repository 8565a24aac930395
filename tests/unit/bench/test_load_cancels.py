"""How a caller over Realtime cancels, of a server that says what it is told to."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from load.figures import Figures
from load.plan import Conduct, Order, Road
from load.realtime_road import ConnectionLostError, Line
from load.take import Take
from websockets.asyncio.server import ServerConnection, serve

_SOUND = base64.b64encode(bytes(24_000)).decode()  # half a second
_DELTA = {"type": "response.output_audio.delta", "delta": _SOUND}
_COMPLETED = {"type": "response.done", "response": {"status": "completed"}}
_CANCELLED = {"type": "response.done", "response": {"status": "cancelled"}}
_REFUSED = {
    "type": "response.done",
    "response": {"status": "failed", "status_details": {"error": {"code": "rate_limit_exceeded"}}},
}


def _nothing_to_cancel(number: int) -> dict[str, Any]:
    error = {"code": "response_cancel_not_active", "event_id": f"cancel_{number}"}
    return {"type": "error", "error": error}


@asynccontextmanager
async def _line(*turns: Sequence[dict[str, Any]]) -> AsyncIterator[Line]:
    """Connect to a server that answers each message in turn, and hangs up after the last."""

    async def converse(socket: ServerConnection) -> None:
        await socket.send(json.dumps({"type": "session.created", "session": {"id": "one"}}))
        for turn in turns:
            await socket.recv()
            for event in turn:
                await socket.send(json.dumps(event))

    async with serve(converse, "127.0.0.1", 0) as server:
        line = await Line.open(f"127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}")
        yield line
        line.close()


def _take(number: int, figures: Figures, cancel_after: float) -> Take:
    order = Order(number, 0.0, Road.REALTIME, Conduct.CANCEL, "One two three.", "", cancel_after)
    return Take(order, time.perf_counter(), figures, 0.0)


async def test_what_is_under_way_is_stopped() -> None:
    figures = Figures()
    async with _line([_DELTA], [_CANCELLED]) as line:
        await line.speak(_take(0, figures, 0.05), ())
    assert figures.counts == {"cancelled": 1}
    assert len(figures.latencies["cancel, answered"]) == 1


async def test_a_listener_cancels_what_was_sent_in_full() -> None:
    figures = Figures()
    async with _line([_DELTA, _COMPLETED], [_nothing_to_cancel(0)]) as line:
        await line.speak(_take(0, figures, 0.2), ())
    assert figures.counts == {"completed": 1, "cancelled after the end": 1}
    assert "cancel, answered" not in figures.latencies
    assert len(figures.latencies["cancel after the end, answered"]) == 1


async def test_what_is_complete_while_its_cancel_is_on_its_way_has_that_answered_first() -> None:
    figures = Figures()
    async with _line([_DELTA], [_COMPLETED, _nothing_to_cancel(0)]) as line:
        await line.speak(_take(0, figures, 0.05), ())
    assert figures.counts == {"completed": 1, "cancelled after the end": 1}


async def test_what_has_been_heard_to_its_end_is_cancelled_no_more() -> None:
    figures = Figures()
    async with _line([_DELTA, _COMPLETED], []) as line:
        await line.speak(_take(0, figures, 60.0), ())
    assert figures.counts == {"completed": 1, "cancel came too late": 1}


async def test_a_refusal_on_its_way_answers_the_cancel_and_what_follows_is_of_no_later_one() -> None:
    figures = Figures()
    late: list[dict[str, Any]] = [_DELTA, _COMPLETED, _nothing_to_cancel(0)]
    async with _line([], [_REFUSED], late, [_nothing_to_cancel(1)]) as line:
        await line.speak(_take(0, figures, 0.01), ())
        await line.speak(_take(1, figures, 0.3), ())
    assert figures.counts == {"refused": 1, "completed": 1, "cancelled after the end": 1}


async def test_a_cancel_whose_answer_is_lost_is_an_error() -> None:
    figures = Figures()
    async with _line([_DELTA, _COMPLETED], []) as line:
        with pytest.raises(ConnectionLostError):
            await line.speak(_take(0, figures, 0.1), ())
    assert figures.counts == {"completed": 1, "error: connection lost": 1}

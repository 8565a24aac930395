"""How a caller over Realtime cancels, and loses its session, of a server that says what it is told to."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from load.dispatch import Dispatcher
from load.figures import Figures
from load.plan import Conduct, Order, Plan, Road
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


async def test_a_session_that_is_not_taken_back_costs_its_order_and_ends_no_run() -> None:
    connections = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Refuse each second connection, as a proxy does whose service does not answer in time."""
        nonlocal connections
        connections += 1
        if connections % 2:
            async with asyncio.timeout(10):
                back = asyncio.open_connection("127.0.0.1", inner)
                inner_reader, inner_writer = await back
                await asyncio.gather(_pass(reader, inner_writer), _pass(inner_reader, writer))
            return
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 504 Gateway Timeout\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    async def converse(socket: ServerConnection) -> None:
        await socket.send(json.dumps({"type": "session.created", "session": {"id": "one"}}))
        await socket.wait_closed()

    plan = Plan(sessions=1, rate=50, seconds=10, most=1, conducts={Conduct.RECONNECT: 1.0})
    figures = Figures()
    async with serve(converse, "127.0.0.1", 0) as server:
        inner = next(iter(server.sockets)).getsockname()[1]
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as front:
            dispatcher = Dispatcher(plan, f"127.0.0.1:{front.sockets[0].getsockname()[1]}", figures)
            async with dispatcher.open():
                await dispatcher.run()
    assert figures.counts == {"orders": 1, "error: ConnectionLostError": 1}


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65_536):
        writer.write(piece)
    writer.close()

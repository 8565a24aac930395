"""How a caller over Realtime cancels, and loses its session, of a server that says what it is told to."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
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
_CREATED = {"type": "response.created", "response": {"id": "r"}}
_DELTA = {"type": "response.output_audio.delta", "response_id": "r", "delta": _SOUND}
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
    async with _line([_CREATED, _DELTA], [_CANCELLED]) as line:
        await line.speak(_take(0, figures, 0.05), ())
    assert figures.counts == {"cancelled": 1}
    assert len(figures.latencies["cancel, answered"]) == 1


async def test_a_listener_cancels_what_was_sent_in_full() -> None:
    figures = Figures()
    async with _line([_CREATED, _DELTA, _COMPLETED], [_nothing_to_cancel(0)]) as line:
        await line.speak(_take(0, figures, 0.2), ())
    assert figures.counts == {"completed": 1, "cancelled after the end": 1}
    assert "cancel, answered" not in figures.latencies
    assert len(figures.latencies["cancel after the end, answered"]) == 1


async def test_what_is_complete_while_its_cancel_is_on_its_way_has_that_answered_first() -> None:
    figures = Figures()
    async with _line([_CREATED, _DELTA], [_COMPLETED, _nothing_to_cancel(0)]) as line:
        await line.speak(_take(0, figures, 0.05), ())
    assert figures.counts == {"completed": 1, "cancelled after the end": 1}


async def test_what_has_been_heard_to_its_end_is_cancelled_no_more() -> None:
    figures = Figures()
    async with _line([_CREATED, _DELTA, _COMPLETED], []) as line:
        await line.speak(_take(0, figures, 60.0), ())
    assert figures.counts == {"completed": 1, "cancel came too late": 1}


async def test_a_refusal_on_its_way_answers_the_cancel_and_what_follows_is_of_no_later_one() -> None:
    figures = Figures()
    late: list[dict[str, Any]] = [_CREATED, _DELTA, _COMPLETED, _nothing_to_cancel(0)]
    async with _line([], [_REFUSED], late, [_nothing_to_cancel(1)]) as line:
        await line.speak(_take(0, figures, 0.01), ())
        await line.speak(_take(1, figures, 0.3), ())
    assert figures.counts == {"refused": 1, "completed": 1, "cancelled after the end": 1}


async def test_a_cancel_whose_answer_is_lost_is_an_error() -> None:
    figures = Figures()
    async with _line([_CREATED, _DELTA, _COMPLETED], []) as line:
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
            try:
                async with asyncio.timeout(10):
                    back = asyncio.open_connection("127.0.0.1", inner)
                    inner_reader, inner_writer = await back
                    await asyncio.gather(_pass(reader, inner_writer), _pass(inner_reader, writer))
            except ConnectionError:  # whoever connects last may find the one behind it gone
                writer.close()
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
    lost = "ConnectionLostError"
    assert figures.counts == {"orders": 1, f"error: {lost}": 1, f"error: connect, later: {lost}": 1}


async def test_a_cancel_that_is_ignored_is_an_error() -> None:
    figures = Figures()
    async with _line([_CREATED, _DELTA], [_nothing_to_cancel(0), _DELTA, _COMPLETED]) as line:
        await line.speak(_take(0, figures, 0.05), ())
    assert figures.counts == {"error: cancel ignored": 1, "completed": 1}


async def test_sound_of_another_response_is_nobodys() -> None:
    figures = Figures()
    other = {**_DELTA, "response_id": "before"}
    async with _line([other, _CREATED, other, _DELTA, _COMPLETED, _DELTA], []) as line:
        take = _take(0, figures, 60.0)
        await line.speak(take, ())
        assert line.strays == 3
    assert take.playback.seconds == 0.5


@asynccontextmanager
async def _dispatching(
    plan: Plan, figures: Figures, *, connections: int, then: Callable[[ServerConnection], Awaitable[None]]
) -> AsyncIterator[Dispatcher]:
    """Open a plan's sessions at a server that takes so many connections, and say what it does with each."""
    left = connections

    async def converse(socket: ServerConnection) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            await socket.send(json.dumps({"type": "session.created", "session": {"id": "one"}}))
            await then(socket)

    async with serve(converse, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        dispatcher = Dispatcher(plan, f"127.0.0.1:{port}", figures)
        async with dispatcher.open():
            yield dispatcher


async def _speak(socket: ServerConnection) -> None:
    async for _ in socket:
        for event in (_CREATED, _DELTA, _COMPLETED):
            await socket.send(json.dumps(event))


async def test_a_session_that_nobody_uses_is_missed_and_another_takes_its_place() -> None:
    figures = Figures()
    hung_up = asyncio.Event()

    async def hang_up_once(socket: ServerConnection) -> None:
        if not hung_up.is_set():
            hung_up.set()
            return
        await _speak(socket)

    plan = Plan(sessions=1, rate=5, seconds=10, most=1)
    async with _dispatching(plan, figures, connections=2, then=hang_up_once) as dispatcher:
        await hung_up.wait()
        await dispatcher.run()
    assert figures.counts["error: session lost"] == figures.counts["completed"] == 1
    assert len(figures.latencies["connect, later"]) == 1


async def test_a_caller_who_comes_later_and_cannot_connect_is_an_error() -> None:
    figures = Figures()
    plan = Plan(sessions=1, rate=50, seconds=10, most=1, conducts={Conduct.LEAVE: 1.0})
    async with _dispatching(plan, figures, connections=1, then=_speak) as dispatcher:
        await dispatcher.run()
    assert figures.counts["completed"] == 1
    assert figures.counts["error: connect, later: ConnectionLostError"] >= 1


def test_orders_over_realtime_need_a_session() -> None:
    with pytest.raises(ValueError, match="need a session"):
        Dispatcher(Plan(sessions=0), "127.0.0.1:1", Figures())
    Dispatcher(Plan(sessions=0, roads={Road.HTTP: 1.0}), "127.0.0.1:1", Figures())


async def test_an_order_waits_for_a_session_so_long_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("load.dispatch._FREE_WITHIN_SECONDS", 0.1)
    figures = Figures()
    asked = 0

    async def hold_up_the_first(socket: ServerConnection) -> None:
        nonlocal asked
        async for _ in socket:
            asked += 1
            await asyncio.sleep(0.5 if asked == 1 else 0.0)
            for event in (_CREATED, _DELTA, _COMPLETED):
                await socket.send(json.dumps(event))

    plan = Plan(sessions=1, rate=50, seconds=10, most=3)
    async with _dispatching(plan, figures, connections=1, then=hold_up_the_first) as dispatcher:
        await dispatcher.run()
    assert figures.counts["completed"] == 1
    assert figures.counts["error: no session was free"] == figures.counts["waited for a session"] == 2


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65_536):
        writer.write(piece)
    writer.close()

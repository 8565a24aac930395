"""Turns that gather, and leave together."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest
from google.rpc.status_pb2 import Status
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from parlando.session.v1.session_pb2 import BatchPutTurnsRequest, BatchPutTurnsResponse, PutTurnRequest, Turn
from parlando_edge.turn_batches import INTERVAL, MOST_BYTES, MOST_TURNS, SPARE, Metadata, TurnBatches
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.status import to_status
from parlando_scripted.clock import ManualClock


class _Sessions:
    """A session service that answers when it is told to."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.batches = TurnBatches(self.ask, self.clock)
        self.calls: list[list[str]] = []
        self.times: list[float] = []
        self.metadata: list[Metadata] = []
        self.refused: dict[str, ParlandoError] = {}
        self.failure: ParlandoError | None = None
        self.answers = asyncio.Event()
        self.answers.set()
        self.forgotten = 0

    async def ask(self, request: BatchPutTurnsRequest, metadata: Metadata) -> BatchPutTurnsResponse:
        """Note a call, and answer it."""
        names = [each.turn.id for each in request.requests]
        self.calls.append(names)
        self.times.append(self.clock.now() - 1_000)
        self.metadata.append(metadata)
        await self.answers.wait()
        if self.failure is not None:
            raise self.failure
        statuses = [to_status(self.refused[name]) if name in self.refused else Status() for name in names]
        return BatchPutTurnsResponse(statuses=statuses[self.forgotten :])

    def put(self, name: str, text: str = "") -> asyncio.Task[None]:
        """Begin to keep a turn of a session of its own."""
        return asyncio.ensure_future(self.batches.put(_turn(name, f"of {name}", text)))

    async def use_up(self) -> None:
        """Make the calls that a pause leaves to be made sooner, and forget them."""
        for number in range(SPARE):
            await self.put(f"before {number}")
        assert self.times == [0] * SPARE
        self.calls.clear()
        self.times.clear()
        self.metadata.clear()

    async def advance(self, seconds: float) -> None:
        """Let time pass, and everything run that can."""
        self.clock.advance(seconds)
        await _settled()


def _turn(name: str, session: str, text: str = "") -> PutTurnRequest:
    return PutTurnRequest(session_id=session, turn=Turn(id=name, text=text))


async def _settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@asynccontextmanager
async def _serving() -> AsyncIterator[_Sessions]:
    """A session service; nothing is left of it."""
    sessions = _Sessions()
    yield sessions
    await _settled()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert sessions.clock.sleepers == 0


async def _all(tasks: Sequence[asyncio.Task[None]]) -> None:
    async with asyncio.timeout(10):
        await asyncio.gather(*tasks)


async def test_the_first_turn_leaves_at_once_and_leaves_nothing() -> None:
    async with _serving() as sessions:
        await sessions.put("a")
        assert (sessions.calls, sessions.times) == ([["a"]], [0])


async def test_turns_that_come_together_leave_together() -> None:
    async with _serving() as sessions:
        await _all([sessions.put(name) for name in "abc"])
        assert sessions.calls == [["a", "b", "c"]]


async def test_turns_gather_until_the_interval_is_over() -> None:
    async with _serving() as sessions:
        await sessions.use_up()
        await sessions.put("a")
        gathering = [sessions.put("b")]
        await sessions.advance(INTERVAL / 2)
        gathering.append(sessions.put("c"))
        await sessions.advance(INTERVAL / 2 - 0.001)
        assert sessions.calls == [["a"]]
        await sessions.advance(0.001)
        await _all(gathering)
        assert sessions.calls == [["a"], ["b", "c"]]


async def test_where_turns_come_seldom_none_waits() -> None:
    async with _serving() as sessions:
        for name in "abcdefgh":
            await sessions.put(name)
            await sessions.advance(INTERVAL)
        assert sessions.calls == [[name] for name in "abcdefgh"]


async def test_a_few_that_come_at_short_intervals_do_not_wait_either() -> None:
    async with _serving() as sessions:
        for _ in range(3):
            for number in range(SPARE + 1):
                await sessions.put(str(number))
            await sessions.advance((SPARE + 1) * INTERVAL)
        assert len(sessions.calls) == 3 * (SPARE + 1)


async def test_where_turns_come_without_a_pause_there_is_a_call_in_each_interval() -> None:
    async with _serving() as sessions:
        putting = []
        for number in range(200):
            putting.append(sessions.put(str(number)))
            await sessions.advance(INTERVAL / 10)
        await sessions.advance(INTERVAL)
        await _all(putting)
        assert len(sessions.calls) == pytest.approx(20 + SPARE, abs=1)


async def test_turns_gather_while_a_call_is_under_way_and_leave_as_it_ends() -> None:
    async with _serving() as sessions:
        sessions.answers.clear()
        waiting = [sessions.put("a")]
        await _settled()
        waiting += [sessions.put(name) for name in "bc"]
        await sessions.advance(2 * INTERVAL)
        assert sessions.calls == [["a"]]
        sessions.answers.set()
        await _all(waiting)
        assert sessions.calls == [["a"], ["b", "c"]]


async def test_who_has_more_to_keep_does_not_wait_for_others_nor_do_they_then() -> None:
    async with _serving() as sessions:

        async def keep(*names: str) -> None:
            for name in names:
                await sessions.batches.put(_turn(name, "one"))

        await sessions.use_up()
        sessions.answers.clear()
        keeping = asyncio.ensure_future(keep("a", "b", "c"))
        await _settled()
        other = sessions.put("x")
        sessions.answers.set()
        await _all([keeping, other])
        assert sessions.calls == [["a"], ["x", "b"], ["c"]]
        assert sessions.times == [0, 0, 0]
        last = sessions.put("last")  # which waits for no more than an interval
        await sessions.advance(INTERVAL)
        await last


async def test_a_call_carries_so_many_turns_and_the_rest_follows_at_once() -> None:
    async with _serving() as sessions:
        await sessions.use_up()
        await _all([sessions.put(str(number)) for number in range(2 * MOST_TURNS + 1)])
        assert [len(call) for call in sessions.calls] == [MOST_TURNS, MOST_TURNS, 1]
        assert [name for call in sessions.calls for name in call] == [
            str(number) for number in range(2 * MOST_TURNS + 1)
        ]
        last = sessions.put("last")
        await _settled()
        assert len(sessions.calls) == 3
        await sessions.advance(INTERVAL)
        await last


async def test_a_call_carries_so_many_bytes_and_what_is_larger_goes_by_itself() -> None:
    async with _serving() as sessions:
        third, all_of_it = "x" * (MOST_BYTES // 3), "x" * MOST_BYTES
        texts = {"a": third, "b": third, "c": third, "d": all_of_it, "e": "", "f": ""}
        await _all([sessions.put(name, text=text) for name, text in texts.items()])
        assert sessions.calls == [["a", "b"], ["c"], ["d"], ["e", "f"]]


async def test_one_that_is_refused_is_told_so_and_the_others_are_kept() -> None:
    async with _serving() as sessions:
        error = ParlandoError(Reason.OVERLOADED, "the store is full", field="turn", retry_after=2.5)
        sessions.refused["b"] = error
        a, b, c = (sessions.put(name) for name in "abc")
        with pytest.raises(ParlandoError) as refused:
            await b
        assert vars(refused.value) == vars(error)
        await _all([a, c])


@pytest.mark.parametrize("reason", [Reason.DEPENDENCY_UNAVAILABLE, Reason.DRAINING, Reason.TOO_LATE])
async def test_a_call_that_fails_is_told_to_each_by_an_error_of_its_own(reason: Reason) -> None:
    async with _serving() as sessions:
        sessions.failure = ParlandoError(reason, "not now")
        a, b = await asyncio.gather(sessions.put("a"), sessions.put("b"), return_exceptions=True)
        assert isinstance(a, ParlandoError)
        assert isinstance(b, ParlandoError)
        assert a is not b
        assert vars(a) == vars(b) == vars(sessions.failure)
        sessions.failure = None
        again = sessions.put("a")
        await sessions.advance(INTERVAL)
        await again


async def test_an_answer_that_is_not_of_these_turns_is_an_error_of_all() -> None:
    async with _serving() as sessions:
        sessions.forgotten = 1
        told = await asyncio.gather(sessions.put("a"), sessions.put("b"), return_exceptions=True)
        assert [error.reason for error in told if isinstance(error, ParlandoError)] == [Reason.INTERNAL] * 2


async def test_one_that_nobody_waits_for_is_not_sent() -> None:
    async with _serving() as sessions:
        await sessions.use_up()
        await sessions.put("a")
        b, c = sessions.put("b"), sessions.put("c")
        await _settled()
        b.cancel()
        await sessions.advance(INTERVAL)
        await c
        assert sessions.calls == [["a"], ["c"]]
        d = sessions.put("d")
        await _settled()
        d.cancel()
        await sessions.advance(INTERVAL)
        assert sessions.calls == [["a"], ["c"]]


async def test_one_that_is_cancelled_under_way_leaves_the_others_as_they_are() -> None:
    async with _serving() as sessions:
        sessions.answers.clear()
        a, b = sessions.put("a"), sessions.put("b")
        await _settled()
        a.cancel()
        await _settled()
        assert (a.cancelled(), b.done()) == (True, False)
        sessions.answers.set()
        await b


@pytest.mark.parametrize("turns_of_the_loop", range(4))
async def test_closing_ends_what_is_under_way_and_what_waits(turns_of_the_loop: int) -> None:
    async with _serving() as sessions:
        sessions.answers.clear()
        a = sessions.put("a")
        for _ in range(turns_of_the_loop):
            await asyncio.sleep(0)
        b = sessions.put("b")
        await asyncio.sleep(0)
        await sessions.batches.close()
        await asyncio.wait({a, b})
        assert (a.cancelled(), b.cancelled()) == (True, True)
        await sessions.batches.close()


async def test_a_call_that_cannot_be_made_at_all_keeps_nobody_waiting() -> None:
    async with _serving() as sessions:
        broken = TurnBatches(lambda _request, _metadata: 1 / 0, sessions.clock)  # type: ignore[arg-type,return-value]
        told: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
        with pytest.raises(asyncio.CancelledError):
            await broken.put(_turn("a", "s"))
        await _settled()
        assert [type(each) for each in told] == [ZeroDivisionError]


async def _put_within(sessions: _Sessions, name: str, trace_id: int, flags: int) -> None:
    context = SpanContext(trace_id, 1, is_remote=False, trace_flags=TraceFlags(flags))
    with trace.use_span(NonRecordingSpan(context)):
        await sessions.batches.put(_turn(name, name))


@pytest.mark.parametrize(
    ("flags", "told"),
    [((0, 1, 1), (8, 1)), ((1, 0, 0), (7, 1)), ((0, 0, 0), (7, 0))],
    ids=["the second", "the first", "none"],
)
async def test_a_call_is_in_the_first_trace_that_is_recorded(
    flags: tuple[int, ...], told: tuple[int, int]
) -> None:
    async with _serving() as sessions:
        await sessions.use_up()
        await sessions.put("a")
        gathering = [sessions.put("b")]
        for number, each in enumerate(flags):
            put = _put_within(sessions, f"c{number}", 7 + number, each)
            gathering.append(asyncio.ensure_future(put))
        await _settled()
        await sessions.advance(INTERVAL)
        await _all(gathering)
        trace_id, kept = told
        assert sessions.metadata == [None, (("traceparent", f"00-{trace_id:032x}-{1:016x}-{kept:02x}"),)]


@pytest.fixture
def _no_search() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def _held() -> Counter[str]:
    """Count what a turn makes, as far as it is still there."""
    kinds = {"Future", "Task", "ParlandoError", "_Waiting", "coroutine"}
    return Counter(name for each in gc.get_objects() if (name := type(each).__name__) in kinds)


@pytest.mark.usefixtures("_no_search")
@pytest.mark.parametrize("outcome", ["kept", "refused", "failed", "cancelled"])
async def test_nothing_is_left_of_a_turn(outcome: str) -> None:
    async with _serving() as sessions:
        before = _held()
        if outcome == "refused":
            sessions.refused["a"] = ParlandoError(Reason.SESSION_NOT_FOUND, "gone")
        if outcome == "failed":
            sessions.failure = ParlandoError(Reason.DRAINING, "not now")
        if outcome == "cancelled":
            sessions.answers.clear()
        task = sessions.put("a")
        await _settled()
        if outcome == "cancelled":
            task.cancel()
            sessions.answers.set()
        with suppress(ParlandoError, asyncio.CancelledError):
            await task
        sessions.refused, sessions.failure = {}, None
        del task
        await _settled()
        assert _held() == before

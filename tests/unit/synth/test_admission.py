"""Who is served, in which order, and who is refused."""

from __future__ import annotations

import asyncio

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_scripted.clock import ManualClock
from parlando_synth.admission import Admission, Ticket
from parlando_synth.recent import Recent


def _admission(
    capacity: int, max_queued: int, max_wait: float = 60.0
) -> tuple[Admission, Recent, ManualClock]:
    recent, clock = Recent(), ManualClock()
    admission = Admission(max_queued=max_queued, max_wait=max_wait, recent=recent, clock=clock)
    admission.open(capacity)
    return admission, recent, clock


def _granted(ticket: Ticket) -> bool:
    return ticket.granted.done() and ticket.granted.result()


async def test_as_many_live_as_the_engine_holds_and_the_rest_wait() -> None:
    admission, _, _ = _admission(2, 8)
    tickets = [admission.enter(0.0) for _ in range(3)]
    assert [_granted(ticket) for ticket in tickets] == [True, True, False]
    assert (admission.live, admission.queued, admission.total) == (2, 1, 3)
    admission.leave(tickets[0])
    assert _granted(tickets[2])
    admission.leave(tickets[1])
    admission.leave(tickets[2])
    assert (admission.live, admission.queued, admission.total) == (0, 0, 3)


async def test_the_listener_with_the_least_audio_is_served_first() -> None:
    admission, _, _ = _admission(1, 8)
    first = admission.enter(0.0)
    waiting = {queued: admission.enter(queued) for queued in (3.0, 0.5, 9.0, 0.0)}
    order = []
    leaving = first
    for _ in range(4):
        admission.leave(leaving)
        queued, leaving = next((q, ticket) for q, ticket in waiting.items() if _granted(ticket))
        order.append(queued)
        del waiting[queued]
    assert order == [0.0, 0.5, 3.0, 9.0]


async def test_equal_need_is_served_in_order_of_arrival() -> None:
    admission, _, _ = _admission(1, 8)
    first = admission.enter(0.0)
    second, third = admission.enter(1.0), admission.enter(1.0)
    admission.leave(first)
    assert (_granted(second), _granted(third)) == (True, False)


async def test_audio_that_is_queued_runs_out_while_its_ticket_waits() -> None:
    admission, _, clock = _admission(1, 8)
    first = admission.enter(0.0)
    patient = admission.enter(5.0)
    clock.advance(4.5)
    newcomer = admission.enter(1.0)
    admission.leave(first)
    assert (_granted(patient), _granted(newcomer)) == (True, False)


async def test_a_full_queue_refuses_and_says_when_to_come_back() -> None:
    admission, recent, _ = _admission(2, 3)
    for seconds in (1.0, 3.0):
        recent.add_work(engine_time=seconds, audio=10.0)
    for _ in range(5):
        admission.enter(0.0)
    with pytest.raises(ParlandoError) as refused:
        admission.enter(0.0)
    assert refused.value.reason is Reason.OVERLOADED
    assert refused.value.retry_after == pytest.approx(2.0 * 4 / 2)
    assert (admission.live, admission.queued, admission.total) == (2, 3, 5)


async def test_no_queue_at_all() -> None:
    admission, _, _ = _admission(1, 0)
    admission.enter(0.0)
    with pytest.raises(ParlandoError, match="try again later"):
        admission.enter(0.0)


async def test_a_ticket_that_is_withdrawn_is_never_granted() -> None:
    admission, _, _ = _admission(1, 8)
    first, second, third = (admission.enter(0.0) for _ in range(3))
    admission.withdraw(second)
    assert second.granted.result() is False
    admission.leave(first)
    admission.leave(second)
    assert _granted(third)
    assert (admission.live, admission.queued) == (1, 0)


async def test_withdrawing_what_was_granted_changes_nothing() -> None:
    admission, _, _ = _admission(1, 8)
    ticket = admission.enter(0.0)
    admission.withdraw(ticket)
    assert _granted(ticket)
    assert admission.live == 1


async def test_who_would_wait_too_long_in_silence_is_refused_at_once() -> None:
    admission, recent, _ = _admission(1, 8, max_wait=5.0)
    recent.add_work(engine_time=3.0, audio=10.0)
    admission.enter(0.0)
    waiting = admission.enter(0.0)  # has its turn in 3 s
    with pytest.raises(ParlandoError) as refused:
        admission.enter(0.0)  # would have it in 6 s
    assert refused.value.reason is Reason.OVERLOADED
    assert refused.value.retry_after == pytest.approx(6.0)
    assert not _granted(waiting)
    assert not _granted(admission.enter(2.0)), "whoever has audio meanwhile may wait for longer"


async def test_who_goes_before_others_is_not_refused_for_their_sake() -> None:
    admission, recent, _ = _admission(1, 8, max_wait=5.0)
    recent.add_work(engine_time=3.0, audio=10.0)
    admission.enter(0.0)
    for queued in (20.0, 30.0, 40.0):
        admission.enter(queued)
    assert not _granted(admission.enter(0.0))


async def test_nothing_is_predicted_before_anything_is_known() -> None:
    admission, _, _ = _admission(1, 8, max_wait=0.1)
    for _ in range(9):
        admission.enter(0.0)
    assert (admission.live, admission.queued) == (1, 8)


async def test_a_ticket_that_waited_too_long_is_refused_and_holds_nobody_up() -> None:
    admission, _, clock = _admission(1, 8, max_wait=5.0)
    first = admission.enter(0.0)
    late, patient = admission.enter(0.0), admission.enter(3.0)
    turns = [asyncio.create_task(admission.turn(ticket)) for ticket in (late, patient)]
    while clock.sleepers < len(turns):  # noqa: ASYNC110  # what is waited for is counted, not told
        await asyncio.sleep(0)
    clock.advance(5.0)
    with pytest.raises(ParlandoError) as refused:
        await turns[0]
    assert refused.value.reason is Reason.OVERLOADED
    assert refused.value.retry_after is not None
    assert admission.queued == 1
    admission.leave(late)
    admission.leave(first)
    assert await turns[1] is True
    assert clock.sleepers == 0


async def test_a_turn_that_is_there_or_withdrawn_is_told_at_once() -> None:
    admission, _, clock = _admission(1, 8)
    first, second = admission.enter(0.0), admission.enter(0.0)
    assert await admission.turn(first) is True
    admission.withdraw(second)
    assert await admission.turn(second) is False
    assert clock.sleepers == 0


async def test_idle_is_when_nothing_is_live_and_nothing_waits() -> None:
    admission, _, _ = _admission(1, 8)
    await admission.idle()
    first, second = admission.enter(0.0), admission.enter(0.0)
    idle = asyncio.create_task(admission.idle())
    for ticket in (first, second):
        await asyncio.sleep(0)
        assert not idle.done()
        admission.leave(ticket)
    await idle

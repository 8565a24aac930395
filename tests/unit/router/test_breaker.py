"""When a breaker opens and closes, told by the clock alone."""

from __future__ import annotations

from itertools import pairwise

import pytest

from parlando_router.breaker import Breaker, BreakerRules, BreakerState

OPEN, CLOSED, HALF_OPEN = BreakerState.OPEN, BreakerState.CLOSED, BreakerState.HALF_OPEN
RULES = BreakerRules()


def _opened(now: float = 0.0) -> Breaker:
    breaker = Breaker()
    for _ in range(RULES.in_a_row):
        breaker.failed(now, "ENGINE_FAILED")
    assert breaker.state(now) is OPEN
    return breaker


def _proved(breaker: Breaker, now: float, times: int) -> None:
    for _ in range(times):
        assert breaker.enter(now)
        breaker.succeeded(now)
        breaker.leave(probing=True)


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    breaker = Breaker()
    for _ in range(RULES.in_a_row - 1):
        breaker.failed(0.0, "ENGINE_FAILED")
    assert breaker.admits(0.0)
    breaker.failed(0.0, "ENGINE_FAILED")
    assert not breaker.admits(0.0)
    assert "3 of the last 3 failed, at last with ENGINE_FAILED" in breaker.explain(0.0)


@pytest.mark.parametrize(("failing", "opens"), [(3, True), (4, True), (5, False), (20, False)])
def test_it_opens_by_the_share_that_failed(failing: int, opens: bool) -> None:  # noqa: FBT001  # a row of the table
    breaker = Breaker()
    for request in range(40):
        if request % failing == failing - 1:
            breaker.failed(0.0, "no")
        else:
            breaker.succeeded(0.0)
    assert (breaker.state(0.0) is OPEN) is opens


def test_old_failures_are_forgotten() -> None:
    breaker = Breaker()
    for second in range(0, 600, 20):
        breaker.failed(float(second), "no")
        breaker.succeeded(float(second))
        assert breaker.state(second) is CLOSED


def test_it_lets_one_request_at_a_time_prove_it() -> None:
    breaker, now = _opened(), RULES.first_wait
    assert not breaker.admits(now - 0.01)
    assert breaker.state(now) is HALF_OPEN
    assert breaker.enter(now)
    assert not breaker.admits(now)
    assert not breaker.enter(now)
    breaker.leave(probing=True)  # it was cancelled: it proves nothing
    assert breaker.admits(now)
    _proved(breaker, now, RULES.proof - 1)
    assert breaker.state(now) is HALF_OPEN
    _proved(breaker, now, 1)
    assert breaker.state(now) is CLOSED
    assert breaker.explain(now) == ""


def test_what_was_under_way_when_it_opened_changes_nothing() -> None:
    breaker = _opened()
    breaker.failed(1.0, "late")
    breaker.succeeded(1.0)
    assert breaker.state(RULES.first_wait) is HALF_OPEN


def test_it_waits_twice_as_long_each_time_until_it_has_been_good_for_long() -> None:
    breaker, now, waits = _opened(), 0.0, []
    for _ in range(8):
        until = next(step / 4 for step in range(100_000) if breaker.state(step / 4) is HALF_OPEN)
        waits.append(until - now)
        now = until
        breaker.failed(now, "no")
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]
    now += 60
    _proved(breaker, now, RULES.proof)
    now += RULES.good_after
    for _ in range(RULES.in_a_row):
        breaker.failed(now, "no")
    assert breaker.state(now + RULES.first_wait) is HALF_OPEN


def test_an_administrator_opens_and_closes_it() -> None:
    breaker = Breaker()
    assert not breaker.reset()
    breaker.trip(0.0, 10.0, "asked for")
    assert breaker.state(9.9) is OPEN
    assert breaker.state(10.0) is HALF_OPEN
    assert breaker.reset()
    assert breaker.admits(0.0)


def test_a_primary_that_fails_one_request_in_three_is_left_alone_and_taken_back_when_well() -> None:
    """Ten minutes at 20 requests a second: five of them failing one in three, five well."""
    breaker, failures = Breaker(), 0
    states: list[tuple[float, BreakerState]] = []
    for request in range(12_000):
        now = request / 20
        state = breaker.state(now)
        if not states or states[-1][1] is not state:
            states.append((now, state))
        if breaker.admits(now):
            probing = breaker.enter(now)
            if now < 300 and request % 3 == 2:
                breaker.failed(now, "ENGINE_FAILED")
                failures += 1
            else:
                breaker.succeeded(now)
            breaker.leave(probing=probing)
    assert states[1][0] < 1.0  # it opens at once
    openings = [at for at, state in states if state is OPEN]
    assert len(openings) <= 10  # 2 + 4 + 8 + 16 + 32 + 4 * 60 s
    gaps = [round(later - earlier, 3) for earlier, later in pairwise(openings)]
    assert gaps == sorted(gaps)
    assert failures <= 20  # of 2,000
    assert all(state is not CLOSED for at, state in states[1:] if at < 300)
    back = next(at for at, state in states if at > 300 and state is CLOSED)
    assert back <= 300 + RULES.longest_wait + 1
    assert states[-1] == (back, CLOSED)

"""Leases are settled or given back, whatever becomes of the call and of whoever keeps the budget."""

from __future__ import annotations

import asyncio

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.tasks import background
from parlando_router.request import SpeechSettings
from tests.unit.router.budget_keeping import AWAY, FIRST, NO, PRICE, SECOND, TEXT, Keeper, Show, called
from tests.unit.router.score import written
from tests.unit.router.scripted_worker import Play, ScriptedWorker
from tests.unit.router.stage import Call, Stage
from tests.unit.router.virtual_time import run, settled


def test_a_settlement_waits_until_somebody_takes_it() -> None:
    keeper = Keeper(left=(FIRST + SECOND) * PRICE)

    async def part(stage: Stage) -> None:
        call = called(stage)
        call.end()
        await call.until(lambda: call.frames)
        keeper.away = AWAY  # for the first fragment's settlement, and the second one's lease
        await call.refusal()
        keeper.away = None
        await asyncio.sleep(2)

    Show({"one": ScriptedWorker(Play(factor=0.5))}, keeper, {"one": PRICE}).play(part)
    assert keeper.spent == [("one", FIRST * PRICE)]


def test_a_lease_that_is_granted_after_a_cancel_is_given_back() -> None:
    keeper, worker = Keeper(left=1e9, slow=1.0), ScriptedWorker()

    async def part(stage: Stage) -> None:
        call = called(stage)
        await call.until(lambda: keeper.asked)
        began = asyncio.get_running_loop().time()
        call.cancel(1)
        call.end()
        await call.done()
        assert asyncio.get_running_loop().time() - began < keeper.slow, "a cancel waits for no lease"
        assert keeper.left < 1e9
        await asyncio.sleep(keeper.slow)

    Show({"one": worker}, keeper, {"one": PRICE}).play(part)
    assert not worker.requests
    assert (keeper.left, keeper.spent) == (1e9, [("one", 0)])


def test_a_lease_that_is_granted_too_late_is_given_back_and_another_engine_speaks() -> None:
    keeper = Keeper(left=1e9, slow=4.0)
    workers = {"one": ScriptedWorker(), "free": ScriptedWorker()}

    async def part(stage: Stage) -> Call:
        call = called(stage)
        call.end()
        await call.done()
        await asyncio.sleep(keeper.slow)
        return call

    call = Show(workers, keeper, {"one": PRICE}).play(part)
    assert written(call, TEXT) == TEXT.split()
    assert set(call.finished.usage) == {"free"}
    assert keeper.left == 1e9
    assert len(keeper.settled) == len(keeper.asked) > 0


def test_a_lease_that_is_granted_while_the_router_stops_is_given_back() -> None:
    keeper = Keeper(left=1e9, slow=1.0)

    async def part(stage: Stage) -> None:
        call = called(stage)
        await call.until(lambda: keeper.asked)
        call.cancel(1)
        call.end()
        await call.done()

    Show({"one": ScriptedWorker()}, keeper, {"one": PRICE}).play(part)
    assert (keeper.left, keeper.spent) == (1e9, [("one", 0)])


def _two_sessions(failure: Exception) -> Keeper:
    """Let a session that cannot settle speak, and then another one; return the keeper long after it can."""
    keeper = Keeper(fails={"s1": failure})

    async def part(stage: Stage) -> None:
        for session_id in ("s1", "s2"):
            call = called(stage, session_id)
            call.end()
            await call.done()
        await settled()
        assert [each.lease.session_id for each in keeper.settled] == ["s2", "s2"]
        keeper.fails = {}
        await asyncio.sleep(3_600)

    Show({"one": ScriptedWorker()}, keeper, {"one": PRICE}).play(part)
    return keeper


@pytest.mark.parametrize(
    "reason",
    [
        Reason.DEPENDENCY_UNAVAILABLE,
        Reason.DRAINING,
        Reason.OVERLOADED,
        Reason.CONFLICT,
        Reason.TOO_LATE,
    ],
)
def test_a_settlement_that_fails_for_now_holds_up_no_other_session(reason: Reason) -> None:
    keeper = _two_sessions(ParlandoError(reason, "not now"))
    assert [each.lease.session_id for each in keeper.settled] == ["s2", "s2", "s1", "s1"]


@pytest.mark.parametrize(
    "failure", [ParlandoError(Reason.OUT_OF_RANGE, "it is too much"), RuntimeError("nobody expects it")]
)
def test_a_settlement_that_cannot_succeed_is_lost_and_told(
    failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = _two_sessions(failure)
    assert [each.lease.session_id for each in keeper.settled] == ["s2", "s2"]
    assert caplog.text.count("a settlement of one is lost") == 2


def test_a_settlement_is_given_up_after_a_while(caplog: pytest.LogCaptureFixture) -> None:
    keeper = Keeper(fails={"s1": AWAY})

    async def part(stage: Stage) -> None:
        call = called(stage)
        call.end()
        await call.done()
        await asyncio.sleep(50)
        assert "is lost" not in caplog.text
        await asyncio.sleep(20)

    Show({"one": ScriptedWorker()}, keeper, {"one": PRICE}).play(part)
    assert caplog.text.count("a settlement of one is lost") == 2
    assert not keeper.settled


def test_what_was_set_aside_and_not_spent_can_be_set_aside_again_at_once() -> None:
    keeper = Keeper(left=FIRST * PRICE, delay=0.2)
    worker = ScriptedWorker(lambda _, number: Play(refusal=NO) if not number else Play())

    async def part(stage: Stage) -> None:
        call = stage.speak(SpeechSettings(session_id="s1"))
        call.open(1)
        call.text(1, "Orange lamp stands here.")
        call.end()
        await call.done()

    Show({"one": worker}, keeper, {"one": PRICE}).play(part)
    assert len(worker.requests) == 2, "it was tried again"
    assert keeper.left == 0


def test_settlements_that_wait_when_the_router_stops_are_carried_out() -> None:
    keeper = Keeper(left=1e9)

    async def main() -> None:
        stage = Stage({"one": ScriptedWorker()}, keeper=keeper, prices={"one": PRICE})
        call = called(stage)
        call.end()
        await call.done()
        keeper.away = AWAY
        async with background(stage.budgets.run()):
            await settled()
            assert not keeper.settled
            keeper.away = None

    run(main())
    assert len(keeper.settled) == 2

"""Engines that cost something are paid from the caller's session, and others are not asked about."""

from __future__ import annotations

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_router import events
from parlando_router.budget_keeper import Amount
from parlando_router.ports import Cost, StopOutcome
from parlando_router.request import PlayoutMode
from tests.unit.router.budget_keeping import AWAY, FIRST, NO, PAID, PRICE, SECOND, TEXT, Keeper, Show, called
from tests.unit.router.score import written
from tests.unit.router.scripted_worker import Play, ScriptedWorker
from tests.unit.router.stage import Stage


@pytest.mark.parametrize(("price", "session_id"), [(0.0, "s1"), (PRICE, "")], ids=["free", "no session"])
def test_where_nothing_costs_nobody_is_asked(price: float, session_id: str) -> None:
    keeper = Keeper(left=0)
    show = Show({"one": ScriptedWorker()}, keeper, {"one": price})
    assert written(show.spoken(session_id), TEXT) == TEXT.split()
    assert not keeper.asked
    assert not keeper.settled


def test_each_fragment_is_set_aside_before_and_settled_after() -> None:
    keeper = Keeper(left=1e9)
    Show({"one": ScriptedWorker()}, keeper, {"one": PRICE}).spoken()
    assert keeper.asked == [
        Amount("USD", int(FIRST * PRICE), FIRST),
        Amount("USD", int(SECOND * PRICE), SECOND),
    ]
    assert keeper.spent == [("one", FIRST * PRICE), ("one", SECOND * PRICE)]
    assert [each.spent.characters for each in keeper.settled] == [FIRST, SECOND]


def test_a_price_of_the_policy_counts_whatever_the_worker_reports() -> None:
    keeper = Keeper(left=1e9)
    workers = {"one": ScriptedWorker(PAID)}  # reports what it costs by its own price
    call = Show(workers, keeper, {"one": PRICE}, agreed={"one": PRICE / 4}).spoken()
    assert [each.nanos for each in keeper.asked] == [FIRST * PRICE / 4, SECOND * PRICE / 4]
    assert keeper.spent == [("one", FIRST * PRICE / 4), ("one", SECOND * PRICE / 4)]
    assert call.finished.usage["one"].cost == Cost("USD", int((FIRST + SECOND) * PRICE / 4))


def test_what_the_policy_calls_free_is_not_paid_for() -> None:
    keeper = Keeper(left=0)
    call = Show({"one": ScriptedWorker(PAID)}, keeper, {"one": PRICE}, agreed={"one": 0.0}).spoken()
    assert call.finished.usage["one"].cost is None
    assert not keeper.asked


def test_a_downgrade_goes_by_the_prices_of_the_policy() -> None:
    keeper = Keeper(left=(FIRST + SECOND) * PRICE, downgrade=True)
    workers = {name: ScriptedWorker() for name in ("dear", "middle", "fair")}
    prices = {"dear": 4 * PRICE, "middle": 3 * PRICE, "fair": PRICE}
    call = Show(workers, keeper, prices, agreed={"middle": PRICE / 2}).spoken()
    assert set(call.finished.usage) == {"middle"}


def test_a_fragment_beyond_the_budget_is_not_begun() -> None:
    worker, keeper = ScriptedWorker(), Keeper(left=(FIRST + SECOND - 1) * PRICE)
    error = Show({"one": worker, "free": ScriptedWorker()}, keeper, {"one": PRICE}).refused()
    assert (error.reason, error.field) == (Reason.BUDGET_SPENT, "settings.session_id")
    assert "budget.cost" in error.message
    assert "budget.downgrade" in error.message
    assert [request.text for request in worker.requests] == ["Orange lamp stands here."]
    assert keeper.left == (SECOND - 1) * PRICE, "what was granted for the second was given back"


def test_a_budget_that_says_so_goes_on_with_what_costs_less_and_blames_nobody() -> None:
    keeper = Keeper(left=FIRST * PRICE, downgrade=True)
    dear, fair, free = ScriptedWorker(), ScriptedWorker(), ScriptedWorker()
    prices = {"dear": PRICE, "fair": PRICE / 2}
    show = Show({"dear": dear, "fair": fair, "free": free}, keeper, prices)
    call = show.spoken()
    assert written(call, TEXT) == TEXT.split()
    assert [len(each.requests) for each in (dear, fair, free)] == [1, 0, 1]
    [change] = [event for event in call.of(events.EngineChanged) if isinstance(event, events.EngineChanged)]
    assert (change.engine, change.reason) == ("free", "BUDGET_SPENT")
    figures = show.stage.engines.statistics.engines["dear"]
    assert (figures.failovers, len(figures.failures)) == (0, 0)


def test_the_cheapest_speaks_that_the_rest_of_the_budget_pays_for() -> None:
    keeper = Keeper(left=(FIRST + SECOND) * PRICE / 2, downgrade=True)
    dear, middle, fair = ScriptedWorker(), ScriptedWorker(), ScriptedWorker()
    prices = {"dear": 4 * PRICE, "middle": 3 * PRICE, "fair": PRICE / 2}
    call = Show({"dear": dear, "middle": middle, "fair": fair}, keeper, prices).spoken()
    assert written(call, TEXT) == TEXT.split()
    assert (len(dear.requests), len(middle.requests), len(fair.requests)) == (0, 0, 2)
    assert keeper.left == 0


def test_a_budget_that_says_so_refuses_where_nobody_costs_less() -> None:
    keeper = Keeper(left=0, downgrade=True)
    error = Show({"one": ScriptedWorker()}, keeper, {"one": PRICE}).refused()
    assert error.reason is Reason.BUDGET_SPENT
    assert len(keeper.asked) == 1


@pytest.mark.parametrize("outcome", [StopOutcome.STOPPED, StopOutcome.WORKER_LOST])
def test_what_a_cancel_stopped_is_settled(outcome: StopOutcome) -> None:
    keeper = Keeper(left=1e9)
    worker = ScriptedWorker(Play(factor=0.5, stop_outcome=outcome))

    async def part(stage: Stage) -> None:
        call = called(stage, mode=PlayoutMode.CLOCK)
        await call.until(lambda: call.frames)
        call.cancel(1)
        call.end()
        await call.done()

    Show({"one": worker}, keeper, {"one": PRICE}).play(part)
    assert keeper.spent == [("one", FIRST * PRICE)], "all of a text that was begun"


@pytest.mark.parametrize(
    ("outcome", "spent"), [(StopOutcome.ABANDONED, FIRST * PRICE), (StopOutcome.STOPPED, 0)]
)
def test_what_was_stopped_before_any_sound_is_settled_where_it_goes_on(
    outcome: StopOutcome, spent: float
) -> None:
    keeper = Keeper(left=1e9)
    worker = ScriptedWorker(Play(first=5.0, stop_outcome=outcome, unread=0.0))

    async def part(stage: Stage) -> None:
        call = called(stage)
        await call.until(lambda: worker.requests)
        call.cancel(1)
        call.end()
        await call.done()

    Show({"one": worker}, keeper, {"one": PRICE}).play(part)
    assert keeper.spent == [("one", spent)]


@pytest.mark.parametrize(
    ("after", "spent"), [(0.0, 0), (0.3, FIRST * PRICE)], ids=["before any sound", "in the middle"]
)
def test_each_engine_of_a_failover_is_paid_for_what_it_did(after: float, spent: float) -> None:
    keeper = Keeper(left=1e9)
    first = ScriptedWorker(lambda _, number: Play(fail_after=after, failure=NO) if not number else PAID)
    prices = {"one": PRICE, "two": PRICE}
    call = Show({"one": first, "two": ScriptedWorker(PAID)}, keeper, prices).spoken()
    [failed, went_on, *_] = keeper.settled
    assert (failed.engine, failed.spent.nanos) == ("one", spent)
    assert went_on.engine == "two"
    told = {engine: usage.cost.nanos if usage.cost else 0 for engine, usage in call.finished.usage.items()}
    assert told.get("one", 0) == spent
    assert sum(told.values()) == sum(nanos for _, nanos in keeper.spent)


def test_what_costs_nothing_speaks_while_no_budget_can_be_asked() -> None:
    workers = {"one": ScriptedWorker(), "free": ScriptedWorker()}
    call = Show(workers, Keeper(away=AWAY), {"one": PRICE}).spoken()
    assert written(call, TEXT) == TEXT.split()
    assert set(call.finished.usage) == {"free"}
    error = Show({"one": ScriptedWorker()}, Keeper(away=AWAY), {"one": PRICE}).refused()
    assert error.reason is Reason.DEPENDENCY_UNAVAILABLE
    assert "the session's budget cannot be asked" in error.message


def test_a_session_that_is_not_there_is_told_to_the_caller() -> None:
    away = ParlandoError(Reason.SESSION_NOT_FOUND, "no session has that id", field="session_id")
    workers = {"one": ScriptedWorker(), "free": ScriptedWorker()}
    error = Show(workers, Keeper(away=away), {"one": PRICE}).refused()
    assert (error.reason, error.field) == (Reason.SESSION_NOT_FOUND, "settings.session_id")

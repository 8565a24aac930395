"""Engines that cost something are paid from the caller's session, and others are not asked about."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TypeVar

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.tasks import background
from parlando_router import events
from parlando_router.budget_keeper import Amount, Lease, Settlement
from parlando_router.policy import Policy
from parlando_router.ports import Cost, StopOutcome
from parlando_router.price import Price
from parlando_router.request import PlayoutMode, SpeechSettings
from tests.unit.router.score import written
from tests.unit.router.stage import Call, Play, ScriptedWorker, Stage
from tests.unit.router.virtual_time import run, settled

T = TypeVar("T")

TEXT = "Orange lamp stands here. Seven green steps down!"
PRICE = 1_000.0
PAID = Play(price=PRICE)
FIRST, SECOND = len("Orange lamp stands here."), len("Seven green steps down!")
NO = ParlandoError(Reason.ENGINE_FAILED, "no")
AWAY = ParlandoError(Reason.DEPENDENCY_UNAVAILABLE, "a service answered UNAVAILABLE")


@dataclass
class Keeper:
    """Keeps one budget in memory.

    Attributes:
        left: what is not spent or set aside, in nanos.
        downgrade: as in a budget.
        away: what every call ends with, where it is set.
        fails: what settlements of a session end with, by its id.
        delay: seconds that a settlement takes.
        slow: seconds that a lease takes, once it is granted.
        asked: amounts that were to be set aside.
        settled: what was settled, in order.
    """

    left: float = float("inf")
    downgrade: bool = False
    away: ParlandoError | None = None
    fails: Mapping[str, Exception] = field(default_factory=dict)
    delay: float = 0.0
    slow: float = 0.0
    asked: list[Amount] = field(default_factory=list)
    settled: list[Settlement] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ids = count()

    async def lease(self, session_id: str, amount: Amount) -> Lease:
        """Set something aside."""
        if self.away is not None:
            raise self.away
        self.asked.append(amount)
        granted = int(min(amount.nanos, self.left))
        if not granted and not self.downgrade:
            raise ParlandoError(Reason.BUDGET_SPENT, "spent", field="cost")
        self.left -= granted
        await asyncio.sleep(self.slow)
        return Lease(f"{next(self._ids)}", session_id, replace(amount, nanos=granted), self.downgrade)

    async def settle(self, settlement: Settlement) -> None:
        """Take back what was not spent."""
        await asyncio.sleep(self.delay)
        failure = self.fails.get(settlement.lease.session_id, self.away)
        if failure is not None:
            raise failure
        self.left += settlement.lease.granted.nanos - settlement.spent.nanos
        self.settled.append(settlement)

    @property
    def spent(self) -> list[tuple[str, int]]:
        """What was settled, as engines and nanos."""
        return [(each.engine, each.spent.nanos) for each in self.settled]


@dataclass
class _Show:
    """Workers by the name of their engine, what they cost, and who keeps the budget.

    Attributes:
        stage: once it plays.
    """

    workers: Mapping[str, ScriptedWorker]
    keeper: Keeper
    prices: dict[str, float]
    agreed: Mapping[str, float] = field(default_factory=dict)

    def play(self, part: Callable[[Stage], Awaitable[T]]) -> T:
        """Carry a part out while settlements are, and return what it returns."""

        async def main() -> T:
            policy = Policy(
                prices={name: Price(Cost("USD", int(each * 1e6))) for name, each in self.agreed.items()}
            )
            self.stage = Stage({**self.workers}, keeper=self.keeper, prices=self.prices, policy=policy)
            async with background(self.stage.budgets.run()):
                result = await part(self.stage)
                await settled()
                return result

        return run(main())

    def spoken(self, session_id: str = "s1") -> Call:
        """Speak the text to its end."""

        async def part(stage: Stage) -> Call:
            call = called(stage, session_id)
            call.end()
            await call.done()
            return call

        return self.play(part)

    def refused(self) -> ParlandoError:
        """Return what speaking the text ends with."""

        async def part(stage: Stage) -> ParlandoError:
            call = called(stage)
            call.end()
            return await call.refusal()

        return self.play(part)


def called(stage: Stage, session_id: str = "s1", mode: PlayoutMode = PlayoutMode.UNPACED) -> Call:
    """Begin a call that has the text, and may have more."""
    call = stage.speak(SpeechSettings(session_id=session_id), mode)
    call.open(1)
    call.text(1, TEXT)
    return call


@pytest.mark.parametrize(("price", "session_id"), [(0.0, "s1"), (PRICE, "")], ids=["free", "no session"])
def test_where_nothing_costs_nobody_is_asked(price: float, session_id: str) -> None:
    keeper = Keeper(left=0)
    show = _Show({"one": ScriptedWorker()}, keeper, {"one": price})
    assert written(show.spoken(session_id), TEXT) == TEXT.split()
    assert not keeper.asked
    assert not keeper.settled


def test_each_fragment_is_set_aside_before_and_settled_after() -> None:
    keeper = Keeper(left=1e9)
    _Show({"one": ScriptedWorker()}, keeper, {"one": PRICE}).spoken()
    assert keeper.asked == [
        Amount("USD", int(FIRST * PRICE), FIRST),
        Amount("USD", int(SECOND * PRICE), SECOND),
    ]
    assert keeper.spent == [("one", FIRST * PRICE), ("one", SECOND * PRICE)]
    assert [each.spent.characters for each in keeper.settled] == [FIRST, SECOND]


def test_a_price_of_the_policy_counts_whatever_the_worker_reports() -> None:
    keeper = Keeper(left=1e9)
    workers = {"one": ScriptedWorker(PAID)}  # reports what it costs by its own price
    call = _Show(workers, keeper, {"one": PRICE}, agreed={"one": PRICE / 4}).spoken()
    assert [each.nanos for each in keeper.asked] == [FIRST * PRICE / 4, SECOND * PRICE / 4]
    assert keeper.spent == [("one", FIRST * PRICE / 4), ("one", SECOND * PRICE / 4)]
    assert call.finished.usage["one"].cost == Cost("USD", int((FIRST + SECOND) * PRICE / 4))


def test_what_the_policy_calls_free_is_not_paid_for() -> None:
    keeper = Keeper(left=0)
    call = _Show({"one": ScriptedWorker(PAID)}, keeper, {"one": PRICE}, agreed={"one": 0.0}).spoken()
    assert call.finished.usage["one"].cost is None
    assert not keeper.asked


def test_a_downgrade_goes_by_the_prices_of_the_policy() -> None:
    keeper = Keeper(left=(FIRST + SECOND) * PRICE, downgrade=True)
    workers = {name: ScriptedWorker() for name in ("dear", "middle", "fair")}
    prices = {"dear": 4 * PRICE, "middle": 3 * PRICE, "fair": PRICE}
    call = _Show(workers, keeper, prices, agreed={"middle": PRICE / 2}).spoken()
    assert set(call.finished.usage) == {"middle"}


def test_a_fragment_beyond_the_budget_is_not_begun() -> None:
    worker, keeper = ScriptedWorker(), Keeper(left=(FIRST + SECOND - 1) * PRICE)
    error = _Show({"one": worker, "free": ScriptedWorker()}, keeper, {"one": PRICE}).refused()
    assert (error.reason, error.field) == (Reason.BUDGET_SPENT, "settings.session_id")
    assert "budget.cost" in error.message
    assert "budget.downgrade" in error.message
    assert [request.text for request in worker.requests] == ["Orange lamp stands here."]
    assert keeper.left == (SECOND - 1) * PRICE, "what was granted for the second was given back"


def test_a_budget_that_says_so_goes_on_with_what_costs_less_and_blames_nobody() -> None:
    keeper = Keeper(left=FIRST * PRICE, downgrade=True)
    dear, fair, free = ScriptedWorker(), ScriptedWorker(), ScriptedWorker()
    prices = {"dear": PRICE, "fair": PRICE / 2}
    show = _Show({"dear": dear, "fair": fair, "free": free}, keeper, prices)
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
    call = _Show({"dear": dear, "middle": middle, "fair": fair}, keeper, prices).spoken()
    assert written(call, TEXT) == TEXT.split()
    assert (len(dear.requests), len(middle.requests), len(fair.requests)) == (0, 0, 2)
    assert keeper.left == 0


def test_a_budget_that_says_so_refuses_where_nobody_costs_less() -> None:
    keeper = Keeper(left=0, downgrade=True)
    error = _Show({"one": ScriptedWorker()}, keeper, {"one": PRICE}).refused()
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

    _Show({"one": worker}, keeper, {"one": PRICE}).play(part)
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

    _Show({"one": worker}, keeper, {"one": PRICE}).play(part)
    assert keeper.spent == [("one", spent)]


@pytest.mark.parametrize(
    ("after", "spent"), [(0.0, 0), (0.3, FIRST * PRICE)], ids=["before any sound", "in the middle"]
)
def test_each_engine_of_a_failover_is_paid_for_what_it_did(after: float, spent: float) -> None:
    keeper = Keeper(left=1e9)
    first = ScriptedWorker(lambda _, number: Play(fail_after=after, failure=NO) if not number else PAID)
    prices = {"one": PRICE, "two": PRICE}
    call = _Show({"one": first, "two": ScriptedWorker(PAID)}, keeper, prices).spoken()
    [failed, went_on, *_] = keeper.settled
    assert (failed.engine, failed.spent.nanos) == ("one", spent)
    assert went_on.engine == "two"
    told = {engine: usage.cost.nanos if usage.cost else 0 for engine, usage in call.finished.usage.items()}
    assert told.get("one", 0) == spent
    assert sum(told.values()) == sum(nanos for _, nanos in keeper.spent)


def test_what_costs_nothing_speaks_while_no_budget_can_be_asked() -> None:
    workers = {"one": ScriptedWorker(), "free": ScriptedWorker()}
    call = _Show(workers, Keeper(away=AWAY), {"one": PRICE}).spoken()
    assert written(call, TEXT) == TEXT.split()
    assert set(call.finished.usage) == {"free"}
    error = _Show({"one": ScriptedWorker()}, Keeper(away=AWAY), {"one": PRICE}).refused()
    assert error.reason is Reason.DEPENDENCY_UNAVAILABLE
    assert "the session's budget cannot be asked" in error.message


def test_a_session_that_is_not_there_is_told_to_the_caller() -> None:
    away = ParlandoError(Reason.SESSION_NOT_FOUND, "no session has that id", field="session_id")
    workers = {"one": ScriptedWorker(), "free": ScriptedWorker()}
    error = _Show(workers, Keeper(away=away), {"one": PRICE}).refused()
    assert (error.reason, error.field) == (Reason.SESSION_NOT_FOUND, "settings.session_id")


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

    _Show({"one": ScriptedWorker(Play(factor=0.5))}, keeper, {"one": PRICE}).play(part)
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

    _Show({"one": worker}, keeper, {"one": PRICE}).play(part)
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

    call = _Show(workers, keeper, {"one": PRICE}).play(part)
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

    _Show({"one": ScriptedWorker()}, keeper, {"one": PRICE}).play(part)
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

    _Show({"one": ScriptedWorker()}, keeper, {"one": PRICE}).play(part)
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

    _Show({"one": ScriptedWorker()}, keeper, {"one": PRICE}).play(part)
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

    _Show({"one": worker}, keeper, {"one": PRICE}).play(part)
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

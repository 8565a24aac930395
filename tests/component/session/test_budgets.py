"""Budgets, on every kind of store."""

import asyncio

import pytest
from google.type.money_pb2 import Money

from parlando.session.v1.session_pb2 import Budget, EngineSpending, Session, Spending
from parlando_kit.errors import ParlandoError, Reason
from parlando_session.budgets import Granted
from parlando_session.ids import mint, mint_lease
from tests.component.session.places import LEASE_SECONDS, Place


def _dollars(cents: int) -> Money:
    return Money(currency_code="USD", units=cents // 100, nanos=cents % 100 * 10_000_000)


async def _session(place: Place, *, downgrade: bool = False) -> str:
    """Return a session that may spend a dollar and 1,000 characters."""
    budget = Budget(cost=_dollars(100), characters=1_000, downgrade=downgrade)
    return (await place.sessions.create(Session(budget=budget))).id


async def _spent(place: Place, session_id: str) -> Spending:
    return (await place.sessions.get(session_id)).spent


def _cents(granted: Granted) -> int:
    return granted.amount.nanos // 10_000_000


async def test_what_is_leased_is_set_aside_and_what_is_not_spent_returns(place: Place) -> None:
    session_id = await _session(place)
    lease = await place.budgets.lease(session_id, _dollars(60), 600)
    assert (_cents(lease), lease.amount.characters, lease.currency) == (60, 600, "USD")
    assert lease.expires_at == place.now() + LEASE_SECONDS
    rest = await place.budgets.lease(session_id, _dollars(60), 600)
    assert (_cents(rest), rest.amount.characters) == (40, 400)
    settled = await place.budgets.settle(lease.lease_id, Spending(cost=_dollars(10), characters=100))
    assert settled == Spending(cost=_dollars(10), characters=100) == await _spent(place, session_id)
    again = await place.budgets.lease(session_id, _dollars(99), 999)
    assert (_cents(again), again.amount.characters) == (50, 500)


async def test_a_budget_that_is_spent_refuses(place: Place) -> None:
    session_id = await _session(place)
    lease = await place.budgets.lease(session_id, _dollars(100), 10)
    with pytest.raises(ParlandoError) as refused:
        await place.budgets.lease(session_id, _dollars(1), 1)
    assert (refused.value.reason, refused.value.field) == (Reason.BUDGET_SPENT, "cost")
    await place.budgets.lease(session_id, Money(), 1)  # a free engine
    await place.budgets.settle(lease.lease_id, Spending(cost=_dollars(100), characters=990))
    await place.budgets.lease(session_id, Money(), 9)
    with pytest.raises(ParlandoError) as refused:
        await place.budgets.lease(session_id, Money(), 10)
    assert (refused.value.reason, refused.value.field) == (Reason.BUDGET_SPENT, "characters")


async def test_a_budget_that_downgrades_grants_nothing_instead(place: Place) -> None:
    session_id = await _session(place, downgrade=True)
    await place.budgets.lease(session_id, _dollars(100), 1)
    lease = await place.budgets.lease(session_id, _dollars(1), 1)
    assert (_cents(lease), lease.amount.characters) == (0, 1)


async def test_a_session_without_a_budget_is_granted_all_and_counted(place: Place) -> None:
    session_id = (await place.sessions.create(Session())).id
    lease = await place.budgets.lease(session_id, _dollars(10**9), 10**9)
    assert (_cents(lease), lease.amount.characters) == (10**9, 10**9)
    spent = Spending(cost=_dollars(10**9), characters=10**9)
    assert await place.budgets.settle(lease.lease_id, spent) == spent


async def test_a_lease_that_is_not_settled_returns_to_the_budget(place: Place) -> None:
    session_id = await _session(place)
    await place.budgets.lease(session_id, _dollars(100), 0)
    await place.pass_time(LEASE_SECONDS)
    assert _cents(await place.budgets.lease(session_id, _dollars(100), 0)) == 100


async def test_a_lease_settled_late_still_counts(place: Place) -> None:
    session_id = await _session(place)
    lease = await place.budgets.lease(session_id, _dollars(100), 0)
    await place.pass_time(10 * LEASE_SECONDS)
    await place.budgets.settle(lease.lease_id, Spending(cost=_dollars(30)))
    assert _cents(await place.budgets.lease(session_id, _dollars(100), 0)) == 70


async def test_settling_twice_counts_once(place: Place) -> None:
    session_id = await _session(place)
    lease = await place.budgets.lease(session_id, _dollars(50), 0)
    spent = Spending(cost=_dollars(30))
    settled = await asyncio.gather(*(place.budgets.settle(lease.lease_id, spent) for _ in range(4)))
    assert settled == [spent] * 4
    assert await _spent(place, session_id) == spent


async def test_more_than_was_leased_can_be_settled(place: Place) -> None:
    session_id = await _session(place)
    lease = await place.budgets.lease(session_id, Money(), 10)
    assert (await place.budgets.settle(lease.lease_id, Spending(characters=5_000))).characters == 5_000
    with pytest.raises(ParlandoError, match="characters is spent"):
        await place.budgets.lease(session_id, Money(), 1)


async def test_what_was_spent_is_told_by_engine_and_model(place: Place) -> None:
    session_id = await _session(place)

    async def spend(engine: str, model: str, cents: int, characters: int) -> Spending:
        lease = await place.budgets.lease(session_id, _dollars(40), 400)
        spent = Spending(cost=_dollars(cents), characters=characters)
        spent.engines.add(engine=engine, model=model, cost=_dollars(cents), characters=characters)
        return await place.budgets.settle(lease.lease_id, spent)

    await spend("openai", "tts-1", 10, 100)
    await spend("google", "", 5, 50)
    await spend("nobody", "", 0, 0)
    told = await spend("openai", "tts-1", 20, 200)
    assert told == await _spent(place, session_id)
    assert (told.cost, told.characters) == (_dollars(35), 350)
    assert [(each.engine, each.model, each.cost, each.characters) for each in told.engines] == [
        ("google", "", _dollars(5), 50),
        ("openai", "tts-1", _dollars(30), 300),
    ]


@pytest.mark.parametrize(
    ("share", "field", "reason"),
    [
        (EngineSpending(model="m"), "engine", Reason.FIELD_REQUIRED),
        (EngineSpending(engine="e" * 65), "engine", Reason.OUT_OF_RANGE),
        (EngineSpending(engine="e", model="m" * 129), "model", Reason.OUT_OF_RANGE),
        (EngineSpending(engine="e", characters=-1), "characters", Reason.OUT_OF_RANGE),
        (
            EngineSpending(engine="e", cost=Money(currency_code="EUR", units=1)),
            "cost.currency_code",
            Reason.OUT_OF_RANGE,
        ),
    ],
)
async def test_a_share_that_cannot_be_is_refused_and_the_lease_kept(
    place: Place, share: EngineSpending, field: str, reason: Reason
) -> None:
    session_id = await _session(place)
    lease = await place.budgets.lease(session_id, _dollars(1), 1)
    with pytest.raises(ParlandoError) as refused:
        await place.budgets.settle(lease.lease_id, Spending(engines=[share]))
    assert (refused.value.reason, refused.value.field) == (reason, f"spent.engines[0].{field}")
    shares = [EngineSpending(engine=f"{number}") for number in range(17)]
    with pytest.raises(ParlandoError, match="at most 16"):
        await place.budgets.settle(lease.lease_id, Spending(engines=shares))
    assert (await place.budgets.settle(lease.lease_id, Spending(characters=1))).characters == 1


async def test_leases_taken_at_the_same_time_never_hold_more_than_there_is(place: Place) -> None:
    session_id = await _session(place, downgrade=True)
    leases = await asyncio.gather(*(place.budgets.lease(session_id, Money(), 300) for _ in range(8)))
    assert sorted(lease.amount.characters for lease in leases) == [0, 0, 0, 0, 100, 300, 300, 300]


async def test_a_lease_needs_a_currency_that_fits(place: Place) -> None:
    session_id = await _session(place)
    for cost, field in (
        (Money(currency_code="EUR", units=1), "cost.currency_code"),
        (Money(currency_code="dollars", units=1), "cost"),
        (Money(units=1), "cost"),
        (Money(currency_code="USD", units=-1), "cost"),
        (Money(currency_code="USD", nanos=2**31 - 1), "cost"),
        (Money(currency_code="USD", units=2**62), "cost"),
    ):
        with pytest.raises(ParlandoError) as refused:
            await place.budgets.lease(session_id, cost, 0)
        assert (refused.value.reason, refused.value.field) == (Reason.OUT_OF_RANGE, field)


@pytest.mark.parametrize("characters", [-1, 2**62])
async def test_characters_out_of_range_are_refused(place: Place, characters: int) -> None:
    session_id = await _session(place)
    lease = await place.budgets.lease(session_id, Money(), 1)
    with pytest.raises(ParlandoError) as refused:
        await place.budgets.lease(session_id, Money(), characters)
    assert (refused.value.reason, refused.value.field) == (Reason.OUT_OF_RANGE, "characters")
    with pytest.raises(ParlandoError) as refused:
        await place.budgets.settle(lease.lease_id, Spending(characters=characters))
    assert (refused.value.reason, refused.value.field) == (Reason.OUT_OF_RANGE, "spent.characters")


async def test_a_lease_of_nothing_is_refused(place: Place) -> None:
    with pytest.raises(ParlandoError) as refused:
        await place.budgets.lease(await _session(place), Money(currency_code="USD"), 0)
    assert (refused.value.reason, refused.value.field) == (Reason.FIELD_REQUIRED, "cost")


async def test_a_lease_that_was_never_granted_changes_nothing(place: Place) -> None:
    session_id = await _session(place)
    assert await place.budgets.settle(mint_lease(session_id), Spending(characters=5)) == Spending()
    for lease_id, reason in (
        ("", Reason.FIELD_REQUIRED),
        ("a lease", Reason.SESSION_NOT_FOUND),
        (mint_lease(mint()), Reason.SESSION_NOT_FOUND),
    ):
        with pytest.raises(ParlandoError) as refused:
            await place.budgets.settle(lease_id, Spending())
        assert refused.value.reason is reason

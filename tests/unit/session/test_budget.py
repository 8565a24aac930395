import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlando_kit.errors import ParlandoError, Reason
from parlando_session import account_document
from parlando_session.budget import MAX_LEASES, Account, Amount, Lease, Limits

_LIMITS = Limits(nanos=100, characters=1_000)


def _granted(account: Account, lease_id: str) -> Amount:
    return next(lease.amount for lease in account.leases if lease.id == lease_id)


def test_a_lease_is_granted_what_is_left() -> None:
    account = Account("USD", spent=Amount(10, 100)).leased("a", _LIMITS, Amount(60, 600), 0, 60)
    account = account.leased("b", _LIMITS, Amount(60, 600), 0, 60)
    assert _granted(account, "a") == Amount(60, 600)
    assert _granted(account, "b") == Amount(30, 300)
    assert account.held(59) == Amount(90, 900)
    assert account.held(60) == Amount()


@pytest.mark.parametrize(("asked", "path"), [(Amount(1, 0), "cost"), (Amount(0, 1), "characters")])
def test_where_nothing_is_left_it_is_refused_or_downgraded(asked: Amount, path: str) -> None:
    account = Account(spent=Amount(100, 1_000))
    with pytest.raises(ParlandoError) as refused:
        account.leased("a", _LIMITS, asked, 0, 60)
    assert (refused.value.reason, refused.value.field) == (Reason.BUDGET_SPENT, path)
    downgraded = account.leased("a", Limits(100, 1_000, downgrade=True), asked, 0, 60)
    assert _granted(downgraded, "a") == Amount()


def test_a_budget_that_is_overdrawn_grants_nothing_and_no_less() -> None:
    account = Account(spent=Amount(500, 5_000))
    lease = account.leased("a", Limits(100, 1_000, downgrade=True), Amount(1, 1), 0, 60)
    assert _granted(lease, "a") == Amount()


def test_only_so_many_leases_are_held() -> None:
    account = Account()
    for number in range(MAX_LEASES):
        account = account.leased(str(number), Limits(), Amount(1, 1), 0, 60 + number)
    with pytest.raises(ParlandoError) as refused:
        account.leased("one more", Limits(), Amount(1, 1), 50, 999)
    assert (refused.value.reason, refused.value.retry_after) == (Reason.OVERLOADED, 10)
    assert _granted(account.leased("later", Limits(), Amount(1, 1), 60, 999), "later") == Amount(1, 1)


def test_leases_are_remembered_for_an_hour_and_in_bounded_number() -> None:
    account = Account()
    for number in range(5_000):
        account = account.leased(str(number), Limits(), Amount(1, 1), number, number + 1)
    assert len(account.leases) < 300
    assert account.settled("4990", Amount(1, 2), 5_000).spent == Amount(1, 2)
    later = account.leased("late", Limits(), Amount(1, 1), 10_000, 10_001)
    assert [lease.id for lease in later.leases] == ["late"]


def test_a_lease_that_is_not_known_changes_nothing() -> None:
    account = Account("USD", Amount(1, 2), (Lease("a", Amount(3, 4), 60),))
    assert account.settled("b", Amount(5, 6), 0) is account


def test_an_account_is_read_as_it_was_written() -> None:
    account = Account("USD", Amount(10**21, 2), (Lease("a", Amount(3, 4), 1_800_000_000.123456),))
    assert account_document.read(account_document.write(account)) == account
    assert account_document.read(None) == Account()


_AMOUNTS = st.builds(Amount, st.integers(0, 60), st.integers(0, 600))


@given(st.lists(st.tuples(st.booleans(), _AMOUNTS, st.integers(0, 40), st.integers(0, 9)), max_size=40))
def test_what_is_held_and_spent_never_exceeds_the_budget(
    steps: list[tuple[bool, Amount, int, int]],
) -> None:
    """While nobody settles late, or more than was leased."""
    limits, account, now = Limits(100, 1_000, downgrade=True), Account(), 0.0
    for number, (leases, amount, later, which) in enumerate(steps):
        now += later
        live = [lease for lease in account.leases if lease.expires_at > now]
        if leases:
            account = account.leased(str(number), limits, amount, now, now + 60)
        elif live:
            lease = live[which % len(live)]
            spent = Amount(
                min(amount.nanos, lease.amount.nanos), min(amount.characters, lease.amount.characters)
            )
            account = account.settled(lease.id, spent, now)
        taken = account.spent + account.held(now)
        assert taken.nanos <= 100
        assert taken.characters <= 1_000

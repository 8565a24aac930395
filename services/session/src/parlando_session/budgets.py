"""Budgets: parts of them set aside, and settled."""

from __future__ import annotations

from dataclasses import dataclass, replace

from google.type.money_pb2 import Money

from parlando.session.v1.session_pb2 import Session, Spending
from parlando_kit.errors import ParlandoError, Reason
from parlando_session import account_document
from parlando_session.budget import Amount, Limits, Payee
from parlando_session.ids import mint_lease, require_session, session_of
from parlando_session.money import fault, nanos_of
from parlando_session.ports import ATTEMPTS, SessionStore, conflict
from parlando_session.ranges import out_of_range, require_length, require_range
from parlando_session.sessions import spending
from parlando_session.times import Now

_MOST_CHARACTERS = 10**15
_MOST_SHARES = 16


@dataclass(frozen=True, slots=True)
class Granted:
    """A lease that was granted.

    Attributes:
        amount: what it holds, which may be less than was asked.
        currency: of its money.
        expires_at: when it returns to the budget unless it is settled, in Unix seconds.
        downgrade: what the budget says.
    """

    lease_id: str
    amount: Amount
    currency: str
    expires_at: float
    downgrade: bool


class Budgets:
    """The budgets of a store's sessions.

    Args:
        store: where they are kept.
        now: the time of day.
        lease_seconds: how long a lease holds what it was granted.
    """

    def __init__(self, store: SessionStore, now: Now, lease_seconds: float) -> None:
        self._store = store
        self._now = now
        self._lease_seconds = lease_seconds

    async def lease(self, session_id: str, cost: Money, characters: int) -> Granted:
        """Set part of a session's budget aside.

        Raises:
            ParlandoError: SESSION_NOT_FOUND, OUT_OF_RANGE, FIELD_REQUIRED where nothing is asked,
                BUDGET_SPENT, OVERLOADED.
        """
        require_session(session_id)
        asked = _amount(cost, characters, "cost", "characters")
        if asked == Amount():
            raise ParlandoError(
                Reason.FIELD_REQUIRED, "cost and characters are both 0: say what to set aside", field="cost"
            )
        lease_id = mint_lease(session_id)
        for _ in range(ATTEMPTS):
            stored = await self._store.read(session_id)
            budget = Session.FromString(stored.session).budget
            account = account_document.read(stored.account)
            currency = _currency(account.currency or budget.cost.currency_code, cost, "cost")
            limits = Limits(
                nanos_of(budget.cost) if budget.HasField("cost") else None,
                budget.characters if budget.HasField("characters") else None,
                budget.downgrade,
            )
            now = self._now()
            until = now + self._lease_seconds
            leased = replace(account, currency=currency).leased(lease_id, limits, asked, now, until)
            if await self._store.swap_account(session_id, stored.account, account_document.write(leased)):
                granted = next(lease for lease in leased.leases if lease.id == lease_id)
                return Granted(lease_id, granted.amount, currency, until, limits.downgrade)
        raise conflict()

    async def settle(self, lease_id: str, spent: Spending) -> Spending:
        """End a lease with what was spent of it, and return what its session has spent in all.

        Settling a lease a second time changes nothing. One whose time is up can be settled for another
        hour.

        Raises:
            ParlandoError: SESSION_NOT_FOUND, OUT_OF_RANGE.
        """
        session_id = session_of(lease_id)
        amount = _amount(spent.cost, spent.characters, "spent.cost", "spent.characters")
        shares = _shares(spent)
        for _ in range(ATTEMPTS):
            stored = await self._store.read(session_id)
            account = account_document.read(stored.account)
            currency = _currency(account.currency, spent.cost, "spent.cost")
            for number, share in enumerate(spent.engines):
                _currency(currency, share.cost, f"spent.engines[{number}].cost")
            settled = account.settled(lease_id, amount, self._now(), shares)
            if settled is account:
                return spending(account)
            settled = replace(settled, currency=currency)
            if await self._store.swap_account(session_id, stored.account, account_document.write(settled)):
                return spending(settled)
        raise conflict()


def _amount(cost: Money, characters: int, cost_path: str, characters_path: str) -> Amount:
    if wrong := fault(cost):
        raise out_of_range(cost_path, wrong)
    require_range(characters, 0, _MOST_CHARACTERS, characters_path)
    return Amount(nanos_of(cost), characters)


def _shares(spent: Spending) -> dict[Payee, Amount]:
    """Return what of a sum went where.

    Raises:
        ParlandoError: OUT_OF_RANGE, FIELD_REQUIRED.
    """
    if len(spent.engines) > _MOST_SHARES:
        raise out_of_range("spent.engines", f"has {len(spent.engines)} entries: use at most {_MOST_SHARES}")
    shares: dict[Payee, Amount] = {}
    for number, share in enumerate(spent.engines):
        at = f"spent.engines[{number}]"
        if not share.engine:
            raise ParlandoError(
                Reason.FIELD_REQUIRED, f"{at}.engine is empty: name who was paid", field=f"{at}.engine"
            )
        require_length(share.engine, 64, f"{at}.engine")
        require_length(share.model, 128, f"{at}.model")
        amount = _amount(share.cost, share.characters, f"{at}.cost", f"{at}.characters")
        payee = (share.engine, share.model)
        shares[payee] = shares.get(payee, Amount()) + amount
    return shares


def _currency(own: str, cost: Money, path: str) -> str:
    """Return the currency an account has with this cost in it."""
    if not nanos_of(cost):
        return own
    if own and own != cost.currency_code:
        raise out_of_range(f"{path}.currency_code", f"is {cost.currency_code}: the session spends {own}")
    return str(cost.currency_code)

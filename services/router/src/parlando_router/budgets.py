"""Budgets of sessions: what a synthesis may cost is set aside before it, what it did cost settled after.

Nothing here is asked where nothing costs: an engine without a price, or an utterance without a session.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
from parlando_router.budget_keeper import Amount, BudgetKeeper, Lease, Settlement
from parlando_router.candidate import Candidate
from parlando_router.leases import Leases
from parlando_router.ports import Cost
from parlando_router.turn import Reading


class UnpaidError(ParlandoError):
    """Nobody pays for an engine, which is not to blame; another one may speak."""


_FINAL = frozenset({Reason.BUDGET_SPENT, Reason.SESSION_NOT_FOUND, Reason.OUT_OF_RANGE})
"""Refusals that are the caller's to deal with. For any other, what costs nothing may speak."""


class Budgets:
    """Leases and settlements of all utterances.

    Args:
        keeper: who keeps the budgets; None: nobody, and nothing is limited.
        clock: what attempts at a settlement are spread by, and given up by.
    """

    def __init__(self, keeper: BudgetKeeper | None, clock: Clock) -> None:
        self._leases = Leases(keeper, clock) if keeper is not None else None

    @asynccontextmanager
    async def paid(
        self, candidate: Candidate, characters: int, session_id: str, reading: Reading
    ) -> AsyncIterator[None]:
        """Have a session pay for what is synthesised within: as estimated before, as `reading` says after.

        Raises:
            UnpaidError: it cannot, and another engine may speak.
            ParlandoError: it may not.
        """
        due, leases = due_for(candidate, characters), self._leases
        if leases is None or not session_id or due is None:
            yield
            return
        about = candidate.replica.description
        model = about.model if about is not None else ""

        def settlement(lease: Lease) -> Settlement:
            amount, spent = Amount(due.currency, 0, 0), reading.spent
            if spent is not None:
                cost = spent.cost or Cost(due.currency, due.nanos)
                amount = Amount(cost.currency, cost.nanos, spent.characters)
            return Settlement(lease, candidate.engine, model, amount)

        lease = await self._lease(leases, session_id, candidate.engine, due, settlement)
        try:
            self._require(lease, candidate.engine, due)
            yield
        finally:
            leases.end(settlement(lease))

    async def run(self) -> None:
        """Carry settlements out until cancelled; then those that still wait, where that is soon done."""
        if self._leases is not None:
            await self._leases.run()

    async def _lease(
        self,
        leases: Leases,
        session_id: str,
        engine: str,
        due: Amount,
        settlement: Callable[[Lease], Settlement],
    ) -> Lease:
        try:
            return await leases.lease(session_id, due, settlement)
        except ParlandoError as error:
            if error.reason not in _FINAL:
                raise UnpaidError(
                    error.reason,
                    f"the session's budget cannot be asked, and {engine} costs something: {error.message}",
                    retry_after=error.retry_after,
                ) from error
            if error.reason is Reason.BUDGET_SPENT:
                raise ParlandoError(error.reason, _spent(error.field), field=_FIELD) from error
            if error.reason is Reason.OUT_OF_RANGE:
                wrong = f"{engine} charges {due.currency}, and the session's budget is in another currency"
                raise ParlandoError(error.reason, f"{wrong}: give it one in this", field=_FIELD) from error
            raise ParlandoError(error.reason, error.message, field=_FIELD) from error

    def _require(self, lease: Lease, engine: str, due: Amount) -> None:
        """Refuse a lease that holds less than is due."""
        granted = lease.granted
        short = "cost" if granted.nanos < due.nanos else "characters"
        if granted.nanos >= due.nanos and granted.characters >= due.characters:
            return
        kind = UnpaidError if lease.downgrade else ParlandoError
        raise kind(Reason.BUDGET_SPENT, f"{engine} would go beyond it: {_spent(short)}", field=_FIELD)


_FIELD = "settings.session_id"


def due_for(candidate: Candidate, characters: int) -> Amount | None:
    """Return what a text of so many characters is likely to cost; None where nothing does."""
    cost = candidate.cost(characters)
    return Amount(cost.currency, cost.nanos, characters) if cost is not None else None


def _spent(path: str) -> str:
    return (
        f"the session's budget.{path} is spent, or set aside for what it speaks now: raise it, set "
        "budget.downgrade to go on with what costs less, or ask for an engine without a price"
    )

"""Budgets of sessions: what a synthesis may cost is set aside before it, what it did cost settled after.

Nothing here is asked where nothing costs: an engine without a price, or an utterance without a session.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
from parlando_router.candidate import Candidate
from parlando_router.ports import Cost
from parlando_router.turn import Reading

_MOST_UNSETTLED = 10_000
_AGAIN_SECONDS = 1.0
_LONGEST_AGAIN_SECONDS = 60.0  # that a settlement is tried for
_LAST_SECONDS = 5.0  # for settlements that wait when the router stops
_PATIENCE_SECONDS = 1.0  # with settlements of the same session, before more of its budget is asked for

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Amount:
    """Money, in billionths of a unit of an ISO 4217 currency, and the characters it is for."""

    currency: str
    nanos: int
    characters: int


@dataclass(frozen=True, slots=True)
class Lease:
    """A part of a session's budget that is set aside.

    Attributes:
        granted: which may be less than was asked.
        downgrade: what costs less is to speak where that is not enough.
    """

    id: str
    session_id: str
    granted: Amount
    downgrade: bool


@dataclass(frozen=True, slots=True)
class Settlement:
    """What of a lease was spent, on which engine and its model."""

    lease: Lease
    engine: str
    model: str
    spent: Amount


class BudgetKeeper(Protocol):
    """Who keeps the budgets: the session service."""

    async def lease(self, session_id: str, amount: Amount) -> Lease:
        """Set part of a session's budget aside.

        Raises:
            ParlandoError: BUDGET_SPENT, SESSION_NOT_FOUND, OUT_OF_RANGE where it is in another currency;
                DEPENDENCY_UNAVAILABLE, OVERLOADED or CONFLICT.
        """
        ...

    async def settle(self, settlement: Settlement) -> None:
        """End a lease. A second time changes nothing.

        Raises:
            ParlandoError: SESSION_NOT_FOUND; DEPENDENCY_UNAVAILABLE, CONFLICT.
        """
        ...


class UnpaidError(ParlandoError):
    """Nobody pays for an engine, which is not to blame; another one may speak."""


@dataclass(slots=True)
class _Due:
    """A settlement that waits.

    Attributes:
        until: when it is given up; None while it has not failed.
        again_at: when it is tried again, once it has failed.
    """

    settlement: Settlement
    until: float | None = None
    again_at: float = 0.0


_FINAL = frozenset({Reason.BUDGET_SPENT, Reason.SESSION_NOT_FOUND, Reason.OUT_OF_RANGE})
"""Refusals that are the caller's to deal with. For any other, what costs nothing may speak."""

_PASSING = frozenset(
    {
        Reason.DEPENDENCY_UNAVAILABLE,
        Reason.DRAINING,
        Reason.OVERLOADED,
        Reason.CONFLICT,
        Reason.TOO_LATE,
    }
)
"""What a settlement may fail with and be taken the next time."""


class Budgets:
    """Leases and settlements of all utterances.

    Settlements wait for nobody: they are queued, and carried out in turn by `run`. Those that failed for now
    stand behind all others, so that no session's hold up another's.

    Args:
        keeper: who keeps the budgets; None: nobody, and nothing is limited.
        clock: what attempts at a settlement are spread by, and given up by.
    """

    def __init__(self, keeper: BudgetKeeper | None, clock: Clock) -> None:
        self._keeper = keeper
        self._clock = clock
        self._new: deque[_Due] = deque()
        self._failed: deque[_Due] = deque()  # by when they are tried again; both: at most _MOST_UNSETTLED
        self._arrived = asyncio.Event()
        self._unsettled: Counter[str] = Counter()  # by session
        self._settled = asyncio.Event()

    @asynccontextmanager
    async def paid(
        self, candidate: Candidate, characters: int, session_id: str, reading: Reading
    ) -> AsyncIterator[None]:
        """Have a session pay for what is synthesised within: as estimated before, as `reading` says after.

        Raises:
            UnpaidError: it cannot, and another engine may speak.
            ParlandoError: it may not.
        """
        due = due_for(candidate, characters)
        if self._keeper is None or not session_id or due is None:
            yield
            return
        lease = await self._lease(self._keeper, session_id, candidate.engine, due)
        about = candidate.replica.description
        model = about.model if about is not None else ""
        try:
            self._require(lease, candidate.engine, due)
            yield
        finally:
            spent = reading.spent
            amount = Amount(due.currency, 0, 0)
            if spent is not None:
                cost = spent.cost or Cost(due.currency, due.nanos)
                amount = Amount(cost.currency, cost.nanos, spent.characters)
            self._settle(Settlement(lease, candidate.engine, model, amount))

    async def run(self) -> None:
        """Carry settlements out until cancelled; then those that still wait, where that is soon done."""
        if self._keeper is None:
            return
        try:
            while True:
                await self._arrived.wait()
                await self._settle_all(self._keeper)
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LAST_SECONDS):
                    await self._settle_all(self._keeper)

    async def _settle_all(self, keeper: BudgetKeeper) -> None:
        while queue := self._new or self._failed:
            due = queue[0]  # and stays there while it is tried: a cancel loses none
            if (pause := due.again_at - self._clock.now()) > 0:
                await self._arrival(pause)
                continue
            again = await self._tried(keeper, due)
            queue.popleft()
            if again:
                self._failed.append(due)
            else:
                self._ended(due.settlement.lease.session_id)
        self._arrived.clear()

    async def _arrival(self, pause: float) -> None:
        """Return when a settlement has arrived, or `pause` seconds have passed."""
        self._arrived.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._arrived.wait()

    def _ended(self, session_id: str) -> None:
        self._unsettled[session_id] -= 1
        if not self._unsettled[session_id]:
            del self._unsettled[session_id]
        self._settled.set()

    async def _lease(self, keeper: BudgetKeeper, session_id: str, engine: str, due: Amount) -> Lease:
        await self._until_settled(session_id)
        try:
            return await keeper.lease(session_id, due)
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

    async def _until_settled(self, session_id: str) -> None:
        """Wait for what this session has yet to settle: what it did not spend may be asked for now."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while self._unsettled[session_id]:
                    self._settled.clear()
                    await self._settled.wait()

    def _require(self, lease: Lease, engine: str, due: Amount) -> None:
        """Refuse a lease that holds less than is due."""
        granted = lease.granted
        short = "cost" if granted.nanos < due.nanos else "characters"
        if granted.nanos >= due.nanos and granted.characters >= due.characters:
            return
        kind = UnpaidError if lease.downgrade else ParlandoError
        raise kind(Reason.BUDGET_SPENT, f"{engine} would go beyond it: {_spent(short)}", field=_FIELD)

    def _settle(self, settlement: Settlement) -> None:
        if len(self._new) + len(self._failed) >= _MOST_UNSETTLED:
            _log.error("a settlement of %s is lost: too many wait", settlement.engine)
            return
        self._unsettled[settlement.lease.session_id] += 1
        self._new.append(_Due(settlement))
        self._arrived.set()

    async def _tried(self, keeper: BudgetKeeper, due: _Due) -> bool:
        """Try to carry a settlement out; return whether to try it again."""
        engine = due.settlement.engine
        try:
            await keeper.settle(due.settlement)
        except ParlandoError as error:
            if error.reason is Reason.SESSION_NOT_FOUND:  # it is over, and so are its budget and its totals
                return False
            now = self._clock.now()
            if due.until is None:
                due.until = now + _LONGEST_AGAIN_SECONDS
                _log.warning("a settlement of %s failed: %s", engine, error.message)
            if error.reason in _PASSING and now < due.until:
                due.again_at = now + _AGAIN_SECONDS
                return True
            _log.error("a settlement of %s is lost: %s", engine, error.message)
        except Exception:  # noqa: BLE001  # one that cannot be carried out must not end those of all others
            _log.exception("a settlement of %s is lost", engine)
        return False


_FIELD = "settings.session_id"


def due_for(candidate: Candidate, characters: int) -> Amount | None:
    """Return what a text of so many characters is likely to cost; None where nothing does."""
    about = candidate.replica.description
    if about is None or not about.currency or not about.price_nanos:
        return None
    return Amount(about.currency, round(characters * about.price_nanos), characters)


def _spent(path: str) -> str:
    return (
        f"the session's budget.{path} is spent, or set aside for what it speaks now: raise it, set "
        "budget.downgrade to go on with what costs less, or ask for an engine without a price"
    )

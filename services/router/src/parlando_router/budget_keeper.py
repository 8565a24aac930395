"""The port to who keeps the budgets of sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


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
        """Set part of a session's budget aside, or fail within a few seconds.

        Raises:
            ParlandoError: BUDGET_SPENT, SESSION_NOT_FOUND, OUT_OF_RANGE where it is in another currency;
                DEPENDENCY_UNAVAILABLE, OVERLOADED, CONFLICT or TOO_LATE.
        """
        ...

    async def settle(self, settlement: Settlement) -> None:
        """End a lease. A second time changes nothing.

        Raises:
            ParlandoError: SESSION_NOT_FOUND; DEPENDENCY_UNAVAILABLE, OVERLOADED, CONFLICT or TOO_LATE.
        """
        ...

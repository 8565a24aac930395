"""The arithmetic of a session's budget: what was spent, and what is set aside for a while.

Pure. A lease holds part of the budget until it is settled or its time is up. One whose time is up holds
nothing, but is remembered for an hour: settled late, its spending still counts. A lease that is not
remembered was settled before, so that settling twice counts once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from parlando_kit.errors import ParlandoError, Reason

MAX_LEASES = 128
"""Leases of a session that hold something at one time."""

_REMEMBERED_SECONDS = 3_600.0
_MOST_REMEMBERED = 256


@dataclass(frozen=True, slots=True)
class Amount:
    """Money and characters.

    Attributes:
        nanos: money in 10^-9 of the account's currency, 0 or more.
        characters: 0 or more.
    """

    nanos: int = 0
    characters: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.nanos + other.nanos, self.characters + other.characters)


Payee = tuple[str, str]
"""An engine, and its model."""

MAX_PAYEES = 256
"""Engines and models whose shares a session tells apart; what goes to more is in its sums alone."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be spent; None is no limit.

    Attributes:
        downgrade: True grants nothing once it is spent, where False refuses.
    """

    nanos: int | None = None
    characters: int | None = None
    downgrade: bool = False


@dataclass(frozen=True, slots=True)
class Lease:
    """A part that is set aside.

    Attributes:
        expires_at: when it returns to the budget, in Unix seconds.
    """

    id: str
    amount: Amount
    expires_at: float


@dataclass(frozen=True, slots=True)
class Account:
    """What a session has spent and set aside.

    Attributes:
        currency: of all its money; "" until there is some.
        leases: the earliest to expire first.
        shares: of what was spent, by whom it went to.
    """

    currency: str = ""
    spent: Amount = Amount()
    leases: tuple[Lease, ...] = ()
    shares: Mapping[Payee, Amount] = field(default_factory=dict)

    def held(self, now: float) -> Amount:
        """Return what leases hold now."""
        return sum((lease.amount for lease in self.leases if lease.expires_at > now), Amount())

    def leased(self, lease_id: str, limits: Limits, asked: Amount, now: float, until: float) -> Account:
        """Return the account with a new lease of what is left of `asked`; it is the last to expire.

        Raises:
            ParlandoError: BUDGET_SPENT where nothing is left of what was asked and the budget says to
                refuse; OVERLOADED where too many leases are held.
        """
        taken = self.spent + self.held(now)
        granted = Amount(
            _granted(asked.nanos, limits.nanos, taken.nanos),
            _granted(asked.characters, limits.characters, taken.characters),
        )
        if not limits.downgrade:
            _refuse_none(asked.nanos, granted.nanos, "cost")
            _refuse_none(asked.characters, granted.characters, "characters")
        kept = self._remembered(now)
        live = [lease for lease in kept if lease.expires_at > now]
        if len(live) >= MAX_LEASES:
            raise ParlandoError(
                Reason.OVERLOADED,
                f"the session holds {MAX_LEASES} leases: settle some",
                retry_after=live[0].expires_at - now,
            )
        leases = sorted((*kept, Lease(lease_id, granted, until)), key=lambda lease: lease.expires_at)
        return replace(self, leases=tuple(leases))

    def settled(
        self, lease_id: str, spent: Amount, now: float, shares: Mapping[Payee, Amount] = MappingProxyType({})
    ) -> Account:
        """Return the account with a lease ended and what was spent of it, more than it held included.

        Args:
            lease_id: the lease; where it is not held, nothing changes.
            spent: in all.
            now: the time of day.
            shares: of it, by whom it went to.
        """
        if all(lease.id != lease_id for lease in self.leases):
            return self
        kept = tuple(lease for lease in self._remembered(now) if lease.id != lease_id)
        all_shares = dict(self.shares)
        for payee, amount in shares.items():
            if amount != Amount() and (payee in all_shares or len(all_shares) < MAX_PAYEES):
                all_shares[payee] = all_shares.get(payee, Amount()) + amount
        return replace(self, spent=self.spent + spent, leases=kept, shares=all_shares)

    def _remembered(self, now: float) -> tuple[Lease, ...]:
        kept = [lease for lease in self.leases if lease.expires_at + _REMEMBERED_SECONDS > now]
        return tuple(kept[-_MOST_REMEMBERED:])


def _granted(asked: int, limit: int | None, taken: int) -> int:
    return asked if limit is None else max(0, min(asked, limit - taken))


def _refuse_none(asked: int, granted: int, path: str) -> None:
    if asked and not granted:
        raise ParlandoError(
            Reason.BUDGET_SPENT,
            f"the session's budget of {path} is spent or set aside: raise it, or settle leases",
            field=path,
        )

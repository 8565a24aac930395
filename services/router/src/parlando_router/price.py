"""What an engine charges for what it is given."""

from __future__ import annotations

from dataclasses import dataclass

from parlando_router.ports import Cost

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a million characters, in an ISO 4217 currency; without one, or 0: nothing is charged."""

    million: Cost

    def of(self, characters: int) -> Cost | None:
        """Return what so many characters cost, to the billionth; None where nothing is charged."""
        if not self.million.currency or not self.million.nanos:
            return None
        return Cost(self.million.currency, round(characters * self.million.nanos / _MILLION))

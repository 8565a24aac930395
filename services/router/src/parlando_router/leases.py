"""Leases of sessions' budgets: none stays set aside because whoever asked for it has left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.tasks import finish
from parlando_router.budget_keeper import Amount, BudgetKeeper, Lease, Settlement
from parlando_router.settlements import Settlements

_SECONDS = 2.0  # that an utterance waits for one
_MOST_ASKED = 1_000  # at a time, those included that nobody waits for any more


class Leases:
    """Asks for leases, and ends them.

    Args:
        keeper: who keeps the budgets.
        clock: what attempts at a settlement are spread by, and given up by.
    """

    def __init__(self, keeper: BudgetKeeper, clock: Clock) -> None:
        self._keeper = keeper
        self._settlements = Settlements(keeper, clock)
        self._asked: set[asyncio.Task[Lease]] = set()

    async def lease(self, session_id: str, due: Amount, settlement: Callable[[Lease], Settlement]) -> Lease:
        """Set part of a session's budget aside.

        Args:
            session_id: whose.
            due: how much.
            settlement: what ends a lease. It ends one that is granted too late, or after this was cancelled.

        Raises:
            ParlandoError: as `BudgetKeeper.lease`; OVERLOADED, TOO_LATE.
        """
        await self._settlements.until_settled(session_id)
        if len(self._asked) >= _MOST_ASKED:
            raise ParlandoError(Reason.OVERLOADED, "too many wait for theirs", retry_after=_SECONDS)

        def left(asked: asyncio.Task[Lease]) -> None:
            if not asked.cancelled() and asked.exception() is None:
                self.end(settlement(asked.result()))

        asked = asyncio.create_task(self._keeper.lease(session_id, due))
        self._asked.add(asked)
        asked.add_done_callback(self._asked.discard)
        try:
            await asyncio.wait({asked}, timeout=_SECONDS)  # leaves it alone when this task is cancelled
        except asyncio.CancelledError:
            asked.add_done_callback(left)
            raise
        if not asked.done():
            asked.add_done_callback(left)
            raise ParlandoError(Reason.TOO_LATE, f"there was no answer within {_SECONDS:g} s")
        return asked.result()

    def end(self, settlement: Settlement) -> None:
        """End a lease; waits for nothing."""
        self._settlements.add(settlement)

    async def run(self) -> None:
        """End leases until cancelled; then those that are still asked for, or waited for that."""
        try:
            await self._settlements.run()
        finally:
            while self._asked:
                await asyncio.wait(self._asked)  # each bounds its own time
            # By another task: in one that is cancelled a timeout of Python 3.11.2 and before is a cancel.
            await finish(self._settlements.finish())

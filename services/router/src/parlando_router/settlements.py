"""What leases of budgets came to, told to who keeps the budgets, in the background."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass

from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
from parlando_router.budget_keeper import BudgetKeeper, Settlement

_MOST_UNSETTLED = 10_000
_AGAIN_SECONDS = 1.0
_LONGEST_AGAIN_SECONDS = 60.0  # that a settlement is tried for
_LAST_SECONDS = 5.0  # for settlements that wait when the router stops
_PATIENCE_SECONDS = 1.0  # with settlements of the same session, before more of its budget is asked for

_log = logging.getLogger(__name__)

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


class Settlements:
    """Queues settlements, and carries them out in turn.

    Those that failed for now stand behind all others, so that no session's hold up another's.

    Args:
        keeper: is told.
        clock: what attempts at a settlement are spread by, and given up by.
    """

    def __init__(self, keeper: BudgetKeeper, clock: Clock) -> None:
        self._keeper = keeper
        self._clock = clock
        self._new: deque[_Due] = deque()
        self._failed: deque[_Due] = deque()  # by when they are tried again; both: at most _MOST_UNSETTLED
        self._arrived = asyncio.Event()
        self._unsettled: Counter[str] = Counter()  # by session
        self._settled = asyncio.Event()

    def add(self, settlement: Settlement) -> None:
        """Have it carried out; waits for nothing."""
        if len(self._new) + len(self._failed) >= _MOST_UNSETTLED:
            _log.error("a settlement of %s is lost: too many wait", settlement.engine)
            return
        self._unsettled[settlement.lease.session_id] += 1
        self._new.append(_Due(settlement))
        self._arrived.set()

    async def until_settled(self, session_id: str) -> None:
        """Wait for what this session has yet to settle: what it did not spend may be asked for now."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while self._unsettled[session_id]:
                    self._settled.clear()
                    await self._settled.wait()

    async def run(self) -> None:
        """Carry out what arrives, until cancelled."""
        while True:
            await self._arrived.wait()
            await self._carry_out()

    async def finish(self) -> None:
        """Carry out what still waits, where that is soon done."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_SECONDS):
                await self._carry_out()

    async def _carry_out(self) -> None:
        while queue := self._new or self._failed:
            due = queue[0]  # and stays there while it is tried: a cancel loses none
            if (pause := due.again_at - self._clock.now()) > 0:
                await self._arrival(pause)
                continue
            again = await self._tried(due)
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

    async def _tried(self, due: _Due) -> bool:
        """Try to carry a settlement out; return whether to try it again."""
        engine = due.settlement.engine
        try:
            await self._keeper.settle(due.settlement)
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

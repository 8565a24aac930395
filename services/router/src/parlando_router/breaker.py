"""A breaker: keeps work from what fails, and lets it come back once it has proved itself.

Pure: it is told what happened and when. *Closed*, it counts. It *opens* when `in_a_row` requests failed one
after another, or when at least `failures` of those within `window` did and they are at least `share` of
them. Open, it lets nothing through for `first_wait` seconds. Then it is *half-open*: one request at a time
goes through, `proof` successes one after another close it, and a failure opens it for twice as long as
before, up to `longest_wait`. Once it has stayed closed for `good_after`, the next wait is the first again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """When a breaker opens and closes. Times in seconds."""

    in_a_row: int = 3
    failures: int = 5
    share: float = 0.25
    window: float = 30.0
    first_wait: float = 2.0
    longest_wait: float = 60.0
    proof: int = 5
    good_after: float = 60.0


class BreakerState(Enum):
    """What a breaker does with a request."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Breaker:
    """One breaker.

    Args:
        rules: when it opens and closes.
    """

    def __init__(self, rules: BreakerRules | None = None) -> None:
        self._rules = rules or BreakerRules()
        self._outcomes: deque[tuple[float, bool]] = deque()  # when, and whether it failed
        self._failed = 0  # of those
        self._in_a_row = 0
        self._open_until: float | None = None
        self._closed_at: float | None = None  # when it last closed after being open
        self._wait = 0.0
        self._proven = 0
        self._probing = False
        self._why = ""

    def state(self, now: float) -> BreakerState:
        """Return what it does now."""
        if self._open_until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self._open_until else BreakerState.HALF_OPEN

    def admits(self, now: float) -> bool:
        """Return whether a request should go through now."""
        state = self.state(now)
        return state is BreakerState.CLOSED or (state is BreakerState.HALF_OPEN and not self._probing)

    def enter(self, now: float) -> bool:
        """Note that a request goes through; return whether it is the one that probes."""
        if self.state(now) is not BreakerState.HALF_OPEN or self._probing:
            return False
        self._probing = True
        return True

    def leave(self, *, probing: bool) -> None:
        """Note that a request is over, whatever became of it; `probing` is what `enter` returned."""
        if probing:
            self._probing = False

    def succeeded(self, now: float) -> None:
        """Note a request that went well."""
        self._in_a_row = 0
        if self._open_until is None:
            self._count(now, failed=False)
        elif now >= self._open_until:
            self._proven += 1
            if self._proven >= self._rules.proof:
                self._close()
                self._closed_at = now

    def failed(self, now: float, why: str) -> None:
        """Note a request that failed; `why` is for people."""
        if self._open_until is not None:
            if now >= self._open_until:
                self._open(now, why)
            return
        self._in_a_row += 1
        self._count(now, failed=True)
        rules = self._rules
        many = self._failed >= rules.failures and self._failed >= rules.share * len(self._outcomes)
        if many or self._in_a_row >= rules.in_a_row:
            count = f"{self._failed} of the last {len(self._outcomes)} failed, at last with {why}"
            self._open(now, count)

    def trip(self, now: float, seconds: float, why: str) -> None:
        """Open it for so long, whatever it has seen."""
        self._open(now, why)
        self._open_until = now + seconds

    def reset(self) -> bool:
        """Close it, and forget what it has seen; return whether it was open, or half-open."""
        was_open = self._open_until is not None
        self._close()
        self._wait, self._closed_at = 0.0, None
        return was_open

    def explain(self, now: float) -> str:
        """Return what it does and why, for people, without a subject; empty while it is closed."""
        match self.state(now):
            case BreakerState.CLOSED:
                return ""
            case BreakerState.OPEN:
                left = max((self._open_until or now) - now, 0.0)
                return f"breaker is open: {self._why}; it is tried again in {left:.0f} s"
            case BreakerState.HALF_OPEN:
                proof = f"{self._proven} of {self._rules.proof}"
                return f"breaker is half-open: {self._why}; it has proved itself {proof} times"

    def _open(self, now: float, why: str) -> None:
        rules = self._rules
        if self._closed_at is not None and now - self._closed_at >= rules.good_after:
            self._wait = 0.0
        self._wait = min(self._wait * 2, rules.longest_wait) if self._wait else rules.first_wait
        self._open_until, self._closed_at = now + self._wait, None
        self._proven, self._why = 0, why

    def _close(self) -> None:
        self._open_until = None
        self._outcomes.clear()
        self._failed = self._in_a_row = self._proven = 0
        self._why = ""

    def _count(self, now: float, *, failed: bool) -> None:
        self._outcomes.append((now, failed))
        self._failed += failed
        while self._outcomes[0][0] < now - self._rules.window:
            self._failed -= self._outcomes.popleft()[1]

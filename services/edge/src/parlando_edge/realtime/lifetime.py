"""How long a connection may last, and how long it may be idle."""

from __future__ import annotations

from collections.abc import Callable

from parlando_edge.openai_errors import NamedError
from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason


class Lifetime:
    """Of one connection, from now on.

    Args:
        clock: measures it.
        longest: seconds it may last.
        idle: seconds without a message of the client's and without speech after which it is over.
    """

    def __init__(self, clock: Clock, longest: float, idle: float) -> None:
        self._clock = clock
        self._longest = longest
        self._idle = idle
        self._ends = clock.now() + longest
        self._used = clock.now()

    def use(self) -> None:
        """Note that the client or the speech goes on."""
        self._used = self._clock.now()

    async def over(self, speaking: Callable[[], bool]) -> ParlandoError:
        """Return why it is over, once it is; while something is spoken, it is not idle."""
        while True:
            now = self._clock.now()
            if now >= self._ends:
                return _expired(f"the session has lasted {_minutes(self._longest)}, which is the most")
            if speaking():
                self._used = now
            left = self._used + self._idle - now
            if left <= 0:
                return _expired(f"nothing was sent and nothing was spoken for {_minutes(self._idle)}")
            await self._clock.sleep(min(left, self._ends - now))


def _expired(message: str) -> ParlandoError:
    return NamedError(
        Reason.OUT_OF_ORDER, "session_expired", f"{message}: connect again, with ?session= to go on"
    )


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:g} minutes"

"""The breakers of all workers and of all engines.

A worker's counts its own failures. An engine's counts fragments that none of its workers could speak, so that
one bad worker does not take its engine with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
from parlando_router.breaker import Breaker
from parlando_router.candidate import Candidate
from parlando_router.replica import Replica
from parlando_router.roster import Roster

NO_FAULT = frozenset({Reason.OVERLOADED, Reason.DRAINING, Reason.NO_ENGINE_AVAILABLE})
"""What no breaker counts: a worker that is busy, one that stops in good order, one that still loads."""


class Breakers:
    """Breakers of engines, by name, and of the workers of a roster, which hold their own.

    Args:
        clock: what they run by.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._engines: dict[str, Breaker] = {}

    @contextmanager
    def passed(self, candidate: Candidate) -> Iterator[None]:
        """Let a synthesis through while it lasts: a half-open breaker lets one through at a time."""
        now = self._clock.now()
        guards = [(breaker, breaker.enter(now)) for breaker in self._of(candidate)]
        try:
            yield
        finally:
            for breaker, probing in guards:
                breaker.leave(probing=probing)

    def admits(self, candidate: Candidate) -> bool:
        """Return whether a synthesis should go through now."""
        now = self._clock.now()
        return all(breaker.admits(now) for breaker in self._of(candidate))

    def succeeded(self, candidate: Candidate) -> None:
        """Note that a worker completed a synthesis."""
        for breaker in self._of(candidate):
            breaker.succeeded(self._clock.now())

    def failed(self, candidate: Candidate, error: ParlandoError) -> None:
        """Note that a worker failed a synthesis."""
        if error.reason not in NO_FAULT:
            candidate.replica.breaker.failed(self._clock.now(), error.reason.value)

    def lost(self, candidate: Candidate, error: ParlandoError) -> None:
        """Note that an engine could not speak with any of its workers."""
        if error.reason not in NO_FAULT:
            self._engine(candidate.engine).failed(self._clock.now(), error.reason.value)

    def trip(self, engine: str, seconds: float, why: str) -> None:
        """Open an engine's breaker for so long."""
        self._engine(engine).trip(self._clock.now(), seconds, why)

    def reset(self, roster: Roster, engine: str, address: str) -> int:
        """Close breakers, "" being any engine and any address; return how many were open."""
        breakers = [
            replica.breaker
            for name, replicas in roster.groups()
            for replica in replicas
            if engine in ("", name) and address in ("", replica.address)
        ]
        if not address:
            breakers += [breaker for name, breaker in self._engines.items() if engine in ("", name)]
        return sum(breaker.reset() for breaker in breakers)

    def why_not(self, replica: Replica) -> str:
        """Return why a worker would be given no work, for people; empty where no breaker is open."""
        now = self._clock.now()
        if why := replica.breaker.explain(now):
            return f"its {why}"
        engine = self._engines.get(replica.description.engine) if replica.description is not None else None
        return f"its engine's {why}" if engine is not None and (why := engine.explain(now)) else ""

    def _engine(self, name: str) -> Breaker:
        return self._engines.setdefault(name, Breaker())

    def _of(self, candidate: Candidate) -> tuple[Breaker, Breaker]:
        return candidate.replica.breaker, self._engine(candidate.engine)

"""Which syntheses there are, and which there were a short while ago."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.order import StopOutcome, StopReport
from parlando_synth.synthesis import Synthesis

REMEMBERED_FOR = 60.0
"""Seconds for which an id is remembered after its synthesis ended, or after a stop that came first."""

MOST_REMEMBERED = 20_000
"""Ids remembered at most; beyond it the oldest is forgotten early."""


@dataclass(frozen=True, slots=True)
class _Past:
    """What is left of an id: what a stop is answered, and until when."""

    until: float
    began: bool
    report: StopReport


class Registry:
    """Syntheses by id. A stop may come before its synthesis, and leaves a tombstone for it.

    Args:
        clock: tells when an id may be forgotten.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._present: dict[str, Synthesis] = {}
        self._past: dict[str, _Past] = {}  # oldest first: every entry is remembered for as long

    @property
    def present(self) -> Collection[Synthesis]:
        """Syntheses whose callers are still there."""
        return self._present.values()

    def begin(self, synthesis_id: str, synthesis: Synthesis) -> None:
        """Enter a synthesis.

        Raises:
            ParlandoError: ID_IN_USE where the id is or was used; STOPPED where a stop came first.
        """
        self._prune()
        past = self._past.get(synthesis_id)
        if past is not None and not past.began:
            raise ParlandoError(Reason.STOPPED, "the synthesis was stopped before it began")
        if past is not None or synthesis_id in self._present:
            raise ParlandoError(
                Reason.ID_IN_USE,
                f"synthesis_id was used within the last {REMEMBERED_FOR:g} s: mint a new one",
                field="synthesis_id",
            )
        self._present[synthesis_id] = synthesis

    def forget(self, synthesis_id: str) -> None:
        """Take out a synthesis that was refused; its id may be used again."""
        del self._present[synthesis_id]

    def end(self, synthesis_id: str) -> None:
        """Remember of a synthesis only what a late stop is answered."""
        self._remember(synthesis_id, self._present.pop(synthesis_id).report(), began=True)

    def stop(self, synthesis_id: str) -> Synthesis | StopReport:
        """Return the synthesis to stop, or the answer where there is nothing left to stop."""
        self._prune()
        if synthesis_id in self._present:
            return self._present[synthesis_id]
        if synthesis_id not in self._past:
            self._remember(synthesis_id, StopReport(StopOutcome.STOPPED), began=False)
        return self._past[synthesis_id].report

    def _remember(self, synthesis_id: str, report: StopReport, *, began: bool) -> None:
        self._past[synthesis_id] = _Past(self._clock.now() + REMEMBERED_FOR, began, report)
        self._prune()

    def _prune(self) -> None:
        now = self._clock.now()
        while self._past:
            oldest = next(iter(self._past))
            if len(self._past) <= MOST_REMEMBERED and self._past[oldest].until > now:
                return
            del self._past[oldest]

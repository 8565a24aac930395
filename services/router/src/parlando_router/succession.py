"""Who is to speak what is left of a fragment."""

from __future__ import annotations

from parlando_kit.errors import ParlandoError, Reason
from parlando_router.budgets import UnpaidError
from parlando_router.candidate import Candidate
from parlando_router.request import SpeechSettings
from parlando_router.stand import Stand
from parlando_router.turn import Turn

_LASTING = frozenset({Reason.OVERLOADED, Reason.BUDGET_SPENT})
"""Failures that another round would meet again."""

FULL_SECONDS = 0.25
"""How long to wait before an engine that was full is asked again, where it speaks already."""

LEAST_FULL_SECONDS = 0.5
"""How long that may go on even where the listener has no audio left: a voice that changes is worse."""


class Succession:
    """Names one candidate after another.

    Args:
        settings: how to speak.
        stand: what the speaker works with.
    """

    def __init__(self, settings: SpeechSettings, stand: Stand) -> None:
        self._settings = settings
        self._stand = stand

    async def next(self, turn: Turn) -> Candidate:
        """Return who is to speak what is left.

        Raises:
            ParlandoError: nobody is left; it is the last failure, where there was one.
        """
        while True:
            found, error = self._found(turn)
            left = [each for each in found if each.replica.address not in turn.tried]
            if turn.failure is not None and turn.failure.reason is Reason.OVERLOADED:
                engaged = self._stand.tally.engaged.get(turn.language, "")
                changes = not left or left[0].engine != engaged
                if engaged and changes and await self._waited(turn, turn.failure):
                    continue
            if isinstance(turn.failure, UnpaidError):
                left.sort(key=_price)
            if left:
                turn.alone = len(found) == 1
                turn.heir = (left[1].replica.first_chunk or 0.0) if len(left) > 1 else 0.0
                return left[0]
            if not found or turn.again or (turn.failure or error).reason in _LASTING:
                raise turn.failure or error
            turn.again = True  # all have failed, and some live: they may only have been too slow for once
            turn.tried.clear()

    def _found(self, turn: Turn) -> tuple[list[Candidate], ParlandoError]:
        """Return who could speak, and the error that nobody can.

        A language that was guessed, and that nobody speaks, is left to the voice.
        """
        tally = self._stand.tally
        error = ParlandoError(Reason.NO_ENGINE_AVAILABLE, "every engine that could speak this has failed")
        while True:
            like, engaged = tally.voices.get(turn.language, ""), tally.engaged.get(turn.language, "")
            try:
                found = self._stand.engines.candidates(
                    self._settings, turn.language, like=like, engaged=engaged
                )
            except ParlandoError as refusal:
                guessed = turn.language and not self._settings.language
                if refusal.reason is Reason.LANGUAGE_NOT_FOUND and guessed:
                    turn.language = ""
                    continue
                return [], refusal
            return found, error

    async def _waited(self, turn: Turn, full: ParlandoError) -> bool:
        """Wait for an engine that speaks already and is full, while the listener has audio."""
        pause = min(full.retry_after or FULL_SECONDS, FULL_SECONDS)
        if turn.waited + pause > max(self._stand.playout.queued(), LEAST_FULL_SECONDS):
            return False
        turn.waited += pause
        turn.tried.clear()
        await self._stand.clock.sleep(pause)
        return True


def _price(candidate: Candidate) -> int:
    """Return what a million characters cost, in billionths; 0 where nothing does."""
    cost = candidate.cost(1_000_000)
    return cost.nanos if cost is not None else 0

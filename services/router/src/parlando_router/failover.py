"""One fragment after another, each spoken by as many engines as it takes.

An engine that fails, stands still, says what cannot be, or is too slow for playback is left for the next
candidate, which goes on at the first word of which nothing may be sent: the ledger says which one that is.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_router.budgets import UnpaidError
from parlando_router.candidate import Candidate
from parlando_router.ports import Fragment, StopResult
from parlando_router.reader import Reader
from parlando_router.remainder import Passage, remainder
from parlando_router.request import SpeechSettings
from parlando_router.stand import Stand
from parlando_router.succession import Succession
from parlando_router.turn import Reading, Turn

RETRIED = frozenset(
    {
        Reason.DEPENDENCY_UNAVAILABLE,
        Reason.DRAINING,
        Reason.NO_ENGINE_AVAILABLE,
        Reason.OVERLOADED,
        Reason.ENGINE_FAILED,
        Reason.ENGINE_KEY_REFUSED,
        Reason.MODEL_NOT_FOUND,
        Reason.QUOTA_SPENT,
    }
)
"""Failures that another worker may not have."""


class FragmentSpeaker:
    """Has the fragments of one epoch spoken.

    When `speak` is cancelled, the synthesis under way is stopped, and confirmed stopped, before it returns.

    Args:
        epoch: the epoch's number.
        settings: how to speak.
        stand: what it works with.
    """

    def __init__(self, epoch: int, settings: SpeechSettings, stand: Stand) -> None:
        self._settings = settings
        self._stand = stand
        self._succession = Succession(settings, stand)
        self._reader = Reader(epoch, settings, stand)
        self._previous_text = ""

    @property
    def stopped(self) -> StopResult:
        """What the worker said of the synthesis that a cancel stopped."""
        return self._reader.stopped

    @property
    def idle_at(self) -> float | None:
        """When the worker had said so; None where no synthesis was under way."""
        return self._reader.idle_at

    @property
    def unread_seconds(self) -> float:
        """Audio that synthesis had made and nobody read, in seconds."""
        return self._reader.unread_seconds

    async def speak(self, fragment: Fragment, *, last: bool = False) -> None:
        """Speak a fragment in which there is something to be said; `last`: no other one follows.

        Raises:
            ParlandoError: what nobody could make good. What may be sent of the fragment is on the track.
        """
        stand = self._stand
        turn = Turn(
            fragment,
            fragment.language or self._settings.language,
            Passage(fragment.spoken_text),
            pause=fragment.pause_after / self._settings.speed,
            last=last,
        )
        while turn.passage.text:
            candidate = await self._succession.next(turn)
            self._moved(turn, candidate)
            reading = Reading()
            try:
                async with self._paid(candidate, turn, reading):
                    await self._reader.read(candidate, turn, reading, self._previous_text)
            except UnpaidError as error:
                turn.failed, turn.failure = None, error
                turn.tried.add(candidate.replica.address)
            except ParlandoError as error:
                self._break_off(turn, candidate)
                if error.reason not in RETRIED:
                    raise
                if not reading.mute:
                    stand.engines.report_failure(candidate, error, silent=reading.silent)
                turn.failed, turn.failure, turn.mute = candidate, error, reading.mute
                turn.tried.add(candidate.replica.address)
            else:
                stand.engines.report_success(candidate, reading.seconds)
                break
        else:
            stand.track.complete(fragment, turn.seam or TimingQuality.EXACT, turn.pause)
        self._previous_text = fragment.spoken_text

    def _paid(self, candidate: Candidate, turn: Turn, reading: Reading) -> AbstractAsyncContextManager[None]:
        """Have the caller's session pay for what is left of a fragment."""
        characters, session_id = len(turn.passage.text), self._settings.session_id
        return self._stand.budgets.paid(candidate, characters, session_id, reading)

    def _moved(self, turn: Turn, candidate: Candidate) -> None:
        """Count it when a candidate takes over from one that failed."""
        failed, failure = turn.failed, turn.failure
        if failed is None or failure is None or failed.replica is candidate.replica:
            return
        self._stand.engines.statistics.left(failed.engine)
        if failed.engine != candidate.engine and not turn.mute:
            self._stand.engines.report_loss(failed, failure)

    def _break_off(self, turn: Turn, candidate: Candidate) -> None:
        """Keep what may be sent of a fragment that has begun, and see what is left of it."""
        stand = self._stand
        if not stand.track.speaking:
            return
        point = stand.track.break_off()
        turn.seam = point.quality
        stand.engines.statistics.seam(candidate.engine, point.quality)
        if point.spoken_offset > turn.passage.offset:
            # Those who failed at another place may do better at this one.
            turn.tried.clear()
            turn.again = False
        turn.passage = remainder(turn.fragment.spoken_text, turn.fragment.text_kind, point.spoken_offset)

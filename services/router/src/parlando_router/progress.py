"""What is watched while an utterance lasts: its progress, its limits, and whether its caller still reads."""

from __future__ import annotations

from collections.abc import Callable

from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import Ledger
from parlando_kit.spans import Span
from parlando_router.events import Progress
from parlando_router.outbox import Outbox
from parlando_router.tally import Tally

PROGRESS_SECONDS = 1.0
KEEP_ALIVE_SECONDS = 15.0
STALLED_SECONDS = 60.0
"""How long one write may wait for a caller that does not read, before the call is ended."""


class Watch:
    """Watches one utterance."""

    def __init__(self, ledger: Ledger, tally: Tally, outbox: Outbox, clock: Clock) -> None:
        self._ledger = ledger
        self._tally = tally
        self._outbox = outbox
        self._clock = clock

    async def run(self, epoch: Callable[[], int], complete: Callable[[], bool]) -> None:
        """Send progress about once a second of work, and every 15 s in any case, until cancelled.

        Args:
            epoch: returns the current epoch.
            complete: returns whether all text has arrived.

        Raises:
            ParlandoError: SLOW_READER once a single write has waited for a minute.
        """
        began = told = self._clock.now()
        done = 0
        while True:
            await self._clock.sleep(PROGRESS_SECONDS)
            now = self._clock.now()
            since = self._outbox.writing_since
            if since is not None and now - since > STALLED_SECONDS:
                raise ParlandoError(
                    Reason.SLOW_READER,
                    f"nothing was read for {STALLED_SECONDS:g} s: read the stream, or end it",
                )
            quiet = self._outbox.idle and now - told >= KEEP_ALIVE_SECONDS
            if self._ledger.source_done != done or quiet:
                done, told = self._ledger.source_done, now
                self._outbox.put(epoch(), self._progress(now - began, complete=complete()))

    def _progress(self, elapsed: float, *, complete: bool) -> Progress:
        done, received = self._ledger.source_done, self._tally.received
        fraction = done / received if received else 0.0
        words = self._ledger.words
        return Progress(
            source_done=done,
            source_received=received,
            fraction=fraction,
            time_left=elapsed * (1 - fraction) / fraction if complete and fraction else None,
            speaking=words[-1].source if words else Span(0, 0),
        )

    async def first_chunk(self, limit: float) -> None:
        """Return once audio has been sent.

        Raises:
            ParlandoError: TOO_LATE when `limit` seconds have passed since the first text.
        """
        await self._tally.text_came.wait()
        await self._clock.sleep(limit)
        if self._outbox.first_audio_at is None:
            raise ParlandoError(
                Reason.TOO_LATE,
                f"no audio within {limit:g} s of the first text: raise settings.limits.first_chunk",
                field="settings.limits.first_chunk",
            )

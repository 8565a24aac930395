"""How far playback is, and whether there is room to synthesise further ahead of it."""

from __future__ import annotations

import asyncio
import math

from parlando_kit.clock import Clock
from parlando_router.request import PlayoutMode

UNSENT_SECONDS = 1.0
"""Audio made and not yet taken by the transport before the next fragment waits, in every mode.

Who takes what comes leaves none. Who does not has the transport full as well, which `sent` does not tell from
what is heard: together they are no more than the budget of 10 s.
"""


class Playout:
    """The playback of one utterance, as its caller reports it or as the clock implies.

    The budget gates the next fragment only: at most the budget and one fragment lie ahead, and at most
    `UNSENT_SECONDS` and one fragment wait for the transport.

    Args:
        mode: how playback is known.
        budget: seconds of audio that may lie ahead in CLOCK and REPORTED modes.
        rate: samples a second.
        clock: the clock that CLOCK mode plays by.
    """

    def __init__(self, mode: PlayoutMode, budget: float, rate: int, clock: Clock) -> None:
        self.mode = mode
        self.most_unheard = 0.0
        unpaced = mode is PlayoutMode.UNPACED
        self._budget = math.inf if unpaced else budget
        self._most_unsent = UNSENT_SECONDS if unpaced else min(budget, UNSENT_SECONDS)
        self._rate = rate
        self._clock = clock
        self._made = 0
        self._sent = 0
        self._played = 0.0  # samples, as of `_as_of`
        self._reported = 0
        self._as_of = 0.0
        self._moved = asyncio.Event()

    def made(self, samples: int) -> None:
        """Note that the utterance's samples before this one are made."""
        self._made = samples
        self._moved.set()
        self.most_unheard = max(self.most_unheard, self.unheard())

    def sent(self, samples: int) -> None:
        """Note that the samples before this one were taken by the transport."""
        self._played, self._as_of = self._playing(), self._clock.now()
        self._sent = max(self._sent, samples)
        self._moved.set()

    def played(self, samples: int) -> None:
        """Note that the caller has played so many samples; counts in REPORTED mode, once they are sent."""
        self._reported = max(self._reported, samples)
        self._moved.set()

    def discard(self, next_sample: int) -> None:
        """Forget what lies ahead: the caller throws away what it has; the next sample made is this one."""
        self._made = self._sent = next_sample
        self._played = next_sample
        self._as_of = self._clock.now()
        self._moved.set()

    def unheard(self) -> float:
        """Return seconds of audio made and not played."""
        return max(self._made - self._position(), 0.0) / self._rate

    def queued(self) -> float:
        """Return seconds of audio made and not heard; in UNPACED mode, by one who plays it as it comes."""
        return max(self._made - self._playing(), 0.0) / self._rate

    def ahead(self) -> float:
        """Return seconds of audio sent and not played."""
        return max(self._sent - self._position(), 0.0) / self._rate

    def unplayed(self, samples: int) -> float:
        """Return seconds that are left to hear of the samples before this one, played as they come."""
        return max(samples - self._playing(), 0.0) / self._rate

    async def room(self) -> None:
        """Return once less than the budget is unheard, and little of it waits for the transport."""
        while True:
            over = self.unheard() - self._budget
            taken = self._made - self._sent < self._most_unsent * self._rate
            if over < 0 and taken:
                return
            self._moved.clear()
            if taken and self.mode is PlayoutMode.CLOCK and self.ahead() > 0:
                # Playback runs: wait until it has made room, or until something else has.
                tasks = [
                    asyncio.ensure_future(self._moved.wait()),
                    asyncio.ensure_future(self._clock.sleep(over + 0.001)),
                ]
                try:
                    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for task in tasks:
                        task.cancel()
                    await asyncio.gather(*tasks, return_exceptions=True)
            else:
                await self._moved.wait()

    def _position(self) -> float:
        """Return the samples played by now; in UNPACED mode what is sent counts as played."""
        return self._sent if self.mode is PlayoutMode.UNPACED else self._playing()

    def _playing(self) -> float:
        """Return the samples played by now. A pure reading: the gauge is read on a thread of its own."""
        if self.mode is PlayoutMode.REPORTED:
            return max(self._played, min(self._reported, self._sent))
        # Playback stands still while nothing is there to play.
        return min(self._played + (self._clock.now() - self._as_of) * self._rate, self._sent)

"""How late the generator itself is: what it adds to every latency it reports."""

from __future__ import annotations

import asyncio
import math
import time

from load.figures import Latencies

TICK_SECONDS = 0.010
BUSY_SHARE = 0.85
LATE_SECONDS = 0.010


class Lag:
    """Measures by how much the event loop misses a tick of `TICK_SECONDS`.

    A tick that comes so late that others were missed counts for them, too, each as late as it would have
    been: else a loop that stands still for a second would note one late tick among a hundred good ones.
    """

    def __init__(self) -> None:
        self.late = Latencies()
        self._began = 0.0
        self._too_late: list[tuple[float, float]] = []  # seconds into the run when it was due; how late

    def ticked(self, due: float, now: float) -> None:
        """Note a tick that was due, and those that it kept from coming."""
        late = max(now - due, 0.0)
        while late >= 0:
            self.late.add(late)
            if late > LATE_SECONDS:
                self._too_late.append((now - late - self._began, late))
            late -= TICK_SECONDS

    async def run(self) -> None:
        """Tick until cancelled."""
        due = self._began = time.perf_counter()
        while True:
            due = max(due + TICK_SECONDS, time.perf_counter())
            await asyncio.sleep(due - time.perf_counter())
            self.ticked(due, time.perf_counter())

    def verdict(self, busy: float, since: float = 0.0, until: float = math.inf) -> str:
        """Return why the generator was the bottleneck; "" where it was not.

        Args:
            busy: share of one core that the generator used.
            since: the ticks are judged that were due from then on, in seconds into the run.
            until: and before then.
        """
        if busy > BUSY_SHARE:
            return f"the generator used {busy:.0%} of the one core that it can use"
        late = sorted((late for at, late in self._too_late if since <= at < until), reverse=True)
        may_be = int(min(len(self.late), (until - since) / TICK_SECONDS) / 100)
        if len(late) > may_be:
            worst = late[may_be] * 1000
            return f"one tick in a hundred of the generator's loop came {worst:.0f} ms late or more"
        return ""

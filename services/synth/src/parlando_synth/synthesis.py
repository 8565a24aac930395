"""The life of one synthesis: it waits, it speaks, it ends or is stopped, and says so."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.engine import Engine
from parlando_synth.failures import engine_failure
from parlando_synth.job import Job
from parlando_synth.order import StopOutcome, StopReport
from parlando_synth.outbox import Outbox
from parlando_synth.patience import done_within
from parlando_synth.stop_flag import StopFlag
from parlando_synth.take import Take

STOP_WITHIN = 2.0
"""Seconds a stop waits for the engine to be idle before it is answered UNCONFIRMED."""


class Synthesis:
    """One synthesis, from its acceptance until its caller has gone.

    Args:
        outbox: what its caller reads.
        stoppable: whether a stop ends the engine's work, or only our listening to it.
        clock: measures it, and bounds how long a stop waits.

    Attributes:
        stop: set once it is to end.
        first_chunk: seconds from its admission to its first audio, once there is any.
        completed: True once the whole text was spoken.
        engine_time: seconds the engine worked for it; valid once completed.
        failure: why it failed; None while it has not.
    """

    def __init__(self, *, outbox: Outbox, stoppable: bool, clock: Clock) -> None:
        self.stop = StopFlag()
        self.first_chunk: float | None = None
        self.engine_time = 0.0
        self.completed = False
        self.failure: Reason | None = None
        self._outbox = outbox
        self._stoppable = stoppable
        self._clock = clock
        self._arrived = clock.now()
        self._take: Take | None = None
        self._stop_came: float | None = None
        self._idle_since: float | None = None
        self._idle: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def seconds_made(self) -> float:
        """Seconds of audio made so far."""
        return self._take.seconds if self._take is not None else 0.0

    @property
    def idle_after_stop(self) -> float | None:
        """Seconds from the stop until the engine was idle; None while either has not happened."""
        if self._stop_came is None or self._idle_since is None:
            return None
        return self._idle_since - self._stop_came

    async def speak(self, engine: Engine, job: Job, ignored: tuple[str, ...]) -> None:
        """Have the engine, which is free for it now, do the job. What fails is told to the reader."""
        admitted = self._clock.now()
        take = self._take = Take(
            self._outbox,
            characters=len(job.text),
            ignored=ignored,
            queued=admitted - self._arrived,
        )
        try:
            async with aclosing(engine.synthesize(job, self.stop)) as events:
                async for event in events:
                    take.add(event)
                    if take.samples and self.first_chunk is None:
                        self.first_chunk = self._clock.now() - admitted
            self.engine_time = self._clock.now() - admitted
            take.finish(self.engine_time, cut_short=self.stop.requested)
            self.completed = True
        except Exception as error:  # noqa: BLE001  # an engine may raise anything
            self.refuse(engine_failure(error))

    def refuse(self, error: ParlandoError) -> None:
        """Tell the reader that it failed, after what was made. Nothing fails that was asked to stop."""
        if self._stop_came is None:
            self.failure = error.reason
        self._outbox.close(error)

    def ask_to_stop(self) -> None:
        """End it as soon as can be; nothing more leaves."""
        if not self._idle.done() and self._stop_came is None:
            self._stop_came = self._clock.now()
        self._outbox.close(ParlandoError(Reason.STOPPED, "the synthesis was stopped"), discard=True)
        self.stop.set()

    def end(self) -> None:
        """Note that the engine is idle for it, or will never begin it."""
        self._idle_since = self._clock.now()
        self._idle.set_result(None)

    async def stopped(self) -> StopReport:
        """Stop it, and return once the engine is idle, or has not become so in `STOP_WITHIN`."""
        came = self._clock.now()
        if self._idle.done():
            self.ask_to_stop()
            return self.report()
        self.ask_to_stop()
        idle = await done_within(self._idle, STOP_WITHIN, self._clock)
        after = (self._idle_since if self._idle_since is not None else self._clock.now()) - came
        return StopReport(
            outcome=self._outcome() if idle else StopOutcome.UNCONFIRMED,
            samples_made=self._take.samples if self._take is not None else 0,
            engine_time_after_stop=after if self._take is not None else 0.0,
            idle_after=after,
        )

    def report(self) -> StopReport:
        """Return what a stop is answered that comes when the engine is idle."""
        return StopReport(self._outcome(), self._take.samples if self._take is not None else 0)

    def _outcome(self) -> StopOutcome:
        if self._stop_came is None:
            return StopOutcome.ALREADY_FINISHED
        if self._take is None:
            return StopOutcome.STOPPED
        goes_on = self._take.goes_on if self._take.goes_on is not None else not self._stoppable
        return StopOutcome.ABANDONED if goes_on else StopOutcome.STOPPED

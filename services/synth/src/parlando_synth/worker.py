"""The worker: one engine, and everyone who wants it to speak."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

from opentelemetry.metrics import Meter

from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError
from parlando_kit.tasks import finish
from parlando_synth.admission import Admission, Ticket
from parlando_synth.checks import checked_id, job_of
from parlando_synth.description import EngineDescription, Price
from parlando_synth.engine import Engine, Warmth
from parlando_synth.job import Job
from parlando_synth.measures import Measures
from parlando_synth.order import Order, StopReport
from parlando_synth.outbox import Outbox
from parlando_synth.pronunciation import Pronunciation
from parlando_synth.recent import Recent
from parlando_synth.registry import Registry
from parlando_synth.shelf import Shelf
from parlando_synth.slot import EngineSlot, State
from parlando_synth.synthesis import Synthesis
from parlando_synth.tally import Tally
from parlando_synth.voices import Voices


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a worker will not go beyond.

    Attributes:
        max_queued: syntheses that may wait for an instance.
        max_wait: seconds that a listener without audio may wait for one.
        max_unread: seconds of audio that may wait for readers, of all syntheses together.
    """

    max_queued: int = 32
    max_wait: float = 10.0
    max_unread: float = 1_200.0


@dataclass(frozen=True, slots=True)
class Status:
    """What a worker is, and what it is doing.

    Attributes:
        engine: the name the engine is configured by.
        worker_id: of this worker alone, new at each start.
        detail: why the engine is not ready, for people.
        about: what the engine says of itself, once it is ready.
        max_queued: syntheses that may wait.
        live: syntheses under way.
        queued: syntheses waiting.
        total: syntheses accepted since the start.
        real_time_factor: engine time per second of audio, lately.
        first_chunk: seconds from admission to the first audio, the median of late.
        instances: loaded now; 0 where the engine has none to load.
        real_time_streams: listeners that the engine was measured to keep fed; None where it was not measured.
    """

    engine: str
    worker_id: str
    state: State
    detail: str
    about: EngineDescription | None
    max_queued: int
    live: int
    queued: int
    total: int
    real_time_factor: float | None
    first_chunk: float | None
    instances: int
    real_time_streams: float | None


class Worker:
    """Serves one engine.

    Args:
        name: the name the engine is configured by.
        create: makes the engine, on a thread, because it may import much; called for each load.
        bounds: what it will not go beyond.
        warmth: what is kept of the engine while nobody uses it.
        clock: measures, and ages what is remembered.
        meter: makes the instruments.

    Attributes:
        name: as given.
        tally: what it has done.
        voices: of its engine.
        began: when it was made, by the clock.
    """

    def __init__(
        self,
        name: str,
        create: Callable[[], Engine],
        *,
        bounds: Bounds,
        warmth: Warmth,
        clock: Clock,
        meter: Meter,
    ) -> None:
        self.name = name
        self.tally = Tally()
        self.began = clock.now()
        self._id = uuid4().hex
        self._max_queued = bounds.max_queued
        self._shelf = Shelf(bounds.max_unread)
        self._clock = clock
        self._recent = Recent()
        self._admission = Admission(
            max_queued=bounds.max_queued, max_wait=bounds.max_wait, recent=self._recent, clock=clock
        )
        self._registry = Registry(clock)
        self._slot = EngineSlot(name, create, warmth=warmth, clock=clock)
        self.voices = Voices(self._slot)
        self._measures = Measures(meter, name, self._admission, self._slot)

    async def load(self, instances: int = 0) -> State:
        """Load the engine, unless it is loaded. What went wrong is in `status`, and in the log.

        Args:
            instances: how many to hold however long they are not used; 0 is as many as configured.
        """
        await self._slot.load(instances)
        loaded = self._slot.loaded
        if loaded is not None:
            if loaded.rehearsal is not None:
                self._recent.begin(loaded.rehearsal)
            self._admission.open(loaded.about.max_live)
        return self._slot.state

    async def unload(self) -> None:
        """Take nothing new, finish what there is, and give the engine back."""
        await self._slot.unload(self._admission.idle)

    async def state_after(self, state: State) -> State:
        """Return the engine's state once it is another one than `state`."""
        return await self._slot.state_after(state)

    async def close(self) -> None:
        """Stop what is live, and close the engine."""
        for synthesis in self._registry.present:
            synthesis.ask_to_stop()
        await self._slot.close()

    @property
    def price(self) -> Price | None:
        """What the engine charges; None for nothing, and before it was ready."""
        return self._slot.about.price if self._slot.about is not None else None

    def status(self) -> Status:
        """Return what the worker is and what it is doing."""
        slot = self._slot
        rehearsal = slot.loaded.rehearsal if slot.loaded is not None else None
        return Status(
            engine=self.name,
            worker_id=self._id,
            state=slot.state,
            detail=slot.detail,
            about=slot.described(),
            max_queued=self._max_queued,
            live=self._admission.live,
            queued=self._admission.queued,
            total=self._admission.total,
            real_time_factor=self._recent.real_time_factor,
            first_chunk=self._recent.first_chunk,
            instances=slot.held,
            real_time_streams=rehearsal.real_time_streams if rehearsal is not None else None,
        )

    async def phonemize(self, order: Order) -> Pronunciation:
        """Return how an order's text would be pronounced; its id is of no account.

        Raises:
            ParlandoError: the order is refused; NOT_SUPPORTED, the engine does not tell.
        """
        loaded = self._slot.ready()
        job, _ = job_of(order, loaded.about, loaded.casting)
        return await loaded.engine.phonemize(job)

    @asynccontextmanager
    async def synthesis(self, order: Order) -> AsyncIterator[Outbox]:
        """Speak an order: what is made can be read within the context, which ends when the engine is idle.

        Leaving it early stops the synthesis.

        Raises:
            ParlandoError: the order is refused; reading raises what it fails with later on.
        """
        arrived = self._clock.now()
        outbox = Outbox(
            self._shelf,
            lambda: self._measures.first_chunk(self._clock.now() - arrived),
        )
        self.tally.requests += 1
        try:
            running, synthesis = self._begin(order, outbox)
        except ParlandoError as refused:
            self.tally.failures[refused.reason] += 1
            raise
        try:
            yield outbox
        finally:
            synthesis.ask_to_stop()
            try:
                await finish(asyncio.wait({running}))
            finally:
                self._registry.end(order.id)

    async def stop(self, synthesis_id: str) -> StopReport:
        """End a synthesis, and return once the engine is idle for it. It need not have arrived yet.

        Raises:
            ParlandoError: the id is none.
        """
        found = self._registry.stop(checked_id(synthesis_id))
        report = found if isinstance(found, StopReport) else await found.stopped()
        self._measures.stopped(report.idle_after, report.outcome.name)
        return report

    def _begin(self, order: Order, outbox: Outbox) -> tuple[asyncio.Task[None], Synthesis]:
        """Accept an order, and return what carries it out."""
        checked_id(order.id)
        loaded = self._slot.ready()
        job, ignored = job_of(order, loaded.about, loaded.casting)
        synthesis = Synthesis(outbox=outbox, stoppable=loaded.about.stoppable, clock=self._clock)
        self._registry.begin(order.id, synthesis)
        try:
            ticket = self._admission.enter(job.audio_queued)
        except ParlandoError:
            self._registry.forget(order.id)
            raise
        synthesis.stop.on_set(partial(self._admission.withdraw, ticket))
        return asyncio.create_task(self._run(synthesis, ticket, loaded.engine, job, ignored)), synthesis

    async def _run(
        self,
        synthesis: Synthesis,
        ticket: Ticket,
        engine: Engine,
        job: Job,
        ignored: tuple[str, ...],
    ) -> None:
        try:
            if await self._admission.turn(ticket):
                with self._measures.speaking():
                    await synthesis.speak(engine, job, ignored)
        except ParlandoError as late:
            synthesis.refuse(late)
        finally:
            self._admission.leave(ticket)
            synthesis.end()
        self._note(synthesis)

    def _note(self, synthesis: Synthesis) -> None:
        self.tally.audio += synthesis.seconds_made
        if synthesis.failure is not None:
            self.tally.failures[synthesis.failure] += 1
        if synthesis.first_chunk is not None:
            self._recent.add_first_chunk(synthesis.first_chunk)
        if synthesis.completed:
            self._recent.add_work(synthesis.engine_time, synthesis.seconds_made)
        if synthesis.idle_after_stop is not None:
            self._measures.engine_idle(synthesis.idle_after_stop)

"""The worker: one engine, and everyone who wants it to speak."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from functools import partial
from uuid import uuid4

from opentelemetry.metrics import Meter

from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.tasks import finish
from parlando_synth.admission import Admission, Ticket
from parlando_synth.casting import Casting
from parlando_synth.checks import checked_id, job_of
from parlando_synth.engine import Engine, EngineDescription, Job, Price, Voice
from parlando_synth.languages import speaks
from parlando_synth.measures import Measures
from parlando_synth.order import Order, StopReport
from parlando_synth.outbox import Outbox
from parlando_synth.recent import Recent
from parlando_synth.registry import Registry
from parlando_synth.shelf import Shelf
from parlando_synth.synthesis import Synthesis

_log = logging.getLogger(__name__)


class State(Enum):
    """What has become of a worker's engine."""

    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


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


@dataclass(frozen=True, slots=True)
class _Loaded:
    """An engine that is ready."""

    engine: Engine
    about: EngineDescription
    casting: Casting


class Worker:
    """Serves one engine.

    Args:
        name: the name the engine is configured by.
        create: makes the engine; called once, on a thread, because it may import much.
        max_queued: syntheses that may wait for an instance.
        max_unread: seconds of audio that may wait for readers, of all syntheses together.
        clock: measures, and ages what is remembered.
        meter: makes the instruments.

    Attributes:
        name: as given.
    """

    def __init__(
        self,
        name: str,
        create: Callable[[], Engine],
        *,
        max_queued: int,
        max_unread: float,
        clock: Clock,
        meter: Meter,
    ) -> None:
        self.name = name
        self._id = uuid4().hex
        self._create = create
        self._shelf = Shelf(max_unread)
        self._clock = clock
        self._recent = Recent()
        self._admission = Admission(max_queued=max_queued, recent=self._recent, clock=clock)
        self._registry = Registry(clock)
        self._measures = Measures(meter, name, self._admission)
        self._state = State.LOADING
        self._detail = "the engine is still loading"
        self._engine: Engine | None = None
        self._loaded: _Loaded | None = None

    async def load(self) -> State:
        """Make the engine and load it. What went wrong is in `status`, and in the log."""
        try:
            self._engine = await asyncio.to_thread(self._create)
            await self._engine.load()
            about = self._engine.describe()
            self._loaded = _Loaded(self._engine, about, Casting(self._engine, about))
        except ParlandoError as error:
            self._detail = error.message
        except Exception as error:  # noqa: BLE001  # an engine may raise anything
            _log.exception("the engine cannot be loaded")
            self._detail = f"loading raised {type(error).__name__}; the worker's log says where"
        if self._loaded is None:
            self._state = State.FAILED
            _log.error("%s cannot work: %s", self.name, self._detail)
        else:
            self._state = State.READY
            self._detail = ""
            self._admission.open(self._loaded.about.max_live)
            _log.info("%s %s is ready", self.name, self._loaded.about.version)
        return self._state

    async def close(self) -> None:
        """Stop what is live, and close the engine."""
        for synthesis in self._registry.present:
            synthesis.ask_to_stop()
        if self._engine is not None:
            await self._engine.close()

    @property
    def price(self) -> Price | None:
        """What the engine charges; None for nothing, and while it is not ready."""
        return self._loaded.about.price if self._loaded is not None else None

    def status(self) -> Status:
        """Return what the worker is and what it is doing."""
        return Status(
            engine=self.name,
            worker_id=self._id,
            state=self._state,
            detail=self._detail,
            about=self._loaded.about if self._loaded is not None else None,
            max_queued=self._admission.max_queued,
            live=self._admission.live,
            queued=self._admission.queued,
            total=self._admission.total,
            real_time_factor=self._recent.real_time_factor,
            first_chunk=self._recent.first_chunk,
        )

    def voices(self, language: str = "") -> Sequence[Voice]:
        """Return the voices that speak a language, or all.

        Raises:
            ParlandoError: the engine is not ready.
        """
        voices = self._ready().engine.voices()
        return [voice for voice in voices if not language or speaks(voice, language)]

    @asynccontextmanager
    async def synthesis(self, order: Order) -> AsyncIterator[Outbox]:
        """Speak an order: what is made can be read within the context, which ends when the engine is idle.

        Leaving it early stops the synthesis.

        Raises:
            ParlandoError: the order is refused; reading raises what it fails with later on.
        """
        arrived = self._clock.now()
        loaded = self._ready()
        job, ignored = job_of(order, loaded.about, loaded.casting)
        outbox = Outbox(
            self._shelf,
            lambda: self._measures.first_chunk(self._clock.now() - arrived),
        )
        synthesis = Synthesis(outbox=outbox, stoppable=loaded.about.stoppable, clock=self._clock)
        self._registry.begin(order.id, synthesis)
        try:
            ticket = self._admission.enter(job.audio_queued)
        except ParlandoError:
            self._registry.forget(order.id)
            raise
        synthesis.stop.on_set(partial(self._admission.withdraw, ticket))
        running = asyncio.create_task(self._run(synthesis, ticket, loaded.engine, job, ignored))
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
        return found if isinstance(found, StopReport) else await found.stopped()

    async def _run(
        self,
        synthesis: Synthesis,
        ticket: Ticket,
        engine: Engine,
        job: Job,
        ignored: tuple[str, ...],
    ) -> None:
        try:
            if await ticket.granted:
                with self._measures.speaking():
                    await synthesis.speak(engine, job, ignored)
        finally:
            self._admission.leave(ticket)
            synthesis.end()
        if synthesis.first_chunk is not None:
            self._recent.add_first_chunk(synthesis.first_chunk)
        if synthesis.completed:
            self._recent.add_work(synthesis.engine_time, synthesis.seconds_made)
        if synthesis.idle_after_stop is not None:
            self._measures.engine_idle(synthesis.idle_after_stop)

    def _ready(self) -> _Loaded:
        if self._loaded is not None:
            return self._loaded
        if self._state is State.LOADING:
            raise ParlandoError(
                Reason.NO_ENGINE_AVAILABLE, f"{self._detail}: try again later", retry_after=1.0
            )
        raise ParlandoError(Reason.ENGINE_FAILED, f"{self.name} cannot work: {self._detail}")

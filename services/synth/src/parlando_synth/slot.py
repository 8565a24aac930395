"""The engine of a worker: made, loaded, unloaded, loaded again, and what has become of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum

from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.casting import Casting
from parlando_synth.description import EngineDescription
from parlando_synth.engine import Engine, Warmth
from parlando_synth.rehearsal import Rehearsal, rehearse

_log = logging.getLogger(__name__)


class State(Enum):
    """What has become of a worker's engine."""

    LOADING = "loading"
    READY = "ready"
    DRAINING = "draining"
    UNLOADED = "unloaded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Loaded:
    """An engine that is ready.

    Attributes:
        rehearsal: what it was measured to do; None where it was not.
    """

    engine: Engine
    about: EngineDescription
    casting: Casting
    rehearsal: Rehearsal | None


class EngineSlot:
    """Holds one engine, or none.

    Args:
        name: the name the engine is configured by.
        create: makes the engine, on a thread, because it may import much; called for each load.
        warmth: what is kept of it while nobody uses it.
        clock: measures its rehearsal.

    Attributes:
        state: what has become of it.
        detail: why it is not ready, for people; empty while it is.
        about: what it last said of itself, loaded or not.
        loaded: it, while it is ready.
    """

    def __init__(self, name: str, create: Callable[[], Engine], *, warmth: Warmth, clock: Clock) -> None:
        self.state = State.LOADING
        self.detail = "the engine is still loading"
        self._changed = asyncio.Event()
        self.about: EngineDescription | None = None
        self.loaded: Loaded | None = None
        self._name = name
        self._create = create
        self._warmth = warmth
        self._clock = clock
        self._engine: Engine | None = None
        self._turn = asyncio.Lock()  # loading and unloading exclude each other

    @property
    def held(self) -> int:
        """Instances that are loaded now."""
        return self._engine.held if self._engine is not None else 0

    async def load(self, instances: int = 0) -> None:
        """Load the engine and have it rehearse, unless it is loaded; then only hold as many instances.

        What went wrong is in `state` and `detail`, and in the log.

        Args:
            instances: how many to hold however long they are not used; 0 is as many as configured.
        """
        warmth = replace(self._warmth, least=instances) if instances else self._warmth
        async with self._turn:
            if self.loaded is not None:
                await self.loaded.engine.keep(warmth)
                return
            self._become(State.LOADING, "the engine is still loading")
            try:
                self._engine = await asyncio.to_thread(self._create)
                await self._engine.keep(warmth)
                await self._engine.load()
                self.about = about = self._engine.describe()
                rehearsal = await rehearse(self._engine, about, self._clock)
                self.loaded = Loaded(self._engine, about, Casting(self._engine, about), rehearsal)
            except ParlandoError as error:
                await self._fail(error.message)
            except Exception as error:  # noqa: BLE001  # an engine may raise anything
                _log.exception("the engine cannot be loaded")
                await self._fail(f"loading raised {type(error).__name__}; the worker's log says where")
            else:
                self._become(State.READY, "")
                _log.info("%s %s is ready", self._name, about.version)

    async def unload(self, idle: Callable[[], Awaitable[None]]) -> None:
        """Take nothing new, and give the engine back once `idle` returns; cancelled before, keep it."""
        async with self._turn:
            ready, self.loaded = self.loaded, None
            if ready is None:
                return
            self._become(State.DRAINING, "the engine is being unloaded")
            try:
                await idle()
            except asyncio.CancelledError:
                self.loaded = ready
                self._become(State.READY, "")
                raise
            await self._give_back()
            self._become(State.UNLOADED, "an administrator has unloaded the engine")

    async def close(self) -> None:
        """Give the engine back, whatever it does."""
        self.loaded = None
        await self._give_back()

    def described(self) -> EngineDescription | None:
        """Return what the engine says of itself now, or last said; None where it was never ready."""
        if self.loaded is not None:
            with suppress(ParlandoError):  # its only instance is being opened anew
                self.about = self.loaded.engine.describe()
        return self.about

    async def state_after(self, state: State) -> State:
        """Return the state once it is another one than `state`."""
        while self.state is state:
            await self._changed.wait()
        return self.state

    def ready(self) -> Loaded:
        """Return the engine.

        Raises:
            ParlandoError: NO_ENGINE_AVAILABLE while there is none; ENGINE_FAILED where it cannot work.
        """
        if self.loaded is not None:
            return self.loaded
        if self.state is State.FAILED:
            raise ParlandoError(Reason.ENGINE_FAILED, f"{self._name} cannot work: {self.detail}")
        raise ParlandoError(Reason.NO_ENGINE_AVAILABLE, f"{self.detail}: try again later", retry_after=1.0)

    def _become(self, state: State, detail: str) -> None:
        self.state, self.detail = state, detail
        self._changed.set()
        self._changed = asyncio.Event()

    async def _fail(self, detail: str) -> None:
        _log.error("%s cannot work: %s", self._name, detail)
        await self._give_back()
        self._become(State.FAILED, detail)

    async def _give_back(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.close()

"""Blocking engines on asyncio: every instance on a thread of its own.

An engine thread hands its events over and goes on; it never waits for who reads them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from typing import ParamSpec, TypeVar

from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError
from parlando_kit.tasks import finish
from parlando_synth.cloned_voice import VoiceChange, VoiceUpload
from parlando_synth.description import EngineDescription
from parlando_synth.engine import BlockingEngine
from parlando_synth.events import EngineEvent
from parlando_synth.failures import engine_failure
from parlando_synth.job import Job
from parlando_synth.mixed_voice import VoiceMix
from parlando_synth.pooled import PooledEngine
from parlando_synth.pronunciation import Pronunciation
from parlando_synth.runner import Runner
from parlando_synth.stop_flag import StopFlag
from parlando_synth.voice import Voice, revision_of

_P = ParamSpec("_P")
_T = TypeVar("_T")


class ThreadedEngine(PooledEngine[Runner]):
    """A `BlockingEngine` with a number of instances, each opened, used and closed on its own thread.

    A job whose engine raises anything but a `ParlandoError` ends with ENGINE_FAILED; its instance is opened
    anew, and no other job notices.

    Args:
        engine: what is run.
        instances: how many copies of it there may be, 1 or more; `describe().max_live` says the same.
        close_within: seconds that instances have to close. A thread that does not return in time is
            left behind: it is a daemon, and cannot keep the process alive.
        clock: tells how long an instance was not used.
    """

    def __init__(
        self,
        engine: BlockingEngine,
        *,
        instances: int,
        close_within: float = 3.0,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(instances=instances, close_within=close_within, clock=clock)
        self._engine = engine
        self._phonemizing = asyncio.Lock()
        self._changing = asyncio.Lock()  # voices, one after another

    @property
    def rehearsal(self) -> str:
        """What the engine speaks to nobody once it is loaded."""
        return self._engine.rehearsal

    def describe(self) -> EngineDescription:
        """Return the engine's description, `max_live` being the number of instances."""
        return replace(self._engine.describe(), max_live=self._instances)

    def voices(self) -> Sequence[Voice]:
        """Return the voices, sorted by id."""
        return self._engine.voices()

    def find_voice(self, name: str) -> Voice | None:
        """Return the voice the engine uses for a name."""
        return self._engine.find_voice(name)

    async def voices_revision(self) -> str:
        """Return what tells whether the voices have changed."""
        return revision_of(await asyncio.to_thread(self._engine.voices))

    async def add_voice(self, upload: VoiceUpload) -> Voice:
        """Clone a voice."""
        async with self._changing:
            return await _blocking(self._engine.add_voice, upload)

    async def mix_voice(self, mix: VoiceMix) -> Voice:
        """Keep a mix as a voice."""
        async with self._changing:
            return await _blocking(self._engine.mix_voice, mix)

    async def change_voice(self, voice: str, change: VoiceChange) -> Voice:
        """Change what is said of a voice."""
        async with self._changing:
            return await _blocking(self._engine.change_voice, voice, change)

    async def remove_voice(self, voice: str) -> None:
        """Remove a voice."""
        async with self._changing:
            await _blocking(self._engine.remove_voice, voice)

    async def phonemize(self, job: Job) -> Pronunciation:
        """Return how a job's text would be pronounced; one at a time, since those who speak go first."""
        async with self._phonemizing:
            return await _blocking(self._engine.phonemize, job)

    async def synthesize(self, job: Job, stop: StopFlag) -> AsyncGenerator[EngineEvent, None]:
        """Speak a job on the first free instance; see `Engine.synthesize`."""
        runner = await self._pool.acquire(stop)
        if runner is None:
            return
        mailbox = runner.begin(job, stop)
        try:
            while events := await mailbox.take():
                for event in events:
                    yield event
        finally:
            if not mailbox.idle.done():
                stop.set()
                await finish(asyncio.wait({mailbox.idle}))
        if mailbox.error is not None:
            raise mailbox.error

    def _begin(self, number: int) -> Runner:
        return Runner(self._engine, asyncio.get_running_loop(), number, self._pool.release)


async def _blocking(call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Return what an engine answers on a thread."""
    try:
        return await asyncio.to_thread(call, *args, **kwargs)
    except ParlandoError:
        raise
    except Exception as error:  # an engine may raise anything
        raise engine_failure(error) from error

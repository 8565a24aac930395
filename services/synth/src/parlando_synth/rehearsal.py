"""What an engine can do at once, measured before anybody is served."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass

from parlando_kit.clock import Clock
from parlando_synth.description import EngineDescription
from parlando_synth.engine import Engine
from parlando_synth.events import Audio, Started
from parlando_synth.job import Job
from parlando_synth.stop_flag import StopFlag

MOST_AT_ONCE = 4
"""Syntheses of a rehearsal: enough to see what they take from one another, and soon over."""


@dataclass(frozen=True, slots=True)
class Part:
    """One synthesis of a rehearsal. Times in seconds from its start."""

    first_chunk: float
    engine_time: float
    audio: float


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Syntheses that began at the same time.

    Attributes:
        took: seconds until the last one ended.
    """

    parts: tuple[Part, ...]
    took: float

    @property
    def real_time_streams(self) -> float:
        """Seconds of audio made in a second: how many listeners can be kept fed."""
        return sum(part.audio for part in self.parts) / self.took if self.took else 0.0


async def rehearse(engine: Engine, about: EngineDescription, clock: Clock) -> Rehearsal | None:
    """Have a loaded engine speak to nobody; None where it has no rehearsal.

    Raises:
        ParlandoError: the engine cannot speak.
    """
    if not engine.rehearsal:
        return None
    job = Job(engine.rehearsal, about.default_voice)
    began = clock.now()
    at_once = min(about.max_live, MOST_AT_ONCE)
    ended = await asyncio.gather(*(_part(engine, job, clock) for _ in range(at_once)), return_exceptions=True)
    parts: list[Part] = []
    for part in ended:
        if isinstance(part, BaseException):
            raise part
        parts.append(part)
    return Rehearsal(tuple(parts), clock.now() - began)


async def _part(engine: Engine, job: Job, clock: Clock) -> Part:
    began = clock.now()
    first_chunk, rate, size = 0.0, 1, 0
    async with aclosing(engine.synthesize(job, StopFlag())) as events:
        async for event in events:
            if isinstance(event, Started):
                rate = event.sample_rate_hz
            elif isinstance(event, Audio):
                first_chunk = first_chunk or clock.now() - began
                size += len(event.pcm) // 2
    return Part(first_chunk, clock.now() - began, size / rate)

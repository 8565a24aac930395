"""What the services and the generator use, sampled while a load runs, off the generator's own loop."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import psutil
from mesh import own_bytes

from parlando_kit.tasks import background

GENERATOR = "generator"


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at one service, all of its processes together.

    Attributes:
        at: seconds since the first look.
        cpu: seconds of CPU that it has used so far.
        pss: bytes of memory, shared pages in proportion.
        own: bytes of memory that are no file's: what a leak takes. A file's are the process's own as soon as
            nobody else maps it any more.
    """

    at: float
    cpu: float
    pss: int
    own: int
    threads: int
    descriptors: int


@dataclass
class Watch:
    """Samples of services, by name.

    Args:
        services: processes of each.
        every: seconds between looks.
        lasts: seconds after the first look in which orders are due. What is told of cores is of these, for
            then it is over but for those who still listen.
    """

    services: Mapping[str, Sequence[psutil.Process]]
    every: float = 1.0
    lasts: float = math.inf
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    _began: float = field(default_factory=time.perf_counter)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look now, now and then, and at the end; raise what kept it from looking."""
        async with background(self._run()):
            yield
        await self.look()

    async def memory(self) -> dict[str, int]:
        """Return the bytes that each has now."""
        found = await asyncio.to_thread(_samples, self.services, 0.0)
        return {name: sample.pss for name, sample in found.items()}

    async def look(self) -> None:
        """Look once."""
        at = time.perf_counter() - self._began
        found = await asyncio.to_thread(_samples, self.services, at)
        for name, sample in found.items():
            self.samples.setdefault(name, []).append(sample)

    async def _run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(self.every)

    def cores(self, name: str, since: float = 0.0, until: float = math.inf) -> float:
        """Return how many cores one used between two moments, in seconds after the first look.

        What it had used at a moment between two looks is taken to lie between what they saw. Nothing after
        the last order was due counts; 0 where no time is left.
        """
        looks = self.samples[name]
        began, ended = looks[0].at + since, min(looks[0].at + min(until, self.lasts), looks[-1].at)
        if ended <= began:
            return 0.0
        return (_cpu_by(ended, looks) - _cpu_by(began, looks)) / (ended - began)

    def cpu(self) -> dict[str, float]:
        """Return the seconds of CPU that each used between the first look and the last."""
        return {name: looks[-1].cpu - looks[0].cpu for name, looks in self.samples.items()}

    def describe(self, audio_seconds: float) -> dict[str, Any]:
        """Return it as JSON has it, with the CPU a second of audio."""
        told: dict[str, Any] = {}
        for name, used in self.cpu().items():
            looks = self.samples[name]
            told[name] = {
                "cpu_seconds": round(used, 3),
                "cores": round(self.cores(name), 3),
                "cpu_ms_per_audio_second": round(used * 1000 / audio_seconds, 3) if audio_seconds else None,
                "pss_mb": [round(looks[0].pss / 1e6, 2), round(looks[-1].pss / 1e6, 2)],
                "threads": [looks[0].threads, looks[-1].threads],
                "descriptors": [looks[0].descriptors, looks[-1].descriptors],
            }
        return told


def _cpu_by(moment: float, looks: Sequence[Sample]) -> float:
    for sooner, later in pairwise(looks):
        if moment <= later.at:
            return sooner.cpu + (later.cpu - sooner.cpu) * (moment - sooner.at) / (later.at - sooner.at)
    return looks[-1].cpu


def _samples(services: Mapping[str, Iterable[psutil.Process]], at: float) -> dict[str, Sample]:
    return {name: _sample(family, at) for name, family in services.items()}


def _sample(family: Iterable[psutil.Process], at: float) -> Sample:
    cpu, pss, own, threads, descriptors = 0.0, 0, 0, 0, 0
    for process in family:
        with process.oneshot():
            cpu += sum(process.cpu_times()[:2])
            pss, own = pss + process.memory_full_info().pss, own + own_bytes(process)
            threads += process.num_threads()
            descriptors += process.num_fds()
    return Sample(at, cpu, pss, own, threads, descriptors)

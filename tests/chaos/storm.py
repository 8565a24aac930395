"""Workers killed, stopped and hung while callers listen: are words lost, and how long is a seam heard?

    python -m tests.chaos.storm [--disturbances 1000] [--callers 20] [--seed 1] [--outages 5]

Two espeak workers and a scripted engine with ESTIMATED timings, a fragmenter and a router, each a process of
its own. Callers have known texts spoken without end; half of them read as fast as they can and then wait as
long as the audio lasts, half are paced by the router. A third of them want the scripted engine's voice, and
now and then that engine is told to stand still. One worker at a time is killed, or stopped for a while.

A seam's *gap* is the silence that a listener hears who plays each frame as soon as it can be played; its
*pause* is the time between the last frame ahead of it and the first behind it, whatever was still to be
played.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import sys
import time
from collections.abc import Sequence

from parlando.admin.v1 import admin_pb2
from parlando.speech.v1 import speech_pb2
from tests.chaos.listening import TEXTS, Report, utter
from tests.chaos.system import ESPEAK, SCRIPTED, System, running

GAP_SECONDS = 0.3
"""Half of all seams are silent for less on a machine that does nothing else."""

BACK_SECONDS = 5.0
"""Speech is back so long after an engine is."""


async def call_for_ever(system: System, report: Report, number: int, chance: random.Random) -> None:
    """Have texts spoken until cancelled."""
    while True:
        settings = speech_pb2.SpeechSettings(language="en")
        settings.playout_mode = (
            speech_pb2.PLAYOUT_MODE_UNPACED if number % 2 else speech_pb2.PLAYOUT_MODE_CLOCK
        )
        settings.playout_budget.FromMilliseconds(1_000)
        if number % 3 == 0:
            settings.voice = "alto"
            if chance.random() < 0.2:
                settings.engine_options["hang_after_ms"] = str(chance.randrange(3_000))
                report.disturbances["hang"] += 1
        await utter(system.stub, report, chance.choice(TEXTS), settings)


async def disturb(system: System, report: Report, count: int, chance: random.Random) -> None:
    """Kill or stop a worker, one at a time, until there have been so many disturbances, hangs included."""
    while report.disturbances.total() < count:
        await asyncio.sleep(chance.random() * 0.5)
        if chance.random() < 0.7:  # else most would find an engine idle that is far faster than speech
            report.speaking.clear()
            await report.speaking.wait()
            await asyncio.sleep(chance.random() * 0.03)
        worker = chance.choice(system.workers)
        if chance.random() < 0.5:
            report.disturbances["kill"] += 1
            await worker.end()
            await worker.start()
            await system.until_up(worker)
        else:
            report.disturbances["stop"] += 1
            worker.send(signal.SIGSTOP)
            await asyncio.sleep(0.5 + chance.random() * 1.5)
            worker.send(signal.SIGCONT)
            await system.until_up(worker, new=False)


async def storm(count: int, callers: int, seed: int) -> tuple[Report, admin_pb2.GetStatisticsResponse]:
    """Return what callers got while workers were disturbed `count` times, and what the router counted."""
    chance, report = random.Random(seed), Report()
    async with running([ESPEAK, ESPEAK, SCRIPTED]) as system:
        calls = [
            asyncio.create_task(call_for_ever(system, report, number, random.Random(seed + number)))
            for number in range(callers)
        ]
        tasks = [asyncio.create_task(disturb(system, report, count, chance)), *calls]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception):
                raise error
        return report, await system.admin.GetStatistics(admin_pb2.GetStatisticsRequest())


async def outage(system: System, seconds: float = 1.5) -> tuple[Report, float]:
    """Kill the only worker, and let it come back after so many seconds.

    Returns:
        What callers got meanwhile, and the seconds from the worker's own health until an utterance began.
    """
    [worker] = system.workers
    report = Report()
    settings = speech_pb2.SpeechSettings(language="en")
    await worker.end()
    await asyncio.sleep(seconds)  # the router waits before it tries to connect again
    while not report.errors:
        await utter(system.stub, report, TEXTS[0], settings)
    await worker.start()
    await worker.serves()
    began, first = time.monotonic(), Report()
    while not first.first_chunks:
        await utter(system.stub, first, TEXTS[0], settings, play=False)
        report.errors += first.errors
        first.errors.clear()
        await asyncio.sleep(0.01)
    report.wrong += first.wrong
    return report, first.began_at - began


async def outages(count: int) -> list[float]:
    """Return how long speech was away after an engine was back, so many times."""
    async with running([ESPEAK]) as system:
        return [(await outage(system, 5.0))[1] for _ in range(count)]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which so large a share lies; 0 where there is none."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


def _milliseconds(values: Sequence[float]) -> str:
    shares = ((0.5, "p50"), (0.99, "p99"), (1.0, "max"))
    return ", ".join(f"{name} {percentile(values, share) * 1000:.0f} ms" for share, name in shares)


def main() -> int:
    """Run the storm, print what came of it; 1 where a word was lost, callers saw errors, or it took long."""
    parser = argparse.ArgumentParser(description="Disturb workers while callers listen.")
    parser.add_argument("--disturbances", type=int, default=1_000)
    parser.add_argument("--callers", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--outages", type=int, default=5)
    arguments = parser.parse_args()
    began = time.monotonic()
    report, statistics = asyncio.run(storm(arguments.disturbances, arguments.callers, arguments.seed))
    print(f"{report.disturbances.total()} disturbances {dict(report.disturbances)}")
    print(f"in {time.monotonic() - began:.0f} s, seed {arguments.seed}")
    print(f"utterances {report.utterances}, errors {dict(report.errors)}, wrong {len(report.wrong)}")
    for wrong in report.wrong[:20]:
        print(f"  {wrong}")
    print(f"first chunks: {_milliseconds(report.first_chunks)}")
    print(f"seams {dict(report.seams)}; gaps heard: {_milliseconds(report.gaps)}")
    print(f"  pauses between frames: {_milliseconds(report.pauses)}")
    for engine in statistics.engines:
        print(
            f"{engine.engine}: {engine.requests} requests, failures {dict(engine.failures)}, "
            f"left {engine.failovers} times, seams within fragments {dict(engine.seams)}"
        )
    backs = asyncio.run(outages(arguments.outages))
    print(f"{len(backs)} outages of the only engine: speech was back {_milliseconds(backs)} after its health")
    slow = percentile(report.gaps, 0.5) >= GAP_SECONDS or percentile(backs, 1.0) >= BACK_SECONDS
    return 1 if report.errors or report.wrong or slow else 0


if __name__ == "__main__":
    sys.exit(main())

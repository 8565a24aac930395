"""What remote engines add to what they stand on, how soon a stop arrives, and what a crowd comes to.

    bench/remote.py [--rounds 200] [--stops 100] [--streams 100] [--only google]

For each way to a vendor (`remote_kinds.KINDS`), against its local server, which answers at once, in a process
of its own. The adapter and the bare call (the vendor's SDK, or its WebSocket or HTTP where it has none) take
turns in this process, on warm connections. The crowd is as many streams at once, through one worker. Exits
with 1 where a limit is passed. Wants the engines' environments (`tools/bootstrap --engine openai --dev`,
and so on) for the workers.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import grpc
import psutil
from engine_worker import worker
from remote_kinds import KINDS, RATE, First, Kind

from parlando.synth.v1 import synth_pb2
from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceStub
from parlando_synth.engine import Engine
from parlando_synth.events import Audio
from parlando_synth.job import Job
from parlando_synth.remote.service import Fault, LocalService
from parlando_synth.stop_flag import StopFlag

MOST_ADDED = 2.0
"""Milliseconds that the adapter may add to the first chunk, at the median."""

MOST_CPU = 3.0
"""Milliseconds of CPU that a second of audio may cost, with all that the adapter stands on."""

MOST_STOP = 50.0
"""Milliseconds after which the service sees the request of a stopped text end, at the median."""

MOST_GROWN = 64.0
"""Megabytes that a worker may grow by while it speaks to all of a crowd."""

PAUSE = 0.1
"""Seconds between pieces of sound in the crowd: the servers speak about twice as fast as speech."""

WARM = 20
"""Rounds before those that count."""

TEXT = "Every evening the old keeper climbed the hundred steps to light the great lamp. " * 4


def serve(kind: Kind, pause: float) -> None:
    """Serve until the input is closed; print the port."""
    server = kind.serve()
    server.pause = pause
    server.start()
    print(server.port, flush=True)
    sys.stdin.read()


@contextmanager
def served(name: str, pause: float) -> Iterator[int]:
    """Start a kind's server in a process of its own; yield its port."""
    command = [sys.executable, __file__, "--serve", name, "--pause", str(pause)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield int(_pipe(process.stdout).readline())
        finally:
            _pipe(process.stdin).close()
            process.wait(10)


async def through(engine: Engine, job: Job, stop: StopFlag) -> tuple[First, float]:
    """Return when the first audio of the adapter came, and seconds of audio in all."""
    first, samples = First(), 0
    async for event in engine.synthesize(job, stop):
        if isinstance(event, Audio):
            first.came()
            samples += len(event.pcm) // 2
    return first, samples / RATE


async def compare(name: str, kind: Kind, port: int, rounds: int) -> bool:
    """Print what the adapter adds; return whether it keeps within the limits."""
    engine = kind.engine(port)
    await engine.load()
    job = Job(TEXT, engine.describe().default_voice)
    firsts: list[tuple[First, First]] = []
    cpu_bare = cpu_through = audio = 0.0
    async with kind.bare(port) as call:
        for turn in range(rounds + WARM):
            start = time.process_time()
            first_bare = await call(TEXT)
            middle = time.process_time()
            first_through, seconds = await through(engine, job, StopFlag())
            if turn >= WARM:
                firsts.append((first_bare, first_through))
                cpu_bare += middle - start
                cpu_through += time.process_time() - middle
                audio += seconds
    await engine.close()
    added = statistics.median(ours.seconds - theirs.seconds for theirs, ours in firsts) * 1000
    worked = statistics.median(ours.cpu - theirs.cpu for theirs, ours in firsts) * 1000
    theirs, ours = (statistics.median(e.seconds for e in each) * 1000 for each in zip(*firsts, strict=True))
    cpu = cpu_through * 1000 / audio
    print(
        f"{name:<24}{theirs:8.2f}ms{ours:8.2f}ms{added:+7.2f}ms{worked:+8.2f}ms"
        f"{cpu_bare * 1000 / audio:8.2f}ms/s{cpu:8.2f}ms/s",
        flush=True,
    )
    return added <= MOST_ADDED and cpu <= MOST_CPU


async def stopped_in_the_middle(engine: Engine, job: Job, service: LocalService) -> float:
    """Return when a text was stopped of which there is sound already."""
    service.mend()
    service.fault = Fault.HANG_MIDDLE
    stop, stopped_at = StopFlag(), 0.0
    async for event in engine.synthesize(job, stop):
        if isinstance(event, Audio) and not stopped_at:
            stopped_at = time.monotonic()
            stop.set()
    return stopped_at


async def stopped_before(engine: Engine, job: Job, service: LocalService) -> float:
    """Return when a text was stopped that the service has: an answer that comes whole has no middle."""
    service.mend()
    service.fault = Fault.HANG_BEFORE
    stop = StopFlag()
    speaking = asyncio.create_task(through(engine, job, stop))
    await asyncio.to_thread(service.wait_until_asked)
    stopped_at = time.monotonic()
    stop.set()
    await speaking
    return stopped_at


async def stops(name: str, kind: Kind, rounds: int) -> bool:
    """Print how soon the service sees the request of a stopped text end; return whether within the limit."""
    service = kind.serve()
    service.start()
    engine = kind.engine(service.port)
    await engine.load()
    job = Job(TEXT, engine.describe().default_voice)
    took: list[float] = []
    for _ in range(rounds):
        stopped_at = await (stopped_in_the_middle if kind.streams else stopped_before)(engine, job, service)
        if not await asyncio.to_thread(service.wait_until_idle, 10.0):
            print(f"{name}: a request that was stopped went on")
            return False
        took.append((service.ended - stopped_at) * 1000)
    await engine.close()
    service.stop()
    took.sort()
    print(f"{name:<24}p50 {took[len(took) // 2]:5.1f} ms, worst of {rounds} {took[-1]:6.1f} ms", flush=True)
    return took[len(took) // 2] <= MOST_STOP


async def listen(stub: Any, number: int) -> tuple[float, float, float]:
    """Return seconds to a stream's first audio, its longest pause after that, and its seconds of audio."""
    request = synth_pb2.SynthesizeRequest(synthesis_id=f"stream-{number}", text=TEXT)
    began = last = time.perf_counter()
    first = pause = 0.0
    samples = 0
    async for response in stub.Synthesize(request, timeout=120):
        if response.HasField("audio"):
            now = time.perf_counter()
            if first:
                pause = max(pause, now - last)
            first, last = first or now - began, now
            samples += len(response.audio.pcm) // 2
    return first, pause, samples / RATE


async def crowd(name: str, kind: Kind, port: int, streams: int) -> bool:
    """Print what many streams at once through one worker come to; return whether each was whole."""
    address = f"http://127.0.0.1:{port}"
    settings = {key: value.format(address=address) for key, value in kind.settings.items()}
    settings |= {"SYNTH_MAX_QUEUED": str(streams), "SYNTH_MAX_WAIT_SECONDS": "120"}
    with worker(kind.name, settings, project=kind.project) as (at, process):
        async with grpc.aio.insecure_channel(at) as channel:
            stub: Any = SynthServiceStub(channel)
            _, _, whole = await listen(stub, streams)
            before, most = process.memory_info().rss, 0

            async def watch(of: psutil.Process) -> None:
                nonlocal most
                while True:
                    most = max(most, of.memory_info().rss)
                    await asyncio.sleep(0.05)

            watching = asyncio.create_task(watch(process))
            used, began = sum(process.cpu_times()[:2]), time.perf_counter()
            heard = await asyncio.gather(*(listen(stub, number) for number in range(streams)))
            took, used = time.perf_counter() - began, sum(process.cpu_times()[:2]) - used
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
    firsts, pauses = sorted(each[0] for each in heard), sorted(each[1] for each in heard)
    audio = sum(each[2] for each in heard)
    complete = all(abs(each[2] - whole) < 1e-6 for each in heard)
    grown = (most - before) / 1e6
    middle = len(heard) // 2
    print(
        f"{name:<24}{audio:5.0f}s in{took:6.2f}s  "
        f"first {firsts[middle] * 1000:5.0f}/{firsts[-1] * 1000:5.0f}ms  "
        f"pause {pauses[middle] * 1000:4.0f}/{pauses[-1] * 1000:4.0f}ms  "
        f"CPU {used * 1000 / audio:5.2f}ms/s  memory {before / 1e6:4.0f}{grown:+4.0f}MB"
        + ("" if complete else "  NOT WHOLE"),
        flush=True,
    )
    return complete and grown <= MOST_GROWN


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None  # noqa: S101  # it was asked for
    return pipe


def measure(kinds: dict[str, Kind], arguments: argparse.Namespace) -> bool:
    """Measure and print; return whether all is within its limits."""
    well = True
    if arguments.rounds:
        print(
            f"{'':<24}{'bare first':>10}{'adapter':>10}{'added':>9}{'of it CPU':>10}"
            f"{'bare CPU':>12}{'adapter CPU':>12}"
        )
        for name, kind in kinds.items():
            with served(name, 0.0) as port:
                well &= asyncio.run(compare(name, kind, port, arguments.rounds))
    if arguments.stops:
        print("\nfrom a stop until the service sees the request end")
        for name, kind in kinds.items():
            well &= asyncio.run(stops(name, kind, arguments.stops))
    if arguments.streams:
        print(f"\n{arguments.streams} streams at once through one worker: median/worst")
        for name, kind in kinds.items():
            with served(name, PAUSE if kind.live > 1 else 0.0) as port:
                well &= asyncio.run(crowd(name, kind, port, arguments.streams))
    return well


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=200, help="0 leaves the comparison out")
    parser.add_argument("--stops", type=int, default=100, help="likewise")
    parser.add_argument("--streams", type=int, default=100, help="likewise")
    parser.add_argument("--only", default="", help="kinds whose name contains this")
    parser.add_argument("--serve", choices=KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--pause", type=float, default=0.0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve is not None:
        serve(KINDS[arguments.serve], arguments.pause)
        return 0
    kinds = {name: kind for name, kind in KINDS.items() if arguments.only in name}
    return 0 if measure(kinds, arguments) else 1


if __name__ == "__main__":
    sys.exit(main())

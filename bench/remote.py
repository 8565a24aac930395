"""What a remote engine adds to its vendor's SDK, and a hundred streams through one worker of it.

    bench/remote.py [--rounds 200] [--streams 100]

Against a local server with OpenAI's speech interface, in a process of its own, that answers at once. The
adapter and the bare SDK call take turns in this process, on warm connections. Exits with 1 where a limit is
passed. Wants the environment of the engine (`tools/bootstrap --engine openai --dev`) for the worker.
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
from pathlib import Path
from typing import IO, Any

import grpc
import psutil
from engine_worker import worker
from openai import AsyncOpenAI

from parlando.synth.v1 import synth_pb2
from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceStub

_OPENAI = Path(__file__).parents[1] / "services/synth/engines/openai"
sys.path[:0] = [str(_OPENAI / "src"), str(_OPENAI / "tests")]

from speech_server import SpeechServer  # noqa: E402

from parlando_openai import profiles  # noqa: E402  # of another project, whose path is set above
from parlando_openai.engine import speech  # noqa: E402
from parlando_openai.settings import KokoroFastAPISettings, OpenAISettings, SpeechSettings  # noqa: E402
from parlando_synth.engine import Audio, Engine, Job, StopFlag  # noqa: E402
from parlando_synth.remote.service import Fault  # noqa: E402

MOST_ADDED = 2.0
"""Milliseconds that the adapter may add to the first chunk, at the median."""

MOST_CPU = 3.0
"""Milliseconds of CPU that a second of audio may cost."""

MOST_STOP = 50.0
"""Milliseconds after which the service sees the request of a stopped text end, at the median."""

TEXT = "Every evening the old keeper climbed the hundred steps to light the great lamp. " * 4
RATE = 24_000
KINDS: dict[str, tuple[profiles.Profile, type[SpeechSettings]]] = {
    "bare PCM": (profiles.KOKORO_FASTAPI, KokoroFastAPISettings),
    "events": (profiles.OPENAI, OpenAISettings),
}


def serve(pause: float) -> None:
    """Serve until the input is closed; print the port."""
    server = SpeechServer()
    server.voices, server.pause = ["af_heart"], pause
    server.start()
    print(server.port, flush=True)
    sys.stdin.read()


@contextmanager
def served(pause: float) -> Iterator[str]:
    """Start a server in a process of its own; yield its base URL.

    Args:
        pause: seconds between two pieces of sound, of 0.2 s each.
    """
    command = [sys.executable, __file__, "--serve", str(pause)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield f"http://127.0.0.1:{_pipe(process.stdout).readline().strip()}/v1"
        finally:
            _pipe(process.stdin).close()
            process.wait(10)


async def bare(client: AsyncOpenAI, fields: dict[str, Any]) -> tuple[float, int]:
    """Return seconds to the first bytes of a bare call, or to its first event, undecoded; and its size."""
    began, first, size = time.perf_counter(), 0.0, 0
    create = client.audio.speech.with_streaming_response.create
    async with create(
        input=TEXT, model="m", voice="af_heart", response_format="pcm", extra_body=fields
    ) as answer:
        async for data in answer.iter_lines() if "stream_format" in fields else answer.iter_bytes():
            first = first or time.perf_counter() - began
            size += len(data)
    return first, size


async def through(engine: Engine, job: Job) -> tuple[float, float]:
    """Return seconds to the first audio of the adapter, and seconds of audio in all."""
    began, first, samples = time.perf_counter(), 0.0, 0
    async for event in engine.synthesize(job, StopFlag()):
        if isinstance(event, Audio):
            first = first or time.perf_counter() - began
            samples += len(event.pcm) // 2
    return first, samples / RATE


async def compare(url: str, rounds: int) -> bool:
    """Print what the adapter adds; return whether it keeps within the limits."""
    print(f"{'':<10}{'bare first':>12}{'adapter':>10}{'added':>9}{'bare CPU':>11}{'adapter CPU':>13}")
    well = True
    for name, (profile, settings) in KINDS.items():
        engine = speech(profile, settings.model_validate({"base_url": url, "key": "sk-1"}))
        await engine.load()
        job = Job(TEXT, engine.describe().default_voice)
        fields = {"stream_format": "sse"} if profile.billed else {}
        firsts: list[tuple[float, float]] = []
        cpu_bare = cpu_through = audio = 0.0
        async with AsyncOpenAI(api_key="sk-1", base_url=url, max_retries=0) as client:
            for turn in range(rounds + 20):
                start = time.process_time()
                first_bare, _ = await bare(client, fields)
                middle = time.process_time()
                first_through, seconds = await through(engine, job)
                if turn >= 20:  # warm
                    firsts.append((first_bare * 1000, first_through * 1000))
                    cpu_bare += middle - start
                    cpu_through += time.process_time() - middle
                    audio += seconds
        await engine.close()
        added = statistics.median(ours - theirs for theirs, ours in firsts)
        theirs, ours = (statistics.median(each) for each in zip(*firsts, strict=True))
        cpu = cpu_through * 1000 / audio
        print(
            f"{name:<10}{theirs:10.2f}ms{ours:8.2f}ms{added:+7.2f}ms"
            f"{cpu_bare * 1000 / audio:7.2f}ms/s{cpu:9.2f}ms/s"
        )
        well &= added <= MOST_ADDED and cpu <= MOST_CPU
    return well


async def stops(service: SpeechServer, rounds: int) -> bool:
    """Print how soon the service sees the request of a stopped text end; return whether within the limit."""
    url = f"http://127.0.0.1:{service.port}/v1"
    engine = speech(
        profiles.OPENAI, OpenAISettings.model_validate({"base_url": url, "key": "sk-1", "chunk_seconds": 60})
    )
    await engine.load()
    service.fault = Fault.HANG_MIDDLE
    took: list[float] = []
    for _ in range(rounds):
        stop, stopped_at = StopFlag(), 0.0
        async for event in engine.synthesize(Job(TEXT, engine.describe().default_voice), stop):
            if isinstance(event, Audio) and not stopped_at:
                stopped_at = time.monotonic()
                stop.set()
        if not await asyncio.to_thread(service.wait_until_idle, 10.0):
            print("a request that was stopped went on")
            return False
        took.append((service.ended - stopped_at) * 1000)
    await engine.close()
    took.sort()
    print(
        f"\nfrom a stop until the service sees the request end: p50 {took[len(took) // 2]:.1f} ms, "
        f"worst of {rounds} {took[-1]:.1f} ms"
    )
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


async def crowd(url: str, streams: int) -> bool:
    """Print what many streams at once through one worker come to; return whether each was whole."""
    settings = {"KOKORO_FASTAPI_BASE_URL": url, "KOKORO_FASTAPI_LIVE": str(streams)}
    with worker("kokoro-fastapi", settings, project="openai") as (address, process):
        async with grpc.aio.insecure_channel(address) as channel:
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
    print(
        f"\n{streams} streams at once, {audio:.0f} s of audio in {took:.2f} s; every one whole: {complete}\n"
        f"first audio: p50 {firsts[len(firsts) // 2] * 1000:.0f} ms, last {firsts[-1] * 1000:.0f} ms\n"
        f"longest pause of a stream: p50 {pauses[len(pauses) // 2] * 1000:.0f} ms, worst "
        f"{pauses[-1] * 1000:.0f} ms (the server's own pauses: {PAUSE * 1000:.0f} ms)\n"
        f"worker: {used * 1000 / audio:.2f} ms of CPU a second of audio; memory {before / 1e6:.0f} MB "
        f"before, at most {most / 1e6:.0f} MB"
    )
    return complete


PAUSE = 0.1
"""Seconds between pieces of 0.2 s in the crowd: the server speaks twice as fast as speech."""


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None  # noqa: S101  # it was asked for
    return pipe


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--streams", type=int, default=100)
    parser.add_argument("--serve", type=float, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve is not None:
        serve(arguments.serve)
        return 0
    with served(0.0) as url:
        well = asyncio.run(compare(url, arguments.rounds))
    service = SpeechServer()
    service.start()
    well &= asyncio.run(stops(service, 100))
    service.stop()
    with served(PAUSE) as url:
        well &= asyncio.run(crowd(url, arguments.streams))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())

"""What breakers, replicas, policies and the watchdog cost when nothing fails.

    bench/failover_cost.py [--calls 300] [--audio 300]

Two routers over the same fragmenter: one with one worker and no policy, one with two workers, a session
service and a policy that names a rank, a weight and a fallback. First chunks are taken in turn, so that both
see the same machine; CPU is that of each router's own process for so many seconds of audio, in turn as well.
The limits: 0.3 ms at p50, and 0.3 ms of CPU for a second of audio.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import psutil
from texts import long_text

sys.path.insert(0, str(Path(__file__).parents[1]))

from parlando.session.v1 import session_pb2, session_service_pb2_grpc
from parlando.speech.v1 import speech_pb2
from tests.chaos.system import ESPEAK, Service, running

if TYPE_CHECKING:
    from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceAsyncStub

LIMIT_MS = 0.3
_RATE = 24_000
_TEXT = "Good morning, and welcome."


def _policy() -> session_pb2.Policy:
    choices = [
        session_pb2.EngineChoice(engine="espeak", rank=0, weight=2),
        session_pb2.EngineChoice(engine="kokoro", rank=0, weight=1),
    ]
    fallback = session_pb2.Route(engines=[session_pb2.EngineChoice(engine="espeak")])
    return session_pb2.Policy(
        name="default", languages={"en": session_pb2.Route(engines=choices)}, fallback=fallback
    )


async def _first_chunk(stub: SpeechServiceAsyncStub) -> float:
    """Return seconds from a request to its first audio, the utterance read to its end."""
    began, first = time.perf_counter(), 0.0
    async for response in stub.Say(speech_pb2.SayRequest(text=_TEXT)):
        if not first and any(event.HasField("audio") for event in response.events):
            first = time.perf_counter() - began
    return first


async def _cpu(stub: SpeechServiceAsyncStub, router: Service, audio: float) -> float:
    """Return a router's CPU seconds for a second of audio."""
    assert router.process is not None  # noqa: S101  # it was started
    process, spoken = psutil.Process(router.process.pid), 0.0
    before = sum(process.cpu_times()[:2])
    while spoken < audio:
        async for response in stub.Say(speech_pb2.SayRequest(text=long_text(300))):
            spoken += sum(event.audio.sample_count for event in response.events) / _RATE
    return float(sum(process.cpu_times()[:2]) - before) / spoken


async def measure(calls: int, audio: float) -> bool:
    """Measure and print; return whether both keep within the limits."""
    session = Service("parlando_session", {})
    await session.start()
    try:
        async with grpc.aio.insecure_channel(session.address) as channel:
            stub = session_service_pb2_grpc.SessionServiceStub(channel)
            await stub.SetPolicy(session_pb2.SetPolicyRequest(policy=_policy()), wait_for_ready=True)
        async with (
            running([ESPEAK]) as plain,
            running([ESPEAK, ESPEAK], SESSION_ADDRESS=session.address) as full,
        ):
            for system in (plain, full):
                await _cpu(system.stub, system.router, 30)
            firsts: dict[bool, list[float]] = {False: [], True: []}
            for number in range(2 * calls):
                firsts[bool(number % 2)].append(await _first_chunk((full if number % 2 else plain).stub))
            used: dict[bool, list[float]] = {False: [], True: []}
            for number in range(10):
                system = full if number % 2 else plain
                used[bool(number % 2)].append(await _cpu(system.stub, system.router, audio / 5))
    finally:
        await session.end()
    added = _shown("first chunk, p50", firsts[False], firsts[True], "ms")
    more = _shown("CPU for a second of audio", used[False], used[True], "ms")
    print(f"limits: {LIMIT_MS} ms each")
    return added <= LIMIT_MS and more <= LIMIT_MS


def _shown(name: str, plain: list[float], full: list[float], unit: str) -> float:
    before, after = statistics.median(plain) * 1000, statistics.median(full) * 1000
    print(f"{name}: {before:.2f} {unit} with one engine, {after:.2f} {unit} with all: {after - before:+.2f}")
    return after - before


def main() -> int:
    """Measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--audio", type=float, default=300, help="seconds of audio by each router")
    arguments = parser.parse_args()
    return 0 if asyncio.run(measure(arguments.calls, arguments.audio)) else 1


if __name__ == "__main__":
    sys.exit(main())

"""What breakers, replicas, policies and the watchdog cost when nothing fails.

    bench/failover_cost.py [--calls 300] [--audio 300]

Two routers over the same workers and fragmenter: one that knows one worker and no policy, one with two, a
session service and a policy that names a rank, a weight and a fallback. First chunks are taken in turn, so
that both see the same machine; CPU is that of each router's own process for so many seconds of audio, in
turn as well.
The limits: 0.3 ms at p50, and 0.3 ms of CPU for a second of audio.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import psutil
from texts import long_text

sys.path.insert(0, str(Path(__file__).parents[1]))

from parlando.session.v1 import session_pb2, session_service_pb2_grpc
from parlando.speech.v1 import speech_pb2, speech_service_pb2_grpc
from tests.chaos.system import ESPEAK, Service, running, until_it_speaks

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


async def _compared(
    routers: Sequence[tuple[SpeechServiceAsyncStub, Service]], calls: int, audio: float
) -> tuple[tuple[list[float], list[float]], tuple[list[float], list[float]]]:
    """Return first chunks and CPU of the two routers, taken in turn."""
    firsts: tuple[list[float], list[float]] = ([], [])
    used: tuple[list[float], list[float]] = ([], [])
    for stub, router in routers:
        await _cpu(stub, router, 60)
    for number in range(2 * calls):
        which = number % 4 in (1, 2)  # neither always comes second
        firsts[which].append(await _first_chunk(routers[which][0]))
    for number in range(10):
        used[number % 2].append(await _cpu(*routers[number % 2], audio / 5))
    return firsts, used


async def measure(calls: int, audio: float) -> bool:
    """Measure and print; return whether both keep within the limits."""
    session = Service("parlando_session", {})
    await session.start()
    try:
        async with grpc.aio.insecure_channel(session.address) as channel:
            stub = session_service_pb2_grpc.SessionServiceStub(channel)
            await stub.SetPolicy(session_pb2.SetPolicyRequest(policy=_policy()), wait_for_ready=True)
        async with running([ESPEAK, ESPEAK], SESSION_ADDRESS=session.address) as full:
            one = {**full.router.environment, "ENGINES": full.workers[0].address, "SESSION_ADDRESS": ""}
            plain = Service("parlando_router", one)
            await plain.start()
            try:
                async with grpc.aio.insecure_channel(plain.address) as channel:
                    routers = (
                        (speech_service_pb2_grpc.SpeechServiceStub(channel), plain),
                        (full.stub, full.router),
                    )
                    await until_it_speaks(routers[0][0])
                    firsts, used = await _compared(routers, calls, audio)
            finally:
                await plain.end()
    finally:
        await session.end()
    added = _shown("first chunk, p50", *firsts, "ms")
    more = _shown("CPU for a second of audio", *used, "ms")
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

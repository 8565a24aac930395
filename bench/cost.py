"""CPU and memory of the whole system for PCM at 24 kHz.

    bench/cost.py [--audio 600]      CPU per second of audio, by service; memory, by service
    bench/cost.py --audio 6000       and what so much speech leaves behind in memory

Speech at engine speed, one utterance after another, read as fast as it comes. The limits: 4 ms of CPU
per second of audio for all services; 350 MB for all of them; 5 MB of growth for any.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter

import grpc
from mesh import Mesh, running_mesh
from texts import long_text

from parlando.speech.v1 import speech_pb2
from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceStub

CPU_LIMIT_MS = 4.0
MEMORY_LIMIT_MB = 350.0
GROWTH_LIMIT_MB = 5.0
_RATE = 24_000
_WORDS = 600


async def speak(router: str, audio_seconds: float) -> tuple[float, Counter[int]]:
    """Have texts spoken until so much audio has come; return its length and the frames' lengths in ms."""
    spoken, frames = 0.0, Counter[int]()
    async with grpc.aio.insecure_channel(router) as channel:
        stub = SpeechServiceStub(channel)
        while spoken < audio_seconds:
            async for response in stub.Say(speech_pb2.SayRequest(text=long_text(_WORDS))):
                for event in response.events:
                    if count := event.audio.sample_count:
                        spoken += count / _RATE
                        frames[round(count * 1000 / _RATE)] += 1
    return spoken, frames


def measure(mesh: Mesh, audio_seconds: float) -> bool:
    """Measure and print; return whether all keeps within the limits."""
    asyncio.run(speak(mesh.router, 60))
    memory, cpu = mesh.pss_megabytes(), mesh.cpu_seconds()
    spoken, frames = asyncio.run(speak(mesh.router, audio_seconds))
    cpu_after, memory_after = mesh.cpu_seconds(), mesh.pss_megabytes()
    print(f"{spoken:.0f} s of audio; frames of {_described(frames)}")
    print(f"{'service':<12}{'CPU ms / audio s':>18}{'PSS MB':>10}{'growth MB':>12}")
    used = {name: (cpu_after[name] - cpu[name]) * 1000 / spoken for name in cpu}
    growth = {name: memory_after[name] - memory[name] for name in memory}
    for name, milliseconds in used.items():
        print(f"{name:<12}{milliseconds:18.2f}{memory_after[name]:10.1f}{growth[name]:12.1f}")
    total_cpu, total_memory = sum(used.values()), sum(memory_after.values())
    print(f"{'all':<12}{total_cpu:18.2f}{total_memory:10.1f}{max(growth.values()):12.1f}")
    print(f"{'limit':<12}{CPU_LIMIT_MS:18.2f}{MEMORY_LIMIT_MB:10.1f}{GROWTH_LIMIT_MB:12.1f}")
    return (
        total_cpu <= CPU_LIMIT_MS
        and total_memory <= MEMORY_LIMIT_MB
        and max(growth.values()) <= GROWTH_LIMIT_MB
    )


def _described(frames: Counter[int]) -> str:
    total = sum(frames.values())
    common = ", ".join(f"{length} ms ({count * 100 // total} %)" for length, count in frames.most_common(3))
    mean = sum(length * count for length, count in frames.items()) / total
    return f"{mean:.0f} ms on average, most often {common}"


def main() -> int:
    """Start the system, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--audio", type=float, default=600, help="seconds of audio to have made")
    arguments = parser.parse_args()
    with running_mesh() as mesh:
        return 0 if measure(mesh, arguments.audio) else 1


if __name__ == "__main__":
    sys.exit(main())

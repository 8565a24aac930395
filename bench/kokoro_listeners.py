"""How many listeners a Kokoro worker feeds at once, against how many it was measured to feed.

    python bench/kokoro_network.py /tmp/kokoro        once: a network of full size (it says how)
    python bench/kokoro_listeners.py /tmp/kokoro [--at-once 1 2 3 4 6] [--words 12 60] [--live 16 3]

Asks a worker for so many texts in the same moment, and plays them in thought. For each number: when the last
one had its first audio, how many ran dry and for how long, how many were refused, and the seconds of audio
that were made in a second. `--live` is how many the worker lets begin (KOKORO_LIVE), one worker for each:
those take turns at runs, the rest wait in its queue.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from engine_worker import worker
from kokoro import words

from parlando.synth.v1 import synth_pb2
from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceStub

_RATE = 24_000


@dataclass(frozen=True, slots=True)
class Listened:
    """One text as a player would have it, in seconds: to the first audio, of silence after it, of audio."""

    first: float
    silence: float
    audio: float


async def listen(stub: Any, name: str, text: str) -> Listened | None:
    """Have a text spoken; None where it is refused."""
    began = time.perf_counter()
    first = silence = played_until = audio = 0.0
    try:
        async for response in stub.Synthesize(synth_pb2.SynthesizeRequest(synthesis_id=name, text=text)):
            if not response.HasField("audio"):
                continue
            now = time.perf_counter() - began
            first = first or now
            played_until = played_until or now
            silence += max(now - played_until, 0.0)
            seconds = len(response.audio.pcm) / 2 / _RATE
            played_until = max(played_until, now) + seconds
            audio += seconds
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED:
            return None
        raise
    return Listened(first, silence, audio)


async def measure(address: str, live: int, lengths: Sequence[int], numbers: Sequence[int]) -> None:
    """Print what becomes of so many listeners at once."""
    async with grpc.aio.insecure_channel(address) as channel:
        stub: Any = SynthServiceStub(channel)
        about = await stub.DescribeEngine(synth_pb2.DescribeEngineRequest())
        print(f"{live} live; measured before it served: {about.capacity.real_time_streams:.1f} listeners")
        print(
            f"{'words':>6}{'at once':>9}{'last first':>12}{'ran dry':>9}{'most silence':>14}{'of audio':>10}"
            f"{'refused':>9}{'audio a second':>16}"
        )
        for count in lengths:
            for number in numbers:
                began = time.perf_counter()
                asked = (listen(stub, f"{live} {count} {number} {n}", words(count)) for n in range(number))
                heard = [each for each in await asyncio.gather(*asked) if each is not None]
                took = time.perf_counter() - began
                dry = [each.silence for each in heard if each.silence > 0]
                print(
                    f"{count:6}{number:9}{max(each.first for each in heard):11.2f}s{len(dry):9}"
                    f"{max(dry, default=0.0):13.2f}s{heard[0].audio:9.1f}s{number - len(heard):9}"
                    f"{sum(each.audio for each in heard) / took:16.2f}",
                    flush=True,
                )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure how many listeners Kokoro feeds at once.")
    parser.add_argument("folder", type=Path, help="with kokoro.onnx and voices.bin")
    parser.add_argument("--at-once", type=int, nargs="+", default=(1, 2, 3, 4, 6))
    parser.add_argument("--words", type=int, nargs="+", default=(12, 60))
    parser.add_argument("--live", type=int, nargs="+", default=(16, 3))
    parser.add_argument("--threads", type=int, default=min(os.cpu_count() or 1, 4))
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    for live in arguments.live:
        settings = {
            "KOKORO_MODEL": str(folder / "kokoro.onnx"),
            "KOKORO_VOICES": str(folder / "voices.bin"),
            "KOKORO_THREADS": str(arguments.threads),
            "KOKORO_LIVE": str(live),
        }
        with worker("kokoro", settings) as (address, _):
            asyncio.run(measure(address, live, arguments.words, arguments.at_once))


if __name__ == "__main__":
    main()

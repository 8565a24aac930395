"""First chunk by hop, against a bare gRPC stream in the same run.

    bench/first_chunk.py [--rounds 300]

One client, warm. Each round asks in turn: a bare grpc.aio server for the first message of a stream;
the fragmenter for the first fragment; the worker itself for the first audio of that fragment; the
router for the first audio of the whole sentence. "Added" is the router's median less the worker's.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

import grpc
from mesh import free_port, running_mesh
from texts import SENTENCE

from parlando.fragmenter.v1 import fragmenter_pb2
from parlando.fragmenter.v1.fragmenter_service_pb2_grpc import FragmenterServiceStub
from parlando.speech.v1 import speech_pb2
from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceStub
from parlando.synth.v1 import synth_pb2
from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceStub

LIMIT = 6.0
"""What may be added, in bare first messages."""


async def first_of_bare(channel: grpc.aio.Channel) -> None:
    """Read the first message of a bare stream."""
    ask: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream("/bench.Bare/Stream")
    call = ask(SENTENCE.encode())
    await call.read()
    call.cancel()


async def first_fragment(channel: grpc.aio.Channel) -> str:
    """Return the first fragment's spoken text."""
    call = FragmenterServiceStub(channel).Fragment()
    await call.write(fragmenter_pb2.FragmentRequest(config=fragmenter_pb2.FragmentConfig()))
    await call.write(fragmenter_pb2.FragmentRequest(text=fragmenter_pb2.TextDelta(text=SENTENCE)))
    await call.done_writing()
    response = await call.read()
    call.cancel()
    assert isinstance(response, fragmenter_pb2.FragmentResponse)  # noqa: S101  # the sentence has a fragment
    return response.fragment.spoken_text


async def first_of_worker(channel: grpc.aio.Channel, text: str) -> None:
    """Wait for a worker's first audio."""
    request = synth_pb2.SynthesizeRequest(synthesis_id=uuid.uuid4().hex, text=text)
    call = SynthServiceStub(channel).Synthesize(request)
    async for response in call:
        if response.HasField("audio"):
            break
    call.cancel()


async def first_of_router(channel: grpc.aio.Channel) -> None:
    """Wait for the router's first audio."""
    call = SpeechServiceStub(channel).Say(speech_pb2.SayRequest(text=SENTENCE))
    async for response in call:
        if response.events[-1].HasField("audio"):
            break
    call.cancel()


async def measure(rounds: int, bare: str, fragmenter: str, synth: str, router: str) -> dict[str, list[float]]:
    """Return milliseconds by hop, one figure a round."""
    async with (
        grpc.aio.insecure_channel(bare) as to_bare,
        grpc.aio.insecure_channel(fragmenter) as to_fragmenter,
        grpc.aio.insecure_channel(synth) as to_synth,
        grpc.aio.insecure_channel(router) as to_router,
    ):
        text = await first_fragment(to_fragmenter)
        hops: dict[str, Callable[[], Awaitable[object]]] = {
            "bare": lambda: first_of_bare(to_bare),
            "fragmenter": lambda: first_fragment(to_fragmenter),
            "worker": lambda: first_of_worker(to_synth, text),
            "router": lambda: first_of_router(to_router),
        }
        taken: dict[str, list[float]] = {name: [] for name in hops}
        for round_number in range(-30, rounds):  # the first ones warm up
            for name, ask in hops.items():
                began = time.perf_counter()
                await ask()
                if round_number >= 0:
                    taken[name].append((time.perf_counter() - began) * 1000)
                await asyncio.sleep(0.002)  # let what was cancelled come to rest
        return taken


def report(taken: dict[str, list[float]]) -> bool:
    """Print the table; return whether what is added keeps within the limit."""
    print(f"{'hop':<12}{'p50 ms':>8}{'p95 ms':>8}{'p99 ms':>8}")
    for name, figures in taken.items():
        cuts = statistics.quantiles(figures, n=100)
        print(f"{name:<12}{cuts[49]:8.2f}{cuts[94]:8.2f}{cuts[98]:8.2f}")
    medians = {name: statistics.median(figures) for name, figures in taken.items()}
    added = medians["router"] - medians["worker"]
    ratio = added / medians["bare"]
    print(
        f"added by router and fragmenter: {added:.2f} ms = {ratio:.1f} bare first messages (limit {LIMIT:g})"
    )
    return ratio <= LIMIT


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=300)
    arguments = parser.parse_args()
    port = free_port()
    bare_server = [sys.executable, str(Path(__file__).with_name("bare_server.py")), str(port)]
    with subprocess.Popen(bare_server) as bare, running_mesh() as mesh:
        try:
            hops = (f"127.0.0.1:{port}", mesh.fragmenter, mesh.synth, mesh.router)
            taken = asyncio.run(measure(arguments.rounds, *hops))
        finally:
            bare.terminate()
    return 0 if report(taken) else 1


if __name__ == "__main__":
    sys.exit(main())

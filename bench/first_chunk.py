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
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

import grpc
from mesh import Mesh, running_bare, running_mesh
from texts import SENTENCE

from parlando.fragmenter.v1 import fragmenter_pb2
from parlando.fragmenter.v1.fragmenter_service_pb2_grpc import FragmenterServiceStub
from parlando.speech.v1 import speech_pb2
from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceStub
from parlando.synth.v1 import synth_pb2
from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceStub

LIMIT = 6.0
"""What may be added, in bare first messages."""


class Stopwatch:
    """Times what is done within it: `with watch:`."""

    def __init__(self) -> None:
        self.milliseconds = 0.0
        self._began = 0.0

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.milliseconds = (time.perf_counter() - self._began) * 1000


Hop = Callable[[Stopwatch], Awaitable[object]]
"""Asks once, and times it until the first answer."""


async def first_of_bare(channel: grpc.aio.Channel, watch: Stopwatch) -> None:
    """Read the first message of a bare stream."""
    ask: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream("/bench.Bare/Stream")
    with watch:
        call = ask(SENTENCE.encode())
        await call.read()
    call.cancel()


async def first_fragment(channel: grpc.aio.Channel, watch: Stopwatch) -> str:
    """Return the first fragment's spoken text."""
    with watch:
        call = FragmenterServiceStub(channel).Fragment()
        await call.write(fragmenter_pb2.FragmentRequest(config=fragmenter_pb2.FragmentConfig()))
        await call.write(fragmenter_pb2.FragmentRequest(text=fragmenter_pb2.TextDelta(text=SENTENCE)))
        await call.done_writing()
        response = await call.read()
    call.cancel()
    assert isinstance(response, fragmenter_pb2.FragmentResponse)  # noqa: S101  # the sentence has a fragment
    return response.fragment.spoken_text


async def first_of_worker(channel: grpc.aio.Channel, text: str, watch: Stopwatch) -> None:
    """Wait for a worker's first audio."""
    request = synth_pb2.SynthesizeRequest(synthesis_id=uuid.uuid4().hex, text=text)
    with watch:
        call = SynthServiceStub(channel).Synthesize(request)
        async for response in call:
            if response.HasField("audio"):
                break
    call.cancel()


async def first_of_router(channel: grpc.aio.Channel, watch: Stopwatch) -> None:
    """Wait for the router's first audio of a whole text."""
    with watch:
        call = SpeechServiceStub(channel).Say(speech_pb2.SayRequest(text=SENTENCE))
        async for response in call:
            if response.events[-1].HasField("audio"):
                break
    call.cancel()


async def timed(hops: Mapping[str, Hop], rounds: int) -> dict[str, list[float]]:
    """Ask each hop in turn, round after round; return milliseconds by hop, one figure a round."""
    taken: dict[str, list[float]] = {name: [] for name in hops}
    for round_number in range(-30, rounds):  # the first ones warm up
        for name, ask in hops.items():
            watch = Stopwatch()
            await ask(watch)
            if round_number >= 0:
                taken[name].append(watch.milliseconds)
            await asyncio.sleep(0.005)  # let what was cancelled come to rest
    return taken


async def measure(rounds: int, bare: str, mesh: Mesh) -> dict[str, list[float]]:
    """Return milliseconds by hop, one figure a round."""
    async with (
        grpc.aio.insecure_channel(bare) as to_bare,
        grpc.aio.insecure_channel(mesh.fragmenter) as to_fragmenter,
        grpc.aio.insecure_channel(mesh.synth) as to_synth,
        grpc.aio.insecure_channel(mesh.router) as to_router,
    ):
        text = await first_fragment(to_fragmenter, Stopwatch())
        hops: dict[str, Hop] = {
            "bare": partial(first_of_bare, to_bare),
            "fragmenter": partial(first_fragment, to_fragmenter),
            "worker": partial(first_of_worker, to_synth, text),
            "router": partial(first_of_router, to_router),
        }
        return await timed(hops, rounds)


def show(taken: Mapping[str, Sequence[float]]) -> None:
    """Print the table of hops."""
    print(f"{'hop':<22}{'p50 ms':>8}{'p95 ms':>8}{'p99 ms':>8}")
    for name, figures in taken.items():
        cuts = statistics.quantiles(figures, n=100)
        print(f"{name:<22}{cuts[49]:8.2f}{cuts[94]:8.2f}{cuts[98]:8.2f}")


def report(taken: dict[str, list[float]]) -> bool:
    """Print the table; return whether what is added keeps within the limit."""
    show(taken)
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
    with running_bare() as bare, running_mesh() as mesh:
        taken = asyncio.run(measure(arguments.rounds, bare, mesh))
    return 0 if report(taken) else 1


if __name__ == "__main__":
    sys.exit(main())

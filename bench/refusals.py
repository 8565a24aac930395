"""What a refusal costs the whole system, from Envoy on.

    bench/refusals.py [--count 2000] [--at-a-time 8]

There is one place to wait in (EDGE_MAX_WAITING, ROUTER_MAX_WAITING), and who has it waits for espeak-ng,
whose processes stand still. Everybody else is refused, over Realtime, HTTP and gRPC; it prints the CPU of
each service by refusal. The limit is 1 ms for all of them together.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import grpc
import uvloop
from edge_alone import Line, opened, refused
from mesh import Mesh, running_mesh
from path import Http

from parlando.speech.v1 import speech_pb2
from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceStub
from parlando_kit.true_status import with_true_status

if TYPE_CHECKING:
    from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceAsyncStub

LIMIT_MS = 1.0
_BEGINS_SECONDS = 0.5
_VOICEBOX = "parlando_espeak.voicebox"
_REFUSED = {"overloaded", "429", "RESOURCE_EXHAUSTED"}
_TEXT = "the old lighthouse keeper climbed the narrow stairs every evening"


async def _say(stub: SpeechServiceAsyncStub) -> str:
    """Ask for a text that is all there, and return the name of the status."""
    try:
        async for _ in stub.Say(speech_pb2.SayRequest(text=_TEXT)):
            return "answered"
    except grpc.aio.AioRpcError as error:
        return str(error.code().name)
    return "ended"


async def _speak(stub: SpeechServiceAsyncStub) -> str:
    """Ask for a text as who writes it at once, and return the name of the status."""
    call = with_true_status(stub.Speak())
    request = speech_pb2.SpeakRequest
    try:
        await call.write(request(epoch=1, open=speech_pb2.SpeakOpen()))
        await call.write(request(epoch=1, text=speech_pb2.SpeakText(text=_TEXT)))
        await call.done_writing()
        async for _ in call:
            return "answered"
    except grpc.aio.AioRpcError as error:
        return str(error.code().name)
    finally:
        call.cancel()
    return "ended"


async def cost(title: str, mesh: Mesh, count: int, asks: Sequence[Callable[[], Awaitable[str]]]) -> float:
    """Have so many be refused, print what each cost, and return it in ms.

    Args:
        title: what is printed before it.
        mesh: whose CPU it is.
        count: so many.
        asks: ways to ask, as many at a time; each returns what became of it.

    Raises:
        SystemExit: something else became of one.
    """
    left = iter(range(count))
    became: set[str] = set()

    async def keep_asking(ask: Callable[[], Awaitable[str]]) -> None:
        for _ in left:
            became.add(await ask())

    before = mesh.cpu_seconds()
    async with asyncio.TaskGroup() as tasks:
        for ask in asks:
            tasks.create_task(keep_asking(ask))
    after = mesh.cpu_seconds()
    if not became <= _REFUSED:
        raise SystemExit(f"{title}: not all were refused, but {sorted(became)}")
    used = {name: (after[name] - before[name]) * 1000 / count for name in before}
    told = ", ".join(f"{name} {each:.2f}" for name, each in used.items() if each >= 0.005)
    whole = sum(used.values())
    print(f"{title:<12}{whole:6.2f} ms each of {count}: {told}")
    return whole


@contextlib.asynccontextmanager
async def _place_taken(mesh: Mesh, line: Line) -> AsyncIterator[None]:
    """Have a caller wait for its first sound in the block, which is to last no ten seconds."""
    speaking = [each for family in mesh.families().values() for each in family if _VOICEBOX in each.cmdline()]
    for each in speaking:
        each.suspend()
    waiting = asyncio.create_task(line.ask())
    try:
        await asyncio.sleep(_BEGINS_SECONDS)
        yield
    finally:
        for each in speaking:
            each.resume()
        await waiting


async def measure(mesh: Mesh, count: int, at_a_time: int) -> float:
    """Measure and print; return what the dearest road's refusal costs, in ms."""
    first, *lines = [await opened(mesh.envoy, Line) for _ in range(at_a_time + 1)]
    for line in (first, *lines):
        await line.ask()
    async with contextlib.AsyncExitStack() as stack:
        https = [await stack.enter_async_context(Http.to(mesh.envoy)) for _ in lines]
        stub = SpeechServiceStub(await stack.enter_async_context(grpc.aio.insecure_channel(mesh.envoy)))
        roads: dict[str, list[Callable[[], Awaitable[str]]]] = {
            "Realtime": [line.ask for line in lines],
            "HTTP": [partial(refused, each) for each in https],
            "gRPC Say": [partial(_say, stub)] * len(lines),
            "gRPC Speak": [partial(_speak, stub)] * len(lines),
        }
        costs = []
        for title, asks in roads.items():
            async with _place_taken(mesh, first):
                costs.append(await cost(title, mesh, count, asks))
    return max(costs)


def measured(count: int = 2_000, at_a_time: int = 8) -> float:
    """Start a system, measure and print; return what the dearest road's refusal costs, in ms."""
    os.environ["EDGE_MAX_WAITING"] = os.environ["ROUTER_MAX_WAITING"] = "1"
    with running_mesh() as mesh:
        return uvloop.run(measure(mesh, count, at_a_time))


def main() -> int:
    """Measure, print, and return 1 beyond the limit."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--at-a-time", type=int, default=8)
    arguments = parser.parse_args()
    return 0 if measured(arguments.count, arguments.at_a_time) <= LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())

"""CPU of a call over grpc.aio, both sides together, by kind of call and version of grpcio.

    bench/grpc_calls.py [--rounds 5]               with the grpcio that is installed
    bench/grpc_calls.py --python A/bin/python …    with that of other environments, in turn

Such environments need grpcio and uvloop; ratios are to the first. A round is
400 calls of each kind, one every 3 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import grpc
import uvloop

_CALLS, _EVERY_SECONDS, _WARM_UP = 400, 0.003, 40
_REQUEST, _SOUND = b"x" * 100, bytes(24_000)

Kind = Callable[[grpc.aio.Channel], Coroutine[None, None, object]]


async def _answer(request: bytes, _: Any) -> bytes:
    return request


async def _speak(_: bytes, __: Any) -> AsyncIterator[bytes]:
    yield _SOUND
    yield _SOUND


async def _converse(requests: AsyncIterator[bytes], _: Any) -> AsyncIterator[bytes]:
    async for __ in requests:
        yield _SOUND


async def _cpu(_: bytes, __: Any) -> bytes:
    return str(time.process_time()).encode()


async def _serve() -> None:
    server = grpc.aio.server()
    handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        "Unary": grpc.unary_unary_rpc_method_handler(_answer),
        "Stream": grpc.unary_stream_rpc_method_handler(_speak),
        "TwoWay": grpc.stream_stream_rpc_method_handler(_converse),
        "Cpu": grpc.unary_unary_rpc_method_handler(_cpu),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("bench.Calls", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


async def _unary(channel: grpc.aio.Channel) -> None:
    method: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary("/bench.Calls/Unary")
    await method(_REQUEST)


async def _stream(channel: grpc.aio.Channel) -> None:
    method: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream("/bench.Calls/Stream")
    async for _ in method(_REQUEST):
        pass


async def _two_way(channel: grpc.aio.Channel) -> None:
    method: grpc.aio.StreamStreamMultiCallable[bytes, bytes] = channel.stream_stream("/bench.Calls/TwoWay")
    call = method()
    await call.write(_REQUEST)
    await call.read()
    await call.done_writing()
    await call.read()


_KINDS: dict[str, Kind] = {"unary": _unary, "server stream": _stream, "two-way stream": _two_way}


async def _measure(port: str) -> dict[str, float]:
    """Return milliseconds a call, by kind."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        cpu: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary("/bench.Calls/Cpu")

        async def used() -> float:
            return time.process_time() + float(await cpu(b""))

        costs = {}
        for name, kind in _KINDS.items():
            await asyncio.gather(*[kind(channel) for _ in range(_WARM_UP)])
            before = await used()
            async with asyncio.TaskGroup() as calls:
                for _ in range(_CALLS):
                    calls.create_task(kind(channel))
                    await asyncio.sleep(_EVERY_SECONDS)
            costs[name] = (await used() - before) * 1000 / _CALLS
        return costs


def _once() -> None:
    """Print what a round with this environment's grpcio found, as JSON."""
    with subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None  # noqa: S101  # it was asked for
            print(json.dumps([grpc.__version__, uvloop.run(_measure(server.stdout.readline().strip()))]))
        finally:
            server.terminate()


def _compare(pythons: list[str], rounds: int) -> None:
    """Run rounds in turn, in a new order each time, and print medians, and ratios to the first."""
    found: dict[str, list[dict[str, float]]] = {python: [] for python in pythons}
    versions = {}
    for _ in range(rounds):
        for python in random.sample(pythons, len(pythons)):
            command = [python, __file__, "--once"]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            versions[python], costs = json.loads(done.stdout)
            found[python].append(costs)
    print(f"ms CPU a call, median of {rounds} rounds, and its ratio to that of grpcio {versions[pythons[0]]}")
    for python in pythons:
        cells = []
        for kind in _KINDS:
            cost, measure = (
                statistics.median(each[kind] for each in found[one]) for one in (python, pythons[0])
            )
            cells.append(f"{kind} {cost:.3f} ({cost / measure:.2f})")
        print(f"grpcio {versions[python]:8} {'   '.join(cells)}")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--python", nargs="+", default=[sys.executable], help="interpreters of environments")
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        uvloop.run(_serve())
    elif arguments.once:
        _once()
    else:
        _compare(arguments.python, arguments.rounds)


if __name__ == "__main__":
    main()

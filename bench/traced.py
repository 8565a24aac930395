"""What traces cost the mesh.

    bench/traced.py [--slices 7] [--seconds 4] [--rate 25]

Three meshes, one without a collector, one with, of which nothing is sampled, and one of which all is, are
loaded in turn over Realtime, past Envoy, at the same pace. The collector throws away what it is sent. What is
printed is CPU by utterance, by service, and slice by slice all of it in proportion to the first: medians, the
least and the most. What a share of all costs lies between the last two. Envoy's is not in it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import statistics
import subprocess
import sys
from collections.abc import Iterator

import grpc
import uvloop
from edge_alone import Line, opened
from in_turn import ROLES, cost, load
from mesh import Mesh, free_port, running_mesh

_CONNECTIONS = 60
_WARM = 60
_SEND_SECONDS = 0.7
"""Spans are sent half a second after they have ended at the latest."""

_EXPORTS = "opentelemetry.proto.collector.trace.v1.TraceService"
_SAMPLERS = {"no collector": "", "none sampled": "always_off", "all sampled": "always_on"}


async def _collect(port: int) -> None:
    """Take what is sent, and throw it away."""

    async def export(_: bytes, __: object) -> bytes:
        return b""

    handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(export)
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_EXPORTS, {"Export": handler}),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


@contextlib.contextmanager
def _running_collector() -> Iterator[int]:
    """Start a collector; return its port; stop it at the end."""
    port = free_port()
    with subprocess.Popen([sys.executable, __file__, "--collect", str(port)]) as collector:
        try:
            yield port
        finally:
            collector.terminate()


@contextlib.contextmanager
def _running(sampler: str, collector: int) -> Iterator[Mesh]:
    """Start a mesh that is told of a collector where it has a sampler; stop it at the end."""
    told = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector}", "OTEL_TRACES_SAMPLER": sampler}
    os.environ.update(told if sampler else dict.fromkeys(told, ""))
    with running_mesh() as mesh:
        yield mesh


async def measure(arguments: argparse.Namespace) -> None:
    """Load the meshes in turn, and print."""
    with _running_collector() as collector, contextlib.ExitStack() as stack:
        meshes = {
            name: stack.enter_context(_running(sampler, collector)) for name, sampler in _SAMPLERS.items()
        }
        families = {name: mesh.families() for name, mesh in meshes.items()}
        lines = {
            name: [await opened(mesh.edge, Line) for _ in range(_CONNECTIONS)]
            for name, mesh in meshes.items()
        }
        for name in meshes:
            await load(lines[name], _WARM, arguments.rate, 0)
        costs: dict[str, list[dict[str, float]]] = {name: [] for name in meshes}
        count = round(arguments.rate * arguments.seconds)
        for seed in range(arguments.slices):
            for name in random.sample(sorted(meshes), len(meshes)):
                used = await cost(lines[name], families[name], count, arguments.rate, seed, _SEND_SECONDS)
                costs[name].append({role: seconds * 1000 / count for role, seconds in used.items()})
    columns = (*ROLES, "all")
    heads = "".join(f"{column:>12}" for column in columns)
    print(f"{'ms CPU / utterance':<20}{heads}{'times':>8}{'from':>8}{'to':>6}")
    bare = [used["all"] for used in costs["no collector"]]
    for name, each in costs.items():
        told = [statistics.median(used[column] for used in each) for column in columns]
        times = [used["all"] / of_bare for used, of_bare in zip(each, bare, strict=True)]
        spread = f"{statistics.median(times):8.2f}{min(times):8.2f}{max(times):6.2f}"
        print(f"{name:<20}{''.join(f'{used:12.2f}' for used in told)}{spread}")


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--slices", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=4.0, help="of a slice")
    parser.add_argument("--rate", type=float, default=25.0, help="utterances a second")
    parser.add_argument("--collect", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    uvloop.run(_collect(arguments.collect) if arguments.collect else measure(arguments))


if __name__ == "__main__":
    main()

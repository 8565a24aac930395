"""Cancels at random moments, with one client and with many: what they take, and what they leave.

    make bench-cancels ARGS="[--cancels 1000] [--clients 1 50] [--engine espeak]"

Speak through Envoy, by callers who converse (by the clock, and with pauses) and by callers in haste
(without pace or pause, so that they keep the cores full), and `response.cancel` over Realtime through
Envoy, at the same moments, alone and while the largest number of callers converse. It prints, by the
caller's own clock, the time from its send until its last audio byte (0 where none came after it), and until
it was told that nothing follows; from the reports, the time until the engine was idle, the engine time
spent after the stop and how the stops ended; and the CPU that all processes together use in the second
after the last one.
Calls that were refused because too many waited to be let in, with a time to come back and nothing else, are
counted apart: callers in haste may be more than the machine can serve; those who converse are not.

It exits with 1 when a status, a frame, an answer or a report is wrong, when a synthesis, a call or a
connection is left in any service, when a service has more threads and descriptors than before, beyond a
leeway for what is opened as it is needed, or when a limit is passed. Limits stand beside the figures.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import os
import statistics
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence

import grpc
import psutil
from mesh import Mesh, free_port, running_mesh
from realtime_cancels import RealtimeFigures, cancel_over_realtime

from parlando.synth.v1 import synth_pb2
from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceStub
from tests.component.router.cancelling import CONVERSATION, HASTE, Figures, Manner, cancel_at_random

MANNERS = {"in conversation": CONVERSATION, "in haste": HASTE}
P99_MS = 50.0
P50_MS = 5.0
REFUSED = {"in conversation": 0.0, "in haste": 0.1}
"""Of all calls, at most."""

LEEWAY = 16
"""Threads and descriptors by which a service may have grown; one left by each cancel would be a thousand."""

_SETTLE_SECONDS = 1.0
_IDLE_WITHIN = 5.0
_COUNTED = ("edge", "router", "fragmenter", "session", "synth")
_LIVE = "parlando_live_calls{"
_PEER = "Kokoro-FastAPI 0.8, quoted from its own measurement: 10 to 13 s to idle, up to 18.7 CPU-s burnt"


def head(name: str) -> None:
    """Print what the columns of `show` are."""
    print(f"\n{name:<38}{'p50':>8}{'p95':>8}{'p99':>8}{'most':>8}{'of':>7}   limits of p50 and p99")


def show(name: str, figures: Sequence[float], p50: float | None = P50_MS) -> bool:
    """Print a line of milliseconds; return whether it keeps within the limits, which None leaves out."""
    if len(figures) < 2:
        print(f"{name:<38} too few")
        return False
    cuts = [cut * 1000 for cut in statistics.quantiles(figures, n=100)]
    told = (cuts[49], cuts[94], cuts[98], max(figures) * 1000)
    line = f"{name:<38}" + "".join(f"{cut:8.2f}" for cut in told) + f"{len(figures):7}"
    if p50 is None:
        print(line)
        return True
    kept = cuts[49] <= p50 and cuts[98] <= P99_MS
    print(f"{line}   {p50:g} and {P99_MS:g} ms: {'kept' if kept else 'exceeded'}")
    return kept


async def live(synth: str) -> int:
    """Return the syntheses that are left in the worker, once they are none or it has had its time."""
    async with grpc.aio.insecure_channel(synth) as channel:
        stub, until = SynthServiceStub(channel), time.monotonic() + _IDLE_WITHIN
        while True:
            load = (await stub.DescribeEngine(synth_pb2.DescribeEngineRequest())).load
            if not load.live + load.queued or time.monotonic() > until:
                return load.live + load.queued
            await asyncio.sleep(0.01)


async def speak(mesh: Mesh, cancels: int, clients: int, manner: Manner) -> Figures:
    """Cancel calls of Speak through Envoy."""
    async with contextlib.AsyncExitStack() as stack:
        channels = [
            await stack.enter_async_context(
                grpc.aio.insecure_channel(mesh.envoy, options=(("grpc.use_local_subchannel_pool", 1),))
            )
            for _ in range(min(clients, 8))
        ]
        return await cancel_at_random(channels, cancels, clients, manner, seed=clients)


async def realtime_beside(mesh: Mesh, cancels: int, clients: int) -> RealtimeFigures:
    """Cancel responses over Realtime while so many callers of Speak converse."""
    others = asyncio.create_task(speak(mesh, 100 * clients, clients, CONVERSATION))
    try:
        return await cancel_over_realtime(mesh.envoy, cancels, seed=2)
    finally:
        others.cancel()
        await asyncio.wait({others})


def calls(scrapes: Mapping[str, int]) -> dict[str, int]:
    """Return the calls and connections that each service has under way, as it says itself."""
    found = {}
    for name, port in scrapes.items():
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        found[name] = sum(int(float(line.split()[-1])) for line in lines if line.startswith(_LIVE))
    return found


def left(before: Mapping[str, int], scrapes: Mapping[str, int]) -> dict[str, int]:
    """Return the calls that are under way beside those of before, once they are none or had their time."""
    until = time.monotonic() + _IDLE_WITHIN
    while True:
        more = {name: count - before[name] for name, count in calls(scrapes).items() if count != before[name]}
        if not more or time.monotonic() > until:
            return more
        time.sleep(0.05)


def held(mesh: Mesh) -> dict[str, int]:
    """Return the threads and open descriptors of each service's process."""
    return {name: process.num_threads() + process.num_fds() for name, process in mesh.processes.items()}


def grew(mesh: Mesh, had: Mapping[str, int]) -> bool:
    """Print how many more threads and descriptors each service has; return whether too many."""
    more = {name: count - had[name] for name, count in held(mesh).items() if count > had[name]}
    grown = any(count > LEEWAY for count in more.values())
    told = f"leeway {LEEWAY} each: {'exceeded' if grown else 'kept'}"
    print(f"threads and descriptors more than before: {more or 'none'} ({told})")
    return grown


def report(mesh: Mesh, scrapes: Mapping[str, int], cancels: int, clients: int, name: str) -> bool:
    """Cancel, and print what came of it; return whether all of it is as it must be."""
    had, before_calls = held(mesh), calls(scrapes)
    psutil.cpu_percent()
    figures = asyncio.run(speak(mesh, cancels, clients, MANNERS[name]))
    busy = psutil.cpu_percent()
    syntheses, more_calls = asyncio.run(live(mesh.synth)), left(before_calls, scrapes)
    before = sum(mesh.cpu_seconds().values())
    time.sleep(_SETTLE_SECONDS)
    after = sum(mesh.cpu_seconds().values()) - before
    print(f"\n{sum(figures.moments.values())} cancels, {clients} at a time, {name}; cores {busy:.0f} % busy")
    head("milliseconds")
    kept = show("send to last audio byte", figures.last_byte)
    show("send to answer", figures.answered, None)
    kept &= show("router to engine idle", figures.idle, P99_MS)
    share = figures.refused / sum(figures.moments.values())
    admitted = share <= REFUSED[name]
    limit = f"limit {REFUSED[name]:.0%}: {'kept' if admitted else 'exceeded'}"
    print(f"refused while too many waited: {figures.refused} ({share:.1%}; {limit})")
    print(f"outcomes: {dict(figures.outcomes)}")
    print(f"engine time after the stops: {figures.engine_time:.3f} s in all")
    print(f"samples thrown away: {figures.discarded}")
    print(f"CPU of all processes in the second after the last: {after:.2f} s; syntheses left: {syntheses}")
    print(f"calls and connections more than before, by service: {more_calls or 'none'}")
    grown = grew(mesh, had)
    for fault in figures.faults:
        print(f"wrong: {fault}")
    return kept and admitted and not (syntheses or more_calls or grown or figures.faults)


def main() -> int:
    """Start the system, cancel, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cancels", type=int, default=1_000, help="for each number of clients")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 50], help="numbers of clients")
    parser.add_argument("--engine", default="espeak", help="the engine that speaks")
    arguments = parser.parse_args()
    kept = True
    # Fifty are more than a worker queues by default; being refused is no part of this.
    os.environ.setdefault("SYNTH_MAX_QUEUED", str(max(arguments.clients)))
    scrapes = {name: free_port() for name in _COUNTED}
    os.environ.update({f"{name.upper()}_METRICS_PORT": str(port) for name, port in scrapes.items()})
    with running_mesh(arguments.engine) as mesh:
        many = max(arguments.clients)
        asyncio.run(speak(mesh, max(30, 4 * many), many, HASTE))  # what is opened once stays open
        for clients, name in itertools.product(arguments.clients, MANNERS):
            if clients > 1 or name == "in haste":  # alone, there is nobody to leave room to
                kept &= report(mesh, scrapes, arguments.cancels, clients, name)
        before, had = calls(scrapes), held(mesh)
        head("Realtime, milliseconds")
        alone = asyncio.run(cancel_over_realtime(mesh.envoy, 200, seed=1))
        kept &= show("alone, to last audio byte", alone.last_byte)
        beside = asyncio.run(realtime_beside(mesh, 200, many))
        kept &= show(f"beside {many}, to last audio byte", beside.last_byte)
        print(f"moments: {dict(alone.moments)}; ended: {dict(alone.ended + beside.ended)}")
        for fault in (*alone.faults, *beside.faults):
            print(f"wrong: {fault}")
            kept = False
        syntheses, more = asyncio.run(live(mesh.synth)), left(before, scrapes)
        print(f"syntheses left: {syntheses}; calls and connections more than before: {more or 'none'}")
        time.sleep(_SETTLE_SECONDS)
        kept &= not (syntheses or more or grew(mesh, had))
    print(f"\n{_PEER}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

"""Readers that stop reading: what is held for them, where, and what others feel of it.

    bench/stalled.py [--roads Say Speak HTTP Realtime] [--readers 20] [--seconds 60] [--engine espeak]
                     [--unbroken]

On each road through Envoy, so many clients ask for minutes of speech, take its beginning, and read nothing
for a minute. It prints what each process holds more than without them, in MB a reader, at the worst moment,
and the kernel's socket buffers (files that processes map do not count, since who else has them changes that).
The readers' own receive buffers are left out: they would be on other machines.
Then how long another client's first chunk takes once they have stalled, beside before, and after how many
seconds the longest of them came; how many of the readers Envoy still had by the end; and what is held once
they have left.

All of it together may be the playout budget and one fragment: that is the bound that is printed, and beyond
which it exits with 1. Processes keep what they have once used: each road has a system of its own, where one
reader has walked it before, and gives back blocks of 32 KB and more at once. What is left is what Python and
the C library keep of smaller ones, to be used again.
The kernel's buffers are those of the whole machine: nothing else should talk on it meanwhile.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import socket
import statistics
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import grpc
import psutil
from mesh import Mesh, running_mesh
from texts import SENTENCE, long_text

from parlando.speech.v1 import speech_pb2
from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceStub
from parlando.synth.v1 import synth_pb2
from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceStub

RATE = 24_000
BUDGET_SECONDS = 10
FRAGMENT_SECONDS = 27
"""The longest fragment: 400 code points, of which espeak-ng says 15 a second."""

BOUND_MB = (BUDGET_SECONDS + FRAGMENT_SECONDS) * 2 * RATE / 1e6

_ALLOCATION = {"MALLOC_MMAP_THRESHOLD_": "32768", "MALLOC_TRIM_THRESHOLD_": "32768"}
"""What glibc is told; see mallopt(3)."""

_SO_MEMINFO = 55  # Linux; its first number is what the receive buffer holds
_WORDS = 600
"""Four minutes, and within what HTTP takes."""

_PROBES = 60
_WARM = 3
_WARM_SECONDS = 3.0
_QUIET_SECONDS = 1.0
_LOOKS_A_SECOND = 2
_CHANNEL = (("grpc.use_local_subchannel_pool", 1), ("grpc.http2.bdp_probe", 0))


@contextlib.contextmanager
def say(address: str, text: str) -> Iterator[None]:
    """Stall a Say."""
    with grpc.insecure_channel(address, options=_CHANNEL) as channel:
        call = SpeechServiceStub(channel).Say(speech_pb2.SayRequest(text=text))
        next(call)
        yield
        call.cancel()


@contextlib.contextmanager
def speak(address: str, text: str) -> Iterator[None]:
    """Stall a Speak, by the clock."""
    with grpc.insecure_channel(address, options=_CHANNEL) as channel:
        requests = [
            speech_pb2.SpeakRequest(epoch=1, open=speech_pb2.SpeakOpen()),
            speech_pb2.SpeakRequest(epoch=1, text=speech_pb2.SpeakText(text=text)),
            speech_pb2.SpeakRequest(epoch=1, end=speech_pb2.SpeakEnd()),
        ]
        call = SpeechServiceStub(channel).Speak(iter(requests))
        next(call)
        yield
        call.cancel()


def _connected(address: str) -> socket.socket:
    host, _, port = address.partition(":")
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    client.connect((host, int(port)))
    return client


@contextlib.contextmanager
def http(address: str, text: str) -> Iterator[socket.socket]:
    """Stall `POST /v1/audio/speech`."""
    body = json.dumps({"input": text, "voice": "alloy", "response_format": "pcm"}).encode()
    head = f"POST /v1/audio/speech HTTP/1.1\r\nHost: p\r\nContent-Length: {len(body)}\r\n\r\n"
    with _connected(address) as client:
        client.sendall(head.encode() + body)
        client.recv(1_024)
        yield client


@contextlib.contextmanager
def realtime(address: str, text: str) -> Iterator[socket.socket]:
    """Stall a Realtime response."""
    key = "MDAwMDAwMDAwMDAwMDAwMA=="
    upgrade = "GET /v1/realtime HTTP/1.1\r\nHost: p\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    content = [{"type": "input_text", "text": text}]
    asked = {"input": [{"type": "message", "role": "user", "content": content}]}
    payload = json.dumps({"type": "response.create", "response": asked}).encode()
    # A frame of text, masked with zeros (RFC 6455, 5.2).
    frame = b"\x81\xfe" + len(payload).to_bytes(2, "big") + bytes(4) + payload
    with _connected(address) as client:
        client.sendall(f"{upgrade}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())
        client.recv(1_024)
        client.sendall(frame)
        client.recv(1_024)
        yield client


Road = Callable[[str, str], contextlib.AbstractContextManager[socket.socket | None]]
"""Has a reader stall while the block lasts; its socket, where this process does not read it at all."""

ROADS: dict[str, Road] = {"Speak": speak, "Say": say, "HTTP": http, "Realtime": realtime}


def first_chunk(stub: SpeechServiceStub) -> tuple[float, float]:
    """Return when another client asked, in seconds of a clock, and the milliseconds to its first audio."""
    began = time.perf_counter()
    for response in stub.Say(speech_pb2.SayRequest(text=SENTENCE)):
        if any(event.HasField("audio") for event in response.events):
            return began, (time.perf_counter() - began) * 1000
    raise SystemExit("another client was told nothing")


def held(mesh: Mesh, readers: Sequence[socket.socket] = ()) -> dict[str, float]:
    """Return megabytes by service, and of the kernel's buffers for TCP, less what readers have to read."""
    pages = Path("/proc/net/sockstat").read_text().partition("TCP:")[2].split("\n")[0].split()
    received = sum(map(_received, readers))
    kernel = (int(pages[pages.index("mem") + 1]) * 4096 - received) / 1e6
    return {**mesh.own_megabytes(), "kernel": kernel}


def _received(reader: socket.socket) -> int:
    """Return the bytes of the kernel that a receive buffer holds."""
    held_bytes, *_ = struct.unpack_from("I", reader.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 64))
    return int(held_bytes)


def live(mesh: Mesh) -> int:
    """Return the syntheses under way or waiting in the worker."""
    with grpc.insecure_channel(mesh.synth) as channel:
        load = SynthServiceStub(channel).DescribeEngine(synth_pb2.DescribeEngineRequest()).load
        return load.live + load.queued


def connected(mesh: Mesh) -> int:
    """Return how many connections Envoy has from outside."""
    port = int(mesh.envoy.rpartition(":")[2])
    found = mesh.processes["envoy"].net_connections("tcp")
    return sum(c.status == psutil.CONN_ESTABLISHED and bool(c.laddr) and c.laddr.port == port for c in found)


def show(name: str, more: dict[str, float], readers: int) -> float:
    """Print what is held more than before, in MB a reader, and return the sum."""
    total = sum(more.values()) / readers
    print(f"{name:<24}{total:7.2f}" + "".join(f"{each / readers:11.2f}" for each in more.values()))
    return total


def told(name: str, figures: Sequence[tuple[float, float]]) -> None:
    """Print a line of milliseconds, and when the longest was; figures come with seconds of a clock."""
    taken = [milliseconds for _, milliseconds in figures]
    p50, p95 = statistics.median(taken), statistics.quantiles(taken, n=20, method="inclusive")[-1]
    at = figures[taken.index(max(taken))][0] - figures[0][0]
    print(f"{name:<24}{p50:7.2f}{p95:11.2f}{max(taken):11.2f}{at:11.1f}{len(taken):7}")


@contextlib.contextmanager
def stalled(mesh: Mesh, name: str, text: str, readers: int) -> Iterator[list[socket.socket]]:
    """Have readers stall on a road; return once they have left and nothing is made for them."""
    with contextlib.ExitStack() as all_of_them:
        stalling = [all_of_them.enter_context(ROADS[name](mesh.envoy, text)) for _ in range(readers)]
        yield [each for each in stalling if each is not None]
    settle(mesh)


def settle(mesh: Mesh, seconds: float = 0.0) -> None:
    """Return once nothing is being made, and has not been for so long."""
    busy_at = time.monotonic()
    while (busy := live(mesh) > 0) or time.monotonic() - busy_at < seconds:
        if busy:
            busy_at = time.monotonic()
        time.sleep(0.05)


def measure(mesh: Mesh, name: str, text: str, readers: int, seconds: float) -> bool:
    """Stall readers on a road, and print what came of it; return whether the bound holds."""
    with grpc.insecure_channel(mesh.envoy) as channel:
        stub = SpeechServiceStub(channel)
        before_ms = [first_chunk(stub) for _ in range(_PROBES + _WARM)][_WARM:]
        before, own = held(mesh), connected(mesh)
        looks: list[dict[str, float]] = []
        during_ms: list[tuple[float, float]] = []
        with stalled(mesh, name, text, readers) as sockets:
            settle(mesh, _QUIET_SECONDS)  # until then they are callers like any others
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                during_ms.append(first_chunk(stub))
                looks.append(held(mesh, sockets))
                time.sleep(1 / _LOOKS_A_SECOND)
            left = connected(mesh) - own
        time.sleep(1 / _LOOKS_A_SECOND)
        after = held(mesh)
    # Processes give back late what they once used: the least is what they hold without these readers.
    least = {key: min(before[key], after[key]) for key in before}
    most = max(
        ({key: look[key] - least[key] for key in least} for look in looks),
        key=lambda more: sum(more.values()),
    )
    rest = {key: after[key] - before[key] for key in before}
    print(f"\n{name}: {readers} readers, {seconds:g} s")
    print(f"{'MB more, a reader':<24}{'all':>7}" + "".join(f"{key:>11}" for key in before))
    worst = show("at the worst moment", most, readers)
    show("left, less before", rest, readers)
    print(f"{'bound':<24}{BOUND_MB:7.2f}   still connected after that time: {left}")
    print(f"{'others first chunk, ms':<24}{'p50':>7}{'p95':>11}{'most':>11}{'after, s':>11}{'of':>7}")
    told("before", before_ms)
    told("meanwhile", during_ms)
    return worst <= BOUND_MB


def main() -> int:
    """Start the system, stall, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--roads", nargs="+", choices=ROADS, default=list(ROADS))
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--engine", default="espeak", help="the engine that speaks")
    parser.add_argument("--unbroken", action="store_true", help="a text without marks: the longest fragments")
    arguments = parser.parse_args()
    text = long_text(_WORDS)
    if arguments.unbroken:
        text = re.sub(r"[^\w\s]", "", text)
    os.environ.update(_ALLOCATION)
    kept = True
    for name in arguments.roads:
        with running_mesh(arguments.engine) as mesh:
            with stalled(mesh, name, text, 1):
                time.sleep(_WARM_SECONDS)
            kept &= measure(mesh, name, text, arguments.readers, arguments.seconds)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

"""The whole path: client, Envoy, edge, router, fragmenter, worker, and back.

    bench/path.py [--rounds 200] [--audio 600] [--sockets 16]

One client, warm, PCM at 24 kHz. It prints

1. the first chunk over HTTP, Realtime and gRPC, all through Envoy, as a multiple of a bare grpc.aio server's
   first message, p50 of p50 and p95 of p95. Each round asks every hop in turn from the same client, the
   deepest first. A hop's share is its median less that of the hop behind it, so the shares add up to the
   whole; the router's is less the worker's and the fragmenter's, which hold one gRPC exchange each.
2. CPU per second of audio of every process, the client's apart: over HTTP one request after another, as
   fast as it is read; over Realtime `--sockets` conversations at a time, since each is paced by playback.
   What the system uses a second when nobody speaks (health checks) is measured, shown, and taken off.
3. memory: the sum of PSS of every process, the supervisor's and Envoy's included.

It exits with 1 when a limit is passed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc
from first_chunk import (
    Hop,
    Stopwatch,
    first_fragment,
    first_of_bare,
    first_of_router,
    first_of_worker,
    show,
    timed,
)
from mesh import Mesh, running_bare, running_mesh
from texts import SENTENCE, long_text
from websockets.asyncio.client import ClientConnection, connect

from parlando.speech.v1 import speech_pb2
from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceStub
from parlando_edge.usage import TOKENS_PER_SECOND

FIRST_CHUNK_LIMIT = 12.0
"""The first chunk of a whole path at the median, in bare first messages."""

CPU_LIMIT_MS = 6.0
MEMORY_LIMIT_MB = 600.0

_RATE = 24_000
_WORDS = 600
_WORDS_A_SECOND = 2.7  # espeak's default voice
_IDLE_SECONDS = 20.0
_DELTA = '"response.output_audio.delta"'
_DONE = '"response.done"'
_PATHS = {
    "HTTP": ("envoy http", "edge http", "router say"),
    "Realtime": ("envoy realtime", "edge realtime", "router speak"),
    "gRPC": ("envoy grpc", None, "router say"),
}
"""By path: its hops in the table, Envoy's, the edge's and the router's."""


@dataclass(frozen=True, slots=True)
class Http:
    """One HTTP/1.1 connection, kept open: no library stands between the socket and the clock."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    @contextlib.asynccontextmanager
    async def to(cls, address: str) -> AsyncIterator[Http]:
        """Connect."""
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            yield cls(reader, writer)
        finally:
            writer.close()

    async def speech(self, text: str) -> AsyncIterator[int]:
        """Ask for a text in PCM, and yield the bytes of each chunk of the answer, to its end."""
        body = json.dumps({"input": text, "voice": "alloy", "response_format": "pcm"}).encode()
        head = "POST /v1/audio/speech HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
        self.writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        answer = await self.reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in answer.partition(b"\r\n")[0]:
            raise SystemExit(f"speech over HTTP was refused: {answer.decode()}")
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            await self.reader.readexactly(size + 2)
            yield size
        await self.reader.readuntil(b"\r\n")


async def first_of_http(http: Http, watch: Stopwatch) -> None:
    """Wait for the first of the body; the rest is read, so that the connection can be used again."""
    answer = http.speech(SENTENCE)
    with watch:
        await anext(answer)
    async for _ in answer:
        pass


async def until(socket: ClientConnection, sign: str) -> str:
    """Return the first message that holds this sign; they are not decoded, which is the client's own cost."""
    while sign not in (message := str(await socket.recv())):
        if '"type":"error"' in message:
            raise SystemExit(f"Realtime answered {message}")
    return message


async def write_item(socket: ClientConnection, text: str) -> None:
    """Have a text in the conversation, for the next response to speak."""
    content = [{"type": "input_text", "text": text}]
    item = {"type": "message", "role": "user", "content": content}
    await socket.send(json.dumps({"type": "conversation.item.create", "item": item}))
    await until(socket, '"conversation.item.done"')


async def first_of_realtime(socket: ClientConnection, watch: Stopwatch) -> None:
    """Wait for the first audio of a response; the rest, shorter than what is sent ahead, is read."""
    await write_item(socket, SENTENCE)
    with watch:
        await socket.send('{"type":"response.create"}')
        await until(socket, _DELTA)
    await until(socket, _DONE)


async def first_of_speak(channel: grpc.aio.Channel, watch: Stopwatch) -> None:
    """Wait for the router's first audio of a stream of texts, written as the edge writes it."""
    request = speech_pb2.SpeakRequest
    with watch:
        call = SpeechServiceStub(channel).Speak()
        await call.write(request(epoch=1, open=speech_pb2.SpeakOpen()))
        await call.write(request(epoch=1, text=speech_pb2.SpeakText(text=SENTENCE)))
        await call.write(request(epoch=1, end=speech_pb2.SpeakEnd()))
        async for response in call:
            if response.events[-1].HasField("audio"):
                break
    call.cancel()


async def first_chunks(rounds: int, bare: str, mesh: Mesh) -> dict[str, list[float]]:
    """Return milliseconds to the first chunk by hop, one figure a round."""
    channel = grpc.aio.insecure_channel
    async with (
        channel(bare) as to_bare,
        channel(mesh.fragmenter) as to_fragmenter,
        channel(mesh.synth) as to_synth,
        channel(mesh.router) as to_router,
        channel(mesh.envoy) as to_envoy,
        Http.to(mesh.edge) as edge_http,
        Http.to(mesh.envoy) as envoy_http,
        connect(f"ws://{mesh.edge}/v1/realtime", compression=None) as edge_socket,
        connect(f"ws://{mesh.envoy}/v1/realtime", compression=None) as envoy_socket,
    ):
        text = await first_fragment(to_fragmenter, Stopwatch())
        hops: dict[str, Hop] = {
            "bare": partial(first_of_bare, to_bare),
            "fragmenter": partial(first_fragment, to_fragmenter),
            "worker": partial(first_of_worker, to_synth, text),
            "router say": partial(first_of_router, to_router),
            "router speak": partial(first_of_speak, to_router),
            "edge http": partial(first_of_http, edge_http),
            "edge realtime": partial(first_of_realtime, edge_socket),
            "envoy http": partial(first_of_http, envoy_http),
            "envoy realtime": partial(first_of_realtime, envoy_socket),
            "envoy grpc": partial(first_of_router, to_envoy),
        }
        return await timed(hops, rounds)


def report_first_chunks(taken: Mapping[str, Sequence[float]]) -> bool:
    """Print the table and each path's shares; return whether every path keeps within the limit."""
    show(taken)
    median = {name: statistics.median(figures) for name, figures in taken.items()}
    bare = median["bare"]
    print(f"\n{'first chunk':<12}{'p50':>7}{'p95':>7}   share of each hop, in bare first messages")
    kept = True
    for path, (envoy, edge, router) in _PATHS.items():
        behind = median[edge] if edge else median[router]
        shares = {
            "Envoy": median[envoy] - behind,
            "edge": behind - median[router],
            "router": median[router] - median["fragmenter"] - median["worker"],
            "fragmenter": median["fragmenter"],
            "synth": median["worker"],
        }
        p95, bare_p95 = (statistics.quantiles(taken[name], n=20)[-1] for name in (envoy, "bare"))
        told = ", ".join(f"{hop} {share / bare:.1f}" for hop, share in shares.items() if share)
        print(f"{path:<12}{median[envoy] / bare:7.1f}{p95 / bare_p95:7.1f}   {told}")
        kept &= median[envoy] <= FIRST_CHUNK_LIMIT * bare
    print(f"{'limit':<12}{FIRST_CHUNK_LIMIT:7.1f}")
    return kept


async def speak_over_http(envoy: str, seconds: float) -> float:
    """Have texts spoken one after another until so much audio has come; return how much, in seconds."""
    spoken = 0.0
    async with Http.to(envoy) as http:
        while spoken < seconds:
            async for size in http.speech(long_text(_WORDS)):
                spoken += size / 2 / _RATE
    return spoken


async def speak_over_realtime(envoy: str, seconds: float, sockets: int) -> float:
    """Have as many conversations speak side by side, each its part of the audio; return how much it was."""

    async def converse() -> float:
        async with connect(f"ws://{envoy}/v1/realtime", compression=None, max_size=None) as socket:
            await write_item(socket, long_text(round(seconds / sockets * _WORDS_A_SECOND)))
            await socket.send('{"type":"response.create"}')
            done = json.loads(await until(socket, _DONE))
            tokens: int = done["response"]["usage"]["output_tokens"]
            return tokens / TOKENS_PER_SECOND

    async with asyncio.TaskGroup() as tasks:
        speaking = [tasks.create_task(converse()) for _ in range(sockets)]
    return sum(task.result() for task in speaking)


async def rest() -> float:
    """Have nothing spoken for a while."""
    await asyncio.sleep(_IDLE_SECONDS)
    return _IDLE_SECONDS


def cpu_of(mesh: Mesh, work: Coroutine[Any, Any, float]) -> tuple[float, float, dict[str, float]]:
    """Return the seconds of audio that came of it, those it took, and the CPU seconds of each process."""
    before, began = mesh.cpu_seconds(), time.monotonic()
    spoken = asyncio.run(work)
    took, after = time.monotonic() - began, mesh.cpu_seconds()
    return spoken, took, {name: after[name] - before[name] for name in before}


def report_cpu(mesh: Mesh, audio: float, sockets: int) -> bool:
    """Measure CPU and print it; return whether each path keeps within the limit."""
    asyncio.run(speak_over_http(mesh.envoy, 60))
    _, took, used = cpu_of(mesh, rest())
    idle = {name: seconds / took for name, seconds in used.items()}
    columns = {"idle, ms / s": {name: share * 1000 for name, share in idle.items()}}
    works = {
        "HTTP": speak_over_http(mesh.envoy, audio),
        "Realtime": speak_over_realtime(mesh.envoy, audio, sockets),
    }
    for path, work in works.items():
        spoken, took, used = cpu_of(mesh, work)
        print(f"{path}: {spoken:.0f} s of audio in {took:.1f} s")
        columns[path] = {name: (used[name] - idle[name] * took) * 1000 / spoken for name in used}
    print(f"\n{'CPU, ms / audio s':<20}" + "".join(f"{column:>14}" for column in columns))
    for name in idle:
        print(f"{name:<20}" + "".join(f"{column[name]:14.2f}" for column in columns.values()))
    total = {path: sum(column.values()) for path, column in columns.items()}
    print(f"{'all':<20}" + "".join(f"{all_of_it:14.2f}" for all_of_it in total.values()))
    print(f"{'limit':<20}{'':>14}" + "".join(f"{CPU_LIMIT_MS:14.2f}" for _ in works))
    return all(total[path] <= CPU_LIMIT_MS for path in works)


def report_memory(mesh: Mesh) -> bool:
    """Print each process's memory; return whether all of it keeps within the limit."""
    memory = mesh.pss_megabytes()
    print(f"\n{'PSS, MB':<20}" + ", ".join(f"{name} {size:.0f}" for name, size in memory.items()))
    print(f"{'all':<20}{sum(memory.values()):.0f} (limit {MEMORY_LIMIT_MB:.0f})")
    return sum(memory.values()) <= MEMORY_LIMIT_MB


def main() -> int:
    """Start the system, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=200, help="rounds of first chunks")
    parser.add_argument("--audio", type=float, default=600, help="seconds of audio for each figure of CPU")
    parser.add_argument("--sockets", type=int, default=16, help="Realtime conversations side by side")
    arguments = parser.parse_args()
    with running_bare() as bare, running_mesh() as mesh:
        kept = report_first_chunks(asyncio.run(first_chunks(arguments.rounds, bare, mesh)))
        kept &= report_cpu(mesh, arguments.audio, arguments.sockets)
        kept &= report_memory(mesh)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

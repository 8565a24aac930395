"""What an utterance costs the edge and the session service, apart from what speaks it.

    bench/edge_alone.py [--utterances 800] [--at-a-time 8] [--refused]

Over Realtime, straight to the edge. Behind it a router of a few lines answers each Speak with the messages
that the real one sends for ten words of espeak-ng: eleven of them, nine frames, 3.4 s of sound. It prints the
CPU of each process by utterance and by second of sound, counted from the first utterance to the last, and how
many events a client got. With --refused the edge's waiting room is full all the while, and what is printed is
what a refusal costs, over Realtime and over HTTP.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from typing import Any, TypeVar

import orjson
import psutil
import uvloop
from mesh import free_port
from path import Http
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from parlando.audio.v1 import audio_pb2
from parlando.speech.v1 import speech_pb2, speech_service_pb2_grpc
from parlando_kit.server import Server, Service
from parlando_kit.settings import ServerSettings

TEXT = "the old lighthouse keeper climbed the narrow stairs every evening"
"""What a Line has spoken."""

_RATE = 24_000
_FRAMES = (
    *((720, 0, 2), (1_440, 0, 0), (2_880, 0, 0), (5_760, 2, 3), (11_520, 3, 4), (7_129, 0, 0)),
    *((24_000, 4, 8), (24_000, 8, 10), (3_766, 0, 0)),
)
"""Samples of each frame, and the words that are told with it: from, to."""

_SECONDS = sum(count for count, _, _ in _FRAMES) / _RATE
_WARM = 50
_READY_SECONDS = 60.0


def _answers() -> Iterator[speech_pb2.SpeakResponse]:
    """Yield what the router says of an utterance."""
    event, first = speech_pb2.SpeechEvent, 0
    words: list[audio_pb2.WordTiming] = []
    for word in TEXT.split():
        start = words[-1].source.end + 1 if words else 0
        span = {"start": start, "end": start + len(word)}
        words.append(
            audio_pb2.WordTiming(
                source=audio_pb2.SourceSpan(**span),
                spoken=audio_pb2.SpokenSpan(**span),
                first_sample=8_000 * len(words),
                sample_count=7_000,
                quality=audio_pb2.TIMING_QUALITY_EXACT,
            )
        )
    whole = audio_pb2.SourceSpan(start=0, end=len(TEXT))
    for place, (count, begin, end) in enumerate(_FRAMES):
        told: list[speech_pb2.SpeechEvent] = []
        if not place:
            told = [
                event(epoch=1, started=speech_pb2.SpeechStarted(engine="espeak", voice="en-us")),
                event(epoch=1, fragment=speech_pb2.FragmentBegun(source=whole)),
            ]
        if end:
            told.append(event(epoch=1, words=speech_pb2.SpeechWords(words=words[begin:end])))
        data = os.urandom(2 * count)
        told.append(
            event(epoch=1, audio=speech_pb2.AudioFrame(data=data, first_sample=first, sample_count=count))
        )
        first += count
        yield speech_pb2.SpeakResponse(events=told)
    finished = speech_pb2.SpeechFinished(sample_count=first, source_length=len(TEXT), words=words)
    yield speech_pb2.SpeakResponse(events=[event(epoch=1, finished=finished)])


class Router(speech_service_pb2_grpc.SpeechServiceServicer):
    """Says the same of every text, once it has ended."""

    def __init__(self) -> None:
        self._answers = list(_answers())
        self.speaks = asyncio.Event()

    async def Speak(  # type: ignore[override]  # noqa: N802  # it writes; gRPC's name
        self, requests: AsyncIterator[speech_pb2.SpeakRequest], context: Any
    ) -> None:
        """Answer, once it speaks."""
        async for request in requests:
            if request.HasField("end") or request.open.complete:
                break
        await self.speaks.wait()
        for answer in self._answers:
            await context.write(answer)

    async def ListVoices(  # noqa: N802  # gRPC's name
        self, _: speech_pb2.ListVoicesRequest, _context: Any
    ) -> speech_pb2.ListVoicesResponse:
        """Know of none."""
        return speech_pb2.ListVoicesResponse()


class Line(WSListener):
    """One Realtime connection."""

    def __init__(self) -> None:
        self.opened = asyncio.get_running_loop().create_future()
        self.told: Counter[str] = Counter()
        self.sound_at: float | None = None  # when the first of what was asked for last came
        self._done: asyncio.Future[str] | None = None
        self._transport: WSTransport | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Keep the transport."""
        self._transport = transport

    def on_ws_disconnected(self, _: WSTransport) -> None:
        """End what is waited for."""
        self._transport = None
        for awaited in (self.opened, self._done):
            if awaited is not None and not awaited.done():
                awaited.set_exception(ConnectionResetError("the edge ended a Realtime connection"))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Count an event."""
        if frame.msg_type != WSMsgType.TEXT:
            if frame.msg_type == WSMsgType.CLOSE:
                transport.disconnect()
            return
        event = orjson.loads(frame.get_payload_as_memoryview())
        self.told[event["type"]] += 1
        if event["type"] == "response.output_audio.delta" and self.sound_at is None:
            self.sound_at = time.perf_counter()
        if event["type"] == "session.created":
            self.opened.set_result(None)
        if event["type"] == "response.done" and self._done is not None:
            self._done.set_result(_became(event["response"]))

    async def ask(self) -> str:
        """Have the text spoken, and return what became of it: its status, or the code of its error.

        Raises:
            ConnectionResetError: the connection ended meanwhile.
        """
        self.sound_at = None
        self._done = asyncio.get_running_loop().create_future()
        content = [{"type": "input_text", "text": TEXT}]
        asked = {"input": [{"type": "message", "role": "user", "content": content}]}
        self.send({"type": "response.create", "response": asked})
        return await self._done

    def send(self, event: dict[str, Any]) -> None:
        """Send an event.

        Raises:
            SystemExit: there is no connection, or none any more.
        """
        if self._transport is None:
            raise SystemExit("not connected")
        self._transport.send(WSMsgType.TEXT, orjson.dumps(event))


def _became(response: dict[str, Any]) -> str:
    status = str(response["status"])
    return str(response["status_details"]["error"]["code"]) if status == "failed" else status


_Kind = TypeVar("_Kind", bound=Line)


@contextlib.contextmanager
def running(name: str, port: int, **settings: str) -> Iterator[psutil.Process]:
    """Run a service on a port; stop it at the end."""
    told = {**os.environ, f"{name.upper()}_PORT": str(port), **settings}
    with subprocess.Popen([sys.executable, "-m", f"parlando_{name}"], env=told) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()


async def until_serving(port: int) -> None:
    """Return once the edge serves."""
    async with asyncio.timeout(_READY_SECONDS):
        while True:
            with contextlib.suppress(OSError, EOFError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"GET /healthz HTTP/1.1\r\nHost: p\r\nConnection: close\r\n\r\n")
                answer = await reader.read()
                writer.close()
                if b" 200 " in answer[:16]:
                    return
            await asyncio.sleep(0.1)


async def cost(
    title: str,
    processes: dict[str, psutil.Process],
    count: int,
    asks: list[Callable[[], Awaitable[str]]],
) -> None:
    """Have so many things asked, as many at a time as there are ways to, and print the CPU of each."""
    left = iter(range(count))
    became: Counter[str] = Counter()

    async def keep_asking(ask: Callable[[], Awaitable[str]]) -> None:
        for _ in left:
            became[await ask()] += 1

    before = {name: sum(process.cpu_times()[:2]) for name, process in processes.items()}
    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for ask in asks:
            tasks.create_task(keep_asking(ask))
    took = time.perf_counter() - began
    print(f"{title}: {dict(became)} in {took:.1f} s")
    for name, process in processes.items():
        used = (sum(process.cpu_times()[:2]) - before[name]) * 1000 / count
        audio = f"{used / _SECONDS:7.2f} ms / audio s" if "completed" in became else ""
        print(f"  {name:<10}{used:7.2f} ms each{audio}", flush=True)


async def measure(arguments: argparse.Namespace) -> None:
    """Start everything, ask, print."""
    ports = {name: free_port() for name in ("edge", "session", "router")}
    router = Router()  # type: ignore[abstract]  # what it leaves out, nobody asks
    add = speech_service_pb2_grpc.add_SpeechServiceServicer_to_server
    name = speech_pb2.DESCRIPTOR.package + ".SpeechService"
    server = Server(ServerSettings(port=ports["router"]), [Service(name, lambda server: add(router, server))])
    await server.start()
    settings = {
        "ROUTER_ADDRESS": f"127.0.0.1:{ports['router']}",
        "SESSION_ADDRESS": f"127.0.0.1:{ports['session']}",
        "EDGE_MAX_WAITING": "1" if arguments.refused else "64",
    }
    with running("session", ports["session"]) as session, running("edge", ports["edge"], **settings) as edge:
        await until_serving(ports["edge"])
        address = f"127.0.0.1:{ports['edge']}"
        lines = [await opened(address, Line) for _ in range(arguments.at_a_time)]
        processes = {"edge": edge, "session": session}
        if not arguments.refused:
            router.speaks.set()
            for line in lines:
                await line.ask()
            await cost("spoken", processes, arguments.utterances, [line.ask for line in lines])
            told = sum((line.told for line in lines), Counter[str]())
            each = sum(told.values()) / told["response.done"]
            print(f"  {each:.1f} events each")
        else:
            await cost_of_refusals(address, lines, processes, arguments.utterances)
    await server.stop(0)


async def cost_of_refusals(
    address: str, lines: list[Line], processes: dict[str, psutil.Process], count: int
) -> None:
    """Fill the waiting room by the first line, and print what refusing the others costs."""
    first, *others = lines
    waiting = asyncio.create_task(first.ask())
    await asyncio.sleep(0.5)
    for line in others:
        await line.ask()
    await cost("refused, Realtime", processes, count, [line.ask for line in others])
    async with contextlib.AsyncExitStack() as stack:
        https = [await stack.enter_async_context(Http.to(address)) for _ in others]
        await cost("refused, HTTP", processes, count, [partial(refused, each) for each in https])
    waiting.cancel()


async def refused(http: Http) -> str:
    """Ask for speech, and return the status of the refusal."""
    body = orjson.dumps({"input": TEXT, "voice": "alloy", "response_format": "pcm"})
    head = f"POST /v1/audio/speech HTTP/1.1\r\nhost: bench\r\ncontent-length: {len(body)}\r\n\r\n"
    http.writer.write(head.encode() + body)
    answer = (await http.reader.readuntil(b"\r\n\r\n")).decode()
    length = next(line for line in answer.lower().split("\r\n") if line.startswith("content-length:"))
    await http.reader.readexactly(int(length.split(":")[1]))
    return answer.split(" ", 2)[1]


async def opened(address: str, kind: type[_Kind]) -> _Kind:
    """Return a connection of a kind whose session has begun."""
    _, line = await ws_connect(kind, f"ws://{address}/v1/realtime")
    if not isinstance(line, kind):
        raise TypeError
    await line.opened
    return line


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--utterances", type=int, default=800)
    parser.add_argument("--at-a-time", type=int, default=8)
    parser.add_argument("--refused", action="store_true", help="of refusals, in place of utterances")
    uvloop.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()

"""How near the mesh's CPU is to that of the same calls with nothing in them.

    bench/floor.py [--slices 7] [--seconds 4] [--rate 25]

The floor is a second set of services, of bare libraries. For each utterance they make the calls that the
mesh makes, of the same kinds; what is asked is the text, and what is answered are as many messages as
the mesh was found to send, of the same bytes. Each turn is kept by a call of its own, where the mesh's
edge has those of many share one: with much load the floor is that much too high. Its edge is uvicorn
with websockets, orjson and base64; between services there is grpc.aio without protobuf; its worker calls
espeak-ng's library on a thread. Nothing is checked, cut, resampled, counted, kept or given up.

Mesh and floor are loaded in turn over Realtime, past Envoy, at the same pace. What is printed is CPU by
second of sound, by service: of the mesh, of the floor, and their ratio; medians of all slices.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import pickle
import random
import statistics
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import espeakng_loader
import grpc
import orjson
import psutil
import uvicorn
import uvloop
from edge_alone import TEXT, Line, opened, until_serving
from in_turn import ROLES, cost, load
from mesh import Mesh, free_port, running_mesh
from picows import WSFrame, WSMsgType, WSTransport

from parlando.fragmenter.v1 import fragmenter_pb2
from parlando.fragmenter.v1.fragmenter_service_pb2_grpc import FragmenterServiceStub
from parlando.speech.v1 import speech_pb2
from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceStub
from parlando.synth.v1 import synth_pb2
from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceStub
from parlando_espeak.library import Library

_CONNECTIONS = 60
_WARM = 60
_RATE = 24_000


@dataclass(frozen=True, slots=True)
class Said:
    """What the mesh was found to send for an utterance, as bytes.

    Attributes:
        speak: messages of the router to the edge.
        synth: messages of the worker to the router.
        fragments: the fragmenter's answer.
        events: of the edge to its client, in order, and for each the sound in it.
        seconds: of sound.
    """

    speak: Sequence[bytes]
    synth: Sequence[bytes]
    fragments: bytes
    events: Sequence[tuple[dict[str, Any], bytes]]
    seconds: float


class _Recorder(Line):
    """A connection that keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[dict[str, Any]] = []

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Keep an event."""
        if frame.msg_type == WSMsgType.TEXT:
            self.kept.append(orjson.loads(frame.get_payload_as_memoryview()))
        super().on_ws_frame(transport, frame)


async def found(mesh: Mesh) -> Said:
    """Return what the mesh sends for the text."""
    opener = speech_pb2.SpeakOpen(text=TEXT, complete=True)

    async def asked() -> AsyncIterator[speech_pb2.SpeakRequest]:
        yield speech_pb2.SpeakRequest(epoch=1, open=opener)

    async with (
        grpc.aio.insecure_channel(mesh.router) as router,
        grpc.aio.insecure_channel(mesh.fragmenter) as fragmenter,
        grpc.aio.insecure_channel(mesh.synth) as synth,
    ):
        answers = [answer async for answer in SpeechServiceStub(router).Speak(asked())]
        config = fragmenter_pb2.FragmentConfig(language="en-US", whole=True)
        request = fragmenter_pb2.FragmentTextRequest(config=config, text=TEXT)
        fragments = await FragmenterServiceStub(fragmenter).FragmentText(request)
        wanted = synth_pb2.SynthesizeRequest(synthesis_id="floor", text=TEXT, voice="en-us")
        made = [answer async for answer in SynthServiceStub(synth).Synthesize(wanted)]
    line = await opened(mesh.edge, _Recorder)
    await line.ask()
    line.kept.clear()
    await line.ask()
    events, samples = [], 0
    for event in line.kept:
        sound = base64.b64decode(event.pop("delta")) if event["type"].endswith("audio.delta") else b""
        samples += len(sound) // 2
        events.append((event, sound))
    print(
        f"{len(made)} messages of the worker, {len(answers)} of the router, {len(events)} events, "
        f"{samples / _RATE:.2f} s of sound",
        flush=True,
    )
    return Said(
        [answer.SerializeToString() for answer in answers],
        [answer.SerializeToString() for answer in made],
        fragments.SerializeToString(),
        events,
        samples / _RATE,
    )


# The floor's services


def _share(items: Sequence[Any], parts: int) -> list[Sequence[Any]]:
    """Return items in so many parts, in order, as even as can be."""
    return [items[len(items) * at // parts : len(items) * (at + 1) // parts] for at in range(parts)]


async def _serve_grpc(port: int, handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]]) -> None:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("floor.Calls", handlers),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


async def _session(ports: dict[str, int], _: Said) -> None:
    async def put_turn(request: bytes, __: Any) -> bytes:
        return request

    await _serve_grpc(ports["session"], {"PutTurn": grpc.unary_unary_rpc_method_handler(put_turn)})


async def _fragmenter(ports: dict[str, int], said: Said) -> None:
    async def fragment(_: bytes, __: Any) -> bytes:
        return said.fragments

    await _serve_grpc(ports["fragmenter"], {"FragmentText": grpc.unary_unary_rpc_method_handler(fragment)})


async def _synth(ports: dict[str, int], said: Said) -> None:
    thread = ThreadPoolExecutor(1)
    loop = asyncio.get_running_loop()

    def begin() -> Library:
        library = Library(str(espeakng_loader.get_library_path()), str(espeakng_loader.get_data_path()))
        library.set_voice("gmw/en-US")
        return library

    library = await loop.run_in_executor(thread, begin)

    async def synthesize(_: bytes, __: Any) -> AsyncIterator[bytes]:
        first, *rest = said.synth
        begun = asyncio.Event()

        def take(*_: Any) -> bool:
            if not begun.is_set():
                loop.call_soon_threadsafe(begun.set)
            return False

        speaking = loop.run_in_executor(thread, library.speak, TEXT, take)
        await begun.wait()
        yield first
        await speaking
        for message in rest:
            yield message

    await _serve_grpc(ports["synth"], {"Synthesize": grpc.unary_stream_rpc_method_handler(synthesize)})


async def _router(ports: dict[str, int], said: Said) -> None:
    fragmenter = grpc.aio.insecure_channel(f"127.0.0.1:{ports['fragmenter']}")
    synth = grpc.aio.insecure_channel(f"127.0.0.1:{ports['synth']}")
    fragment: Any = fragmenter.unary_unary("/floor.Calls/FragmentText")
    synthesize: Any = synth.unary_stream("/floor.Calls/Synthesize")
    shares = _share(said.speak, len(said.synth))

    async def speak(requests: AsyncIterator[bytes], context: Any) -> None:
        request = await anext(aiter(requests))
        await fragment(request)
        call = synthesize(request)
        for share in shares:
            await call.read()
            for message in share:
                await context.write(message)
        await call.read()

    await _serve_grpc(ports["router"], {"Speak": grpc.stream_stream_rpc_method_handler(speak)})


async def _edge(ports: dict[str, int], said: Said) -> None:
    router = grpc.aio.insecure_channel(f"127.0.0.1:{ports['router']}")
    session = grpc.aio.insecure_channel(f"127.0.0.1:{ports['session']}")
    speak: Any = router.stream_stream("/floor.Calls/Speak")
    put_turn: Any = session.unary_unary("/floor.Calls/PutTurn")
    shares = _share(said.events, len(said.speak))

    async def asked(text: bytes, over: asyncio.Event) -> AsyncIterator[bytes]:
        yield text
        await over.wait()

    async def answer(text: str, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        over = asyncio.Event()
        call = speak(asked(text.encode(), over))
        for share in shares:
            await call.read()
            for event, sound in share:
                told = {**event, "delta": base64.b64encode(sound).decode()} if sound else event
                await send({"type": "websocket.send", "text": orjson.dumps(told).decode()})
        await call.read()
        over.set()
        await put_turn(text.encode())

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": '{"type":"session.created"}'})
        while (message := await receive())["type"] == "websocket.receive":
            event = orjson.loads(message["text"])
            await answer(event["response"]["input"][0]["content"][0]["text"], send)

    config = uvicorn.Config(
        app,
        port=ports["edge"],
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        lifespan="off",
        log_level="warning",
    )
    await uvicorn.Server(config).serve()


_SERVICES = {
    "edge": _edge,
    "router": _router,
    "synth": _synth,
    "fragmenter": _fragmenter,
    "session": _session,
}


@contextlib.contextmanager
def running_floor(said: Said) -> Iterator[tuple[str, dict[str, list[psutil.Process]]]]:
    """Start the floor's services; return its edge's address, and their processes; stop them at the end."""
    ports = {role: free_port() for role in ROLES}
    with contextlib.ExitStack() as stack:
        processes = {}
        for role in ROLES:
            command = [sys.executable, __file__, "--serve", role, json.dumps(ports)]
            process = stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE))
            stack.callback(process.terminate)
            assert process.stdin is not None  # noqa: S101  # it was asked for
            pickle.dump(said, process.stdin)
            process.stdin.close()
            processes[role] = [psutil.Process(process.pid)]
        yield f"127.0.0.1:{ports['edge']}", processes


# Both in turn


async def measure(arguments: argparse.Namespace) -> None:
    """Load mesh and floor in turn, and print."""
    with running_mesh() as mesh:
        said = await found(mesh)
        with running_floor(said) as (edge, processes):
            await until_serving(int(edge.split(":")[1]))
            sides = {"mesh": (mesh.edge, mesh.families()), "floor": (edge, processes)}
            lines = {
                side: [await opened(address, Line) for _ in range(_CONNECTIONS)]
                for side, (address, _) in sides.items()
            }
            for side in sides:
                await load(lines[side], _WARM, arguments.rate, 0)
            costs: dict[str, list[dict[str, float]]] = {side: [] for side in sides}
            count = round(arguments.rate * arguments.seconds)
            for seed in range(arguments.slices):
                for side in random.sample(sorted(sides), 2):
                    used = await cost(lines[side], sides[side][1], count, arguments.rate, seed)
                    sound = count * said.seconds
                    costs[side].append({name: seconds * 1000 / sound for name, seconds in used.items()})
    print(f"{'ms CPU / audio s':<18}{'mesh':>8}{'floor':>8}{'ratio':>8}")
    for name in (*ROLES, "all"):
        ours, floor = (statistics.median(used[name] for used in costs[side]) for side in ("mesh", "floor"))
        print(f"{name:<18}{ours:8.2f}{floor:8.2f}{ours / floor:8.2f}")


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--slices", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=4.0, help="of a slice")
    parser.add_argument("--rate", type=float, default=25.0, help="utterances a second")
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        role, ports = arguments.serve
        said = pickle.load(sys.stdin.buffer)  # noqa: S301  # who started this wrote it
        uvloop.run(_SERVICES[role](json.loads(ports), said))
    else:
        uvloop.run(measure(arguments))


if __name__ == "__main__":
    main()

"""What receiving costs a WebSocket client: picows, websockets' asyncio, websockets' core without I/O.

    bench/websocket_clients.py [--messages 20000] [--connections 200]

A server in a process of its own sends messages of the size of 200 ms of audio in Realtime's JSON. It prints
CPU a message, decoding left out, and memory an idle connection, of the client's process alone.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import time
from collections.abc import Awaitable, Callable
from typing import cast

import psutil
import uvloop
from mesh import free_port
from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    ws_connect,
    ws_create_server,
)
from websockets.asyncio.client import connect
from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.uri import parse_uri

_MESSAGE = b'{"type":"response.output_audio.delta","delta":"' + b"A" * 12_800 + b'"}'
_BATCH = 10

Client = Callable[[str, int], Awaitable[object]]
"""Connects to a URL, asks for so many messages, and returns what keeps the connection open."""


class _Sender(WSListener):
    """Sends as many messages as it is asked for, a few at a time."""

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            self._left = int(frame.get_payload_as_ascii_text())
            self._transport = transport
            self._send()

    def _send(self) -> None:
        for _ in range(min(self._left, _BATCH)):
            self._transport.send(WSMsgType.TEXT, _MESSAGE)
        self._left -= _BATCH
        if self._left > 0:
            asyncio.get_running_loop().call_later(0.001, self._send)


def _serve(port: int) -> None:
    async def run() -> None:
        def accept(_: WSUpgradeRequest) -> WSListener:
            return _Sender()

        server = await ws_create_server(accept, "127.0.0.1", port)
        await server.serve_forever()

    uvloop.run(run())


async def by_picows(url: str, messages: int) -> object:
    """Receive with picows."""
    done = asyncio.get_running_loop().create_future()

    class Receiver(WSListener):
        left = messages

        def on_ws_frame(self, _: WSTransport, frame: WSFrame) -> None:
            assert len(frame.get_payload_as_memoryview()) == len(_MESSAGE)  # noqa: S101  # it is what was sent
            self.left -= 1
            if not self.left:
                done.set_result(None)

    transport, _ = await ws_connect(Receiver, url)
    if messages:
        transport.send(WSMsgType.TEXT, str(messages).encode())
        await done
    return transport


async def by_websockets(url: str, messages: int) -> object:
    """Receive with websockets' asyncio client."""
    socket = await connect(url, compression=None, max_size=None)
    if messages:
        await socket.send(str(messages))
        for _ in range(messages):
            assert len(await socket.recv(decode=False)) == len(_MESSAGE)  # noqa: S101  # it is what was sent
    return socket


async def by_core(url: str, messages: int) -> object:
    """Receive with websockets' protocol core on a bare transport."""
    uri = parse_uri(url)
    loop = asyncio.get_running_loop()
    opened, done = loop.create_future(), loop.create_future()

    class Receiver(asyncio.Protocol):
        left = messages

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.core = ClientProtocol(uri, max_size=None)
            self.core.send_request(self.core.connect())
            self.transport = cast("asyncio.Transport", transport)
            self.write()

        def write(self) -> None:
            for data in self.core.data_to_send():
                self.transport.write(data)

        def data_received(self, data: bytes) -> None:
            self.core.receive_data(data)
            if not opened.done():
                opened.set_result(None)
            for event in self.core.events_received():
                if getattr(event, "opcode", None) is Opcode.TEXT:
                    self.left -= 1
                    if not self.left:
                        done.set_result(None)

    _, receiver = await loop.create_connection(Receiver, uri.host, uri.port)
    await opened
    if messages:
        receiver.core.send_text(str(messages).encode())
        receiver.write()
        await done
    return receiver


def measure(url: str, client: Client, messages: int, connections: int) -> tuple[float, float]:
    """Return microseconds of CPU a message and kB a connection, in a process that does nothing else."""

    def run(results: multiprocessing.SimpleQueue[tuple[float, float]]) -> None:
        async def both() -> tuple[float, float]:
            await client(url, 500)
            began = time.process_time()
            await client(url, messages)
            used = time.process_time() - began
            me = psutil.Process(os.getpid())
            before = me.memory_full_info().uss
            held = [await client(url, 0) for _ in range(connections)]
            return used * 1e6 / messages, (me.memory_full_info().uss - before) / len(held) / 1000

        results.put(uvloop.run(both()))

    results: multiprocessing.SimpleQueue[tuple[float, float]] = multiprocessing.get_context(
        "fork"
    ).SimpleQueue()
    process = multiprocessing.get_context("fork").Process(target=run, args=(results,))
    process.start()
    found = results.get()
    process.terminate()
    process.join()
    return found


def main() -> None:
    """Measure each in turn, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=200)
    arguments = parser.parse_args()
    port = free_port()
    server = multiprocessing.get_context("fork").Process(target=_serve, args=(port,), daemon=True)
    server.start()
    time.sleep(0.5)
    clients = {"picows": by_picows, "websockets asyncio": by_websockets, "websockets core": by_core}
    print(f"messages of {len(_MESSAGE)} bytes\n{'client':<22}{'us CPU a message':>18}{'kB a connection':>18}")
    for name, client in clients.items():
        used, size = measure(f"ws://127.0.0.1:{port}/", client, arguments.messages, arguments.connections)
        print(f"{name:<22}{used:18.1f}{size:18.1f}")
    server.terminate()


if __name__ == "__main__":
    main()

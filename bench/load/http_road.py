"""`POST /v1/audio/speech` over kept-alive HTTP/1.1 connections, read off the socket."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from load.take import Take

_BYTES_A_SECOND = 48_000
_PATIENCE_SECONDS = 60.0
_FOUND = b"HTTP/1.1 200"

_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class HttpRoad:
    """Connections to one address: as many as are wanted at a time, kept for the next.

    Attributes:
        address: "host:port".
    """

    address: str
    _free: list[_Streams] = field(default_factory=list)

    async def speak(self, take: Take) -> None:
        """Ask for an order's text in PCM, and read it; a cancel hangs up.

        Raises:
            OSError, EOFError, TimeoutError: the connection was lost, or nothing came.
        """
        limit = take.order.cancel_after
        due = None if limit is None else take.due + limit
        cut: asyncio.Timeout | None = None
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS + take.order.seconds), self._connection() as streams:
                async with asyncio.timeout(None if due is None else max(due - time.perf_counter(), 0)) as cut:
                    await self._exchange(take, *streams)
            if due is not None and take.completed:
                take.cancel_too_late()
        except TimeoutError:
            if cut is None or not cut.expired():
                raise
            take.cancel(due or 0.0)
            take.ended(time.perf_counter(), "hung up")

    async def _exchange(self, take: Take, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_request(self.address, take.order.text, take.order.engine))
        take.sent(time.perf_counter())
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(_FOUND):
            code = _code(answer, await _whole(reader, answer))
            take.ended(time.perf_counter(), code)
            return
        async for piece in _bodies(reader):
            take.heard(time.perf_counter(), len(piece) / _BYTES_A_SECOND)
        take.ended(time.perf_counter(), "completed")

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[_Streams]:
        """Lend a connection; one that was left in the middle of an answer is closed."""
        host, _, port = self.address.rpartition(":")
        streams = self._free.pop() if self._free else await asyncio.open_connection(host, int(port))
        try:
            yield streams
        except BaseException:
            streams[1].close()
            raise
        self._free.append(streams)

    def close(self) -> None:
        """Close what is kept."""
        for _, writer in self._free:
            writer.close()
        self._free.clear()


async def fetch(address: str, text: str, engine: str = "") -> bytes:
    """Return a text as PCM at 24 kHz.

    Args:
        address: "host:port".
        text: what is said.
        engine: by whom; "" leaves it to the system.

    Raises:
        OSError, TimeoutError: the system does not speak.
    """
    host, _, port = address.rpartition(":")
    async with asyncio.timeout(_PATIENCE_SECONDS):
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(_request(address, text, engine))
            answer = await reader.readuntil(b"\r\n\r\n")
            if not answer.startswith(_FOUND):
                status = answer.partition(b"\r\n")[0].decode()
                raise OSError(f"{address} does not speak: {status}")
            return b"".join([piece async for piece in _bodies(reader)])
        finally:
            writer.close()


def _request(address: str, text: str, engine: str) -> bytes:
    asked = {"input": text, "model": engine or "tts-1", "voice": "alloy", "response_format": "pcm"}
    body = json.dumps(asked).encode()
    head = (
        f"POST /v1/audio/speech HTTP/1.1\r\nhost: {address}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _code(head: bytes, body: bytes) -> str:
    """Return the code of a refusal; its status where it has none, as one of a proxy's."""
    try:
        return str(json.loads(body)["error"]["code"])
    except (ValueError, TypeError, KeyError):
        return f"status {head.split(maxsplit=2)[1].decode()}"


async def _whole(reader: asyncio.StreamReader, head: bytes) -> bytes:
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return await reader.readexactly(int(value))
    return b"".join([piece async for piece in _bodies(reader)])


async def _bodies(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while size := int(await reader.readuntil(b"\r\n"), 16):
        piece = await reader.readexactly(size + 2)
        yield piece[:-2]
    await reader.readuntil(b"\r\n")

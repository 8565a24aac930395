"""A connection whose small messages leave together."""

from __future__ import annotations

import asyncio
from typing import Any

_ENOUGH_BYTES = 16 * 1024
"""What is gathered at most: a frame of audio leaves at once, and what was said before it with it."""


class GatheringTransport(asyncio.Transport):
    """Another transport, written to once for all that is said in one step of the loop.

    uvicorn and uvloop write each message by itself, and the end of a response is six: each is a call of the
    kernel here, a packet, and a waking of Envoy and of the client. It has what uvicorn's WebSocket asks of a
    transport.

    Args:
        transport: the connection's own.
        loop: the connection's.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []
        self._bytes = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write soon, and before anything that is written later."""
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(bytes(data))
        self._bytes += len(data)
        if self._bytes >= _ENOUGH_BYTES:
            self._flush()

    def close(self) -> None:
        """Close it once all is written."""
        self._flush()
        self._transport.close()

    def is_closing(self) -> bool:
        """Return whether it is closed, or will be."""
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        """Read no more."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again."""
        self._transport.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what is known of the connection."""
        return self._transport.get_extra_info(name, default)

    def _flush(self) -> None:
        waiting, self._waiting, self._bytes = self._waiting, [], 0
        if waiting and not self._transport.is_closing():
            self._transport.writelines(waiting)

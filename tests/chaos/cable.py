"""A TCP relay between two parts, which can be made to lose what passes, as a network does.

A relay and not network namespaces or packet filters: those need root and a kernel's leave, which neither
every developer's machine nor every CI runner gives.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from contextlib import suppress

_PIECE_BYTES = 64 * 1024
_ASKS_BYTES = 64
"""What is smaller asks for nothing: pings, acknowledgements, and what opens a window, of HTTP/2 and Redis."""

_ANSWERS_BYTES = 512
"""A piece of speech is more: 20 ms are 960."""

_POLL = b"{policies}"
"""The session service asks Redis for these every second, whether anybody calls or not."""


class Cable:
    """Relays connections from one port of this machine to another.

    Args:
        port: where it listens.
        target: where it leads.

    Attributes:
        answered: when more than a sign of life came back through it last, of `time.monotonic`.
    """

    def __init__(self, port: int, target: int) -> None:
        self.answered = -math.inf
        self._port = port
        self._target = target
        self._server: asyncio.Server | None = None
        self._whole = asyncio.Event()
        self._whole.set()
        self._asked = asyncio.Event()
        self._relays: set[asyncio.Task[None]] = set()

    async def plug_in(self) -> None:
        """Begin to relay."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port, limit=_PIECE_BYTES)

    async def unplug(self) -> None:
        """Relay nothing more, and end all that is connected."""
        if self._server is not None:
            self._server.close()
        self.drop()
        if self._relays:
            await asyncio.wait(self._relays)

    def cut(self) -> None:
        """Let nothing through in either direction until it is mended; whoever connects meanwhile waits."""
        self._whole.clear()

    def mend(self) -> None:
        """Let through what was held up, and what follows."""
        self._whole.set()

    def drop(self) -> None:
        """End every connection at once, whatever is under way on it."""
        for relay in self._relays:
            relay.cancel()

    async def asked(self) -> None:
        """Return as soon as something is asked through it."""
        self._asked.clear()
        await self._asked.wait()

    def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay = asyncio.get_running_loop().create_task(self._relay(reader, writer))
        self._relays.add(relay)
        relay.add_done_callback(self._relays.discard)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.CancelledError):  # either side has gone, or it is dropped
                await self._whole.wait()
                onward, back = await asyncio.open_connection("127.0.0.1", self._target, limit=_PIECE_BYTES)
                try:
                    async with asyncio.TaskGroup() as tasks:
                        tasks.create_task(self._pass(reader, back, self._note_asked))
                        tasks.create_task(self._pass(onward, writer, self._note_answered))
                except* OSError:
                    pass
                finally:
                    back.transport.abort()
        finally:
            writer.transport.abort()  # also where nobody listens behind: the one who asks is to learn it

    def _note_asked(self, piece: bytes) -> None:
        if len(piece) >= _ASKS_BYTES and _POLL not in piece:
            self._asked.set()

    def _note_answered(self, piece: bytes) -> None:
        if len(piece) >= _ANSWERS_BYTES:
            self.answered = time.monotonic()

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, note: Callable[[bytes], None]
    ) -> None:
        while piece := await reader.read(_PIECE_BYTES):
            await self._whole.wait()
            writer.write(piece)
            note(piece)
            await writer.drain()
        await self._whole.wait()
        writer.write_eof()

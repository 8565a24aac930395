"""A way to a local server that can be shut, so that whoever connects waits: for tests alone."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_SYN_SENT = "02"  # of the files below
_SOCKETS = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))  # gRPC connects to IPv4 by sockets of IPv6, too
_POLL_SECONDS = 0.002
_BACKLOG = 16


class Doorway:
    """Passes connections on to a port of this machine while it is open.

    Args:
        behind: that port.

    Attributes:
        port: its own, on 127.0.0.1.
    """

    def __init__(self, behind: int) -> None:
        self._behind = behind
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._accepting: asyncio.Task[None] | None = None
        self._passing: set[asyncio.Task[None]] = set()
        self._last: socket.socket | None = None

    async def __aenter__(self) -> Self:
        self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()
        if self._last is not None:
            self._last.close()
        self._listener.close()

    def open(self) -> None:
        """Accept whoever connects, or waits to."""
        self._listener.listen(_BACKLOG)
        self._accepting = asyncio.create_task(self._accept())

    async def shut(self) -> None:
        """Close all connections and accept none: with one that waits already, the kernel answers no other."""
        await self._end()
        self._listener.listen(0)
        self._last = socket.socket()
        self._last.setblocking(False)
        await asyncio.get_running_loop().sock_connect(self._last, ("127.0.0.1", self.port))

    async def knocked(self) -> None:
        """Return once someone waits to be connected."""
        while not self._is_waited_for():  # noqa: ASYNC110  # the kernel has no way to say so
            await asyncio.sleep(_POLL_SECONDS)

    def _is_waited_for(self) -> bool:
        remote = f":{self.port:04X}"
        tables = (file.read_text(encoding="ascii") for file in _SOCKETS if file.exists())
        sockets = (line.split() for table in tables for line in table.splitlines())
        return any(each[2].endswith(remote) and each[3] == _SYN_SENT for each in sockets)

    async def _end(self) -> None:
        tasks = {*self._passing, *([self._accepting] if self._accepting is not None else [])}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            accepted, _ = await loop.sock_accept(self._listener)
            task = asyncio.create_task(self._pass_on(accepted))
            self._passing.add(task)
            task.add_done_callback(self._passing.discard)

    async def _pass_on(self, accepted: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=accepted)
        behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", self._behind)
        ways = (_pass(reader, behind_writer), _pass(behind_reader, writer))
        tasks = {asyncio.create_task(way) for way in ways}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            writer.close()
            behind_writer.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()

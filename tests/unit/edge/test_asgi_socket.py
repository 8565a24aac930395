"""A WebSocket that was closed before anybody was told."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message
from uvicorn.protocols.utils import ClientDisconnected

from parlando_edge.realtime.endpoint import AsgiSocket


class _Closed:
    """A server's end of a WebSocket that is no more; what is sent on it fails.

    Attributes:
        sent: what was sent on it.
        failed: a message was.
        told: it says that it was closed.
    """

    def __init__(self, error: Exception) -> None:
        self.sent: list[str] = []
        self.failed = asyncio.Event()
        self.told = asyncio.Event()
        self._error = error

    async def receive(self) -> Message:
        """Wait to be told to tell."""
        await self.told.wait()
        return {"type": "websocket.disconnect", "code": 1009}

    async def send(self, message: Message) -> None:
        """Fail."""
        self.sent.append(message["type"])
        if message["type"] == "websocket.send":
            self.failed.set()
        raise self._error


@pytest.mark.parametrize(
    "error",
    [
        ClientDisconnected(),
        RuntimeError("Unexpected ASGI message 'websocket.send', after sending 'websocket.close'."),
    ],
    ids=["lost", "closed"],
)
async def test_who_writes_to_it_waits_until_receive_tells(error: Exception) -> None:
    server = _Closed(error)
    socket = AsgiSocket(server.receive, server.send)
    await socket.close(1001, "it is over")
    writing = asyncio.create_task(socket.send("Hello."))
    await server.failed.wait()
    server.told.set()
    assert await socket.receive() is None
    assert server.sent == ["websocket.close", "websocket.send"]
    assert not writing.done()
    writing.cancel()
    await asyncio.wait({writing})
    assert writing.cancelled()

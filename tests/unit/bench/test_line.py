"""What becomes of one who asks on a Realtime connection, be it refused, failed or cut off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson
import psutil
import pytest
from edge_alone import Line
from mesh import Mesh
from picows import (
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    ws_connect,
    ws_create_server,
)
from refusals import cost


class _Edge(WSListener):
    """Begins a session, and answers events as it was told: with None it hangs up, with {} says goodbye."""

    def __init__(self, answers: Sequence[dict[str, Any] | None]) -> None:
        self._answers = iter(answers)

    def on_ws_connected(self, transport: WSTransport) -> None:
        transport.send(WSMsgType.TEXT, b'{"type": "session.created"}')

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            return
        answer = next(self._answers)
        if answer is None:
            transport.disconnect()
        elif not answer:
            transport.send_close(WSCloseCode.GOING_AWAY)
        else:
            transport.send(WSMsgType.TEXT, orjson.dumps({"type": "response.done", "response": answer}))


@asynccontextmanager
async def _line(*answers: dict[str, Any] | None) -> AsyncIterator[Line]:
    """Have a connection to one that answers so."""

    def edge(_: WSUpgradeRequest) -> WSListener:
        return _Edge(answers)

    server = await ws_create_server(edge, "127.0.0.1", 0)
    try:
        host, port = server.sockets[0].getsockname()
        transport, line = await ws_connect(Line, f"ws://{host}:{port}")
        assert isinstance(line, Line)
        await line.opened
        yield line
        transport.disconnect()
        await transport.wait_disconnected()
    finally:
        server.close()


def _failed(code: str) -> dict[str, Any]:
    return {"status": "failed", "status_details": {"type": "failed", "error": {"code": code}}}


async def test_what_became_of_a_text_is_its_status_or_the_code_of_its_error() -> None:
    async with _line({"status": "completed"}, _failed("overloaded"), _failed("engine_failed")) as line:
        assert [await line.ask() for _ in range(3)] == ["completed", "overloaded", "engine_failed"]


async def test_an_engine_that_fails_is_no_refusal() -> None:
    here = psutil.Process()
    mesh = Mesh("", "", "", "", "", "", "", processes={}, supervisor=here, replicas={})
    async with _line(*[_failed("overloaded")] * 3, _failed("engine_failed")) as line:
        assert await cost("Realtime", mesh, 3, [line.ask]) >= 0
        with pytest.raises(SystemExit, match="engine_failed"):
            await cost("Realtime", mesh, 1, [line.ask])


async def test_who_is_cut_off_does_not_wait_for_ever() -> None:
    async with _line(None) as line:
        with pytest.raises(ConnectionResetError, match="the edge ended a Realtime connection"):
            await asyncio.wait_for(line.ask(), 5)
        with pytest.raises(SystemExit, match="not connected"):
            await line.ask()


async def test_who_is_told_goodbye_does_not_wait_for_ever_either() -> None:
    async with _line({}) as line:
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(line.ask(), 5)

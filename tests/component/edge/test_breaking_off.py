"""What the server logs of what has no end: nothing of what we break off or refuse, and all else."""

from __future__ import annotations

import asyncio
import logging

import httpx2
import pytest
from starlette.types import Receive, Scope, Send
from websockets.exceptions import InvalidStatus

from parlando_edge.gate import Gate
from parlando_edge.http_server import HttpServer
from parlando_edge.settings import EdgeSettings
from tests.component.edge.serving import serving, until_idle
from tests.component.edge.sessions import new_sessions, serving_sessions

_POST = b"POST /v1/audio/speech HTTP/1.1\r\nHost: e\r\nContent-Length: %d\r\n\r\n%b"


def _errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


async def test_one_whose_engine_fails_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    async with serving() as edge:
        with pytest.raises(httpx2.RemoteProtocolError):
            await edge.speech(input="Hello.", voice="breaks")
        await until_idle(edge)
    assert _errors(caplog) == []
    assert "an answer was broken off: ENGINE_FAILED" in caplog.text


async def test_only_the_one_that_breaks_is_broken_off_where_requests_wait_behind_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving() as edge:
        bodies = [b'{"input": "Hello.", "voice": "%b"}' % voice for voice in (b"plain", b"breaks", b"plain")]
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
        writer.write(b"".join(_POST % (len(body), body) for body in bodies))
        answers = await reader.read()
        writer.close()
        await until_idle(edge)
    assert answers.count(b"HTTP/1.1 200 OK") == 2
    assert answers.count(b"\r\n0\r\n\r\n") == 1
    assert _errors(caplog) == []


@pytest.mark.parametrize("voice", ["hangs", "late"])
async def test_those_that_outlast_a_drain_are_counted_once(
    voice: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving() as edge:
        asking = asyncio.create_task(edge.speech(input="Hello big world.", voice=voice))
        await edge.router.until_live(1)
        await edge.server.stop(0)
        with pytest.raises(httpx2.RemoteProtocolError):
            await asking
    assert _errors(caplog) == ["Cancel 1 running task(s), timeout graceful shutdown exceeded"]


async def test_a_websocket_that_is_refused_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    async with serving_sessions(new_sessions()) as sessions, serving(sessions, max_live=1) as edge:
        with pytest.raises(InvalidStatus, match="404"):
            await edge.websocket("?session=of-nobody")
        async with edge.websocket():
            with pytest.raises(InvalidStatus, match="429"):
                await edge.websocket()
        await until_idle(edge)
    assert _errors(caplog) == []


@pytest.mark.parametrize("what", ["completing", "starting"])
async def test_one_that_the_application_forgets_is_a_fault(
    what: str, caplog: pytest.LogCaptureFixture
) -> None:
    begun = what == "completing"

    async def forgets(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})

    server = HttpServer(EdgeSettings(port=0), forgets, Gate(1))
    port = await server.start()
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            if begun:
                with pytest.raises(httpx2.RemoteProtocolError):
                    await http.get("/")
            else:
                assert (await http.get("/")).status_code == 500
    finally:
        await server.stop(0)
    assert _errors(caplog) == [f"ASGI callable returned without {what} response."]

"""Too many who wait for their first audio: the rest are refused, and those who hear something go on."""

from __future__ import annotations

import asyncio

from tests.component.edge.serving import Edge, serving, until_idle
from tests.component.edge.serving import until as until_true
from tests.component.edge.test_realtime import say, send, until


async def _post(edge: Edge, voice: str) -> tuple[int, str, str]:
    body = {"input": "Hello big world.", "voice": voice, "response_format": "pcm"}
    answer = await edge.http.post("/v1/audio/speech", json=body)
    code = answer.json()["error"]["code"] if answer.status_code != 200 else ""
    return answer.status_code, code, answer.headers.get("retry-after", "")


async def test_over_http_one_too_many_is_told_when_to_come_back_and_the_router_is_not_asked() -> None:
    async with serving(max_waiting=2) as edge:
        waiting = [asyncio.create_task(_post(edge, "late")) for _ in range(2)]
        await edge.router.until_live(2)
        assert await _post(edge, "plain") == (429, "overloaded", "1")
        assert len(edge.router.texts) == 2
        edge.router.released.set()
        assert [status for status, _, _ in await asyncio.gather(*waiting)] == [200, 200]
        assert await _post(edge, "plain") == (200, "", "")  # it has come back by itself
        await until_idle(edge)


async def test_over_realtime_the_response_fails_and_the_session_goes_on() -> None:
    async with serving(max_waiting=1) as edge, edge.websocket() as socket, edge.websocket() as other:
        await until(other, "session.created")
        await say(other, voice="late")
        await edge.router.until_live(1)
        await until(socket, "session.created")
        await say(socket)
        (created, done) = await until(socket, "response.done")
        assert created["type"] == "response.created"
        assert done["response"]["status"] == "failed"
        error = done["response"]["status_details"]["error"]
        assert error["code"] == "overloaded"
        assert error["type"] == "rate_limit_error"
        assert error["retry_after_ms"] == 100
        edge.router.released.set()
        await until(other, "response.done")
        await say(socket)
        assert (await until(socket, "response.done"))[-1]["response"]["status"] == "completed"


async def test_who_hears_something_or_has_left_does_not_wait() -> None:
    async with serving(max_waiting=1) as edge, edge.websocket() as socket, edge.websocket() as other:
        await until(other, "session.created")
        await say(other, voice="halts")
        await until(other, "response.output_audio.delta")
        await until(socket, "session.created")
        await say(socket, voice="late")
        await edge.router.until_live(2)
        await socket.close()
        await edge.router.until_live(1)
        assert (await _post(edge, "plain"))[0] == 200
        edge.router.released.set()
        await until(other, "response.done")


async def test_a_text_that_is_still_written_keeps_nobody_out_before_it_has_ended() -> None:
    async with serving(max_waiting=1) as edge, edge.websocket() as socket:
        await until(socket, "session.created")
        growing = {"parlando": {"text_stream": True}, "audio": {"output": {"voice": "late"}}}
        await send(socket, "response.create", response=growing)
        await send(socket, "parlando.text.append", delta="Hel")
        await until_true(lambda: edge.router.messages > 0)
        assert (await _post(edge, "plain"))[0] == 200
        await send(socket, "parlando.text.end")
        await edge.router.until_live(1)
        assert await _post(edge, "plain") == (429, "overloaded", "1")
        edge.router.released.set()
        await until(socket, "response.done")
        assert (await _post(edge, "plain"))[0] == 200

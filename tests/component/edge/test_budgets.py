"""A session's budget that is spent looks as OpenAI's own does: clients know what to do with it."""

from __future__ import annotations

from tests.component.edge.serving import serving
from tests.component.edge.test_realtime import say, until


async def test_over_http_it_is_an_insufficient_quota() -> None:
    async with serving() as edge:
        body = {"input": "Hello big world.", "voice": "spent", "response_format": "pcm"}
        answer = await edge.http.post("/v1/audio/speech", json=body)
    assert answer.status_code == 429
    assert "retry-after" not in answer.headers, "waiting does not help"
    error = answer.json()["error"]
    assert (error["type"], error["code"], error["param"]) == (
        "insufficient_quota",
        "insufficient_quota",
        "session_id",
    )
    assert "budget.cost" in error["message"]


async def test_over_realtime_the_response_fails_with_it_and_the_session_goes_on() -> None:
    async with serving() as edge, edge.websocket() as socket:
        await until(socket, "session.created")
        await say(socket, voice="spent")
        done = (await until(socket, "response.done"))[-1]["response"]
        assert done["status"] == "failed"
        assert done["status_details"]["error"]["code"] == "insufficient_quota"
        await say(socket)
        assert (await until(socket, "response.done"))[-1]["response"]["status"] == "completed"

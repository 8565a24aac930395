"""What a page of another origin may ask over HTTP, and what it is told. Of Realtime: `test_handshake.py`."""

from __future__ import annotations

import asyncio

import pytest

from tests.component.edge.serving import ADMIN_KEY, serving

_ELSEWHERE = "https://elsewhere.example"
_BODY = '{"input": "Hello.", "voice": "plain", "response_format": "pcm"}'


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/audio/speech"),
        ("POST", "/v1/audio/speech/estimate"),
        ("POST", "/v1/audio/speech/timestamps"),
        ("POST", "/v1/audio/voices"),
        ("DELETE", "/v1/audio/voices/anna"),
        ("POST", "/dev/cache/flush"),
        ("PUT", "/v1/nothing"),
    ],
)
async def test_a_foreign_page_may_ask_for_nothing_that_changes_or_costs_something(
    method: str, path: str
) -> None:
    async with serving(admin_key=ADMIN_KEY) as edge:
        names = {"authorization": f"Bearer {ADMIN_KEY}", "content-type": "text/plain"}
        for origin in (_ELSEWHERE, f"http://localhost:{edge.port}", "http://127.0.0.1", "null"):
            headers = {**names, "origin": origin}
            answer = await edge.http.request(method, path, content=_BODY, headers=headers)
            error = answer.json()["error"]
            assert set(error) == {"message", "type", "code", "param"}
            assert (answer.status_code, error["code"]) == (403, "origin_not_allowed")


async def test_it_is_refused_before_its_body_is_read() -> None:
    async with serving() as edge:
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
        head = f"POST /v1/audio/speech HTTP/1.1\r\nHost: e\r\nOrigin: {_ELSEWHERE}\r\n"
        writer.write(f"{head}Content-Length: 10\r\n\r\n".encode())
        async with asyncio.timeout(5):
            assert (await reader.readline()).split()[1] == b"403"
        writer.close()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_what_it_reads_is_left_to_its_browser(method: str) -> None:
    async with serving() as edge:
        answer = await edge.http.request(method, "/v1/models", headers={"origin": _ELSEWHERE})
        assert answer.status_code == 200


async def test_the_edges_own_page_and_what_is_no_browser_may_ask_for_all() -> None:
    async with serving() as edge:
        port = edge.port
        for headers in ({}, {"origin": f"http://127.0.0.1:{port}"}, {"origin": f"HTTPS://127.0.0.1:{port}"}):
            answer = await edge.http.post("/v1/audio/speech", content=_BODY, headers=headers)
            assert answer.status_code == 200

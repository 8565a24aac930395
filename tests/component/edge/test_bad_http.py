"""What a client can get wrong over HTTP, and what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.component.edge.serving import NOWHERE, Edge, serving, serving_before

_TEXT = "xylophone"  # must not come back, nor be logged


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shared() -> AsyncIterator[Edge]:
    """An edge for all the cases of a table: leave it as it was."""
    async with serving() as edge:
        yield edge


async def _post(edge: Edge, content: bytes) -> tuple[int, dict[str, Any]]:
    response = await edge.http.post("/v1/audio/speech", content=content)
    error: dict[str, Any] = response.json()["error"]
    assert set(response.json()) == {"error"}
    assert set(error) == {"message", "type", "code", "param"}
    return response.status_code, error


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("content", "status", "code", "param"),
    [
        (b"", 400, "malformed_message", None),
        (b"\x00\xff\xfe", 400, "malformed_message", None),
        (b'{"input": "xylophone', 400, "malformed_message", None),
        (b'["xylophone"]', 400, "malformed_message", None),
        (b'{"input": "\\ud800"}', 400, "malformed_message", None),
        (b"[" * 100_000, 400, "malformed_message", None),
        (b"{}", 400, "missing_required_parameter", "input"),
        (b'{"input": "xylophone", "speed": 99}', 400, "invalid_value", "speed"),
        (b'{"input": "xylophone", "response_format": "exe"}', 400, "unsupported_format", "response_format"),
        (b'{"input": "' + b"xylophone " * 500 + b'"}', 400, "string_above_max_length", "input"),
        (b'{"input": "xylophone", "voice": "nobody"}', 404, "voice_not_found", "voice"),
        (b'{"input": "' + b"x" * 10_000_000 + b'"}', 413, "request_too_large", None),
    ],
    ids=lambda value: value[:40] if isinstance(value, bytes) else None,
)
async def test_a_bad_body_is_answered_in_openais_shape(
    shared: Edge,
    content: bytes,
    status: int,
    code: str,
    param: str | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    told, error = await _post(shared, content)
    assert (told, error["code"], error["param"]) == (status, code, param)
    assert _TEXT not in str(error)
    assert (await shared.speech(input="Well.")).status_code == 200
    assert _TEXT not in caplog.text


async def test_a_body_that_says_it_is_large_is_refused_unread() -> None:
    async with serving() as edge:
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
        writer.write(b"POST /v1/audio/speech HTTP/1.1\r\nHost: e\r\nContent-Length: 10000000\r\n\r\n")
        assert (await reader.readline()).split()[1] == b"413"
        writer.close()


async def test_a_body_that_grows_too_large_is_refused_in_its_middle() -> None:
    async with serving() as edge:
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
        writer.write(b"POST /v1/audio/speech HTTP/1.1\r\nHost: e\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(20):
            writer.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
        assert (await reader.readline()).split()[1] == b"413"
        writer.close()


async def test_a_body_that_does_not_arrive_is_not_waited_for() -> None:
    async with serving(reader_seconds=0.1) as edge:
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
        writer.write(b"POST /v1/audio/speech HTTP/1.1\r\nHost: e\r\nContent-Length: 10\r\n\r\n{")
        assert (await reader.readline()).split()[1] == b"408"
        writer.close()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "unknown_url"),
        ("POST", "/v1/nothing", 404, "unknown_url"),
        ("GET", "/v1/audio/speech", 405, "method_not_allowed"),
        ("DELETE", "/v1/models", 405, "method_not_allowed"),
        ("GET", "/v1/models/kokro", 404, "model_not_found"),
        ("GET", "/v1/tts/voices/fake/nobody/preview", 404, "voice_not_found"),
        ("GET", "/v1/realtime", 404, "unknown_url"),
        ("GET", "/studio/../pyproject.toml", 404, "unknown_url"),
        ("GET", "/studio/%2e%2e/pyproject.toml", 404, "unknown_url"),
    ],
)
async def test_a_path_that_is_not_there_is_told_in_openais_shape(
    shared: Edge, method: str, path: str, status: int, code: str
) -> None:
    response = await shared.http.request(method, path)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("GET", "/v1/nothing", "see /openapi.json"),
        ("GET", "/v1/realtime", "/v1/realtime is for WebSockets"),
        ("GET", "/v1/audio/speech", "use POST"),
        ("DELETE", "/v1/models", "use GET, HEAD"),
        ("PUT", "/studio/index.html", "use GET, HEAD"),
    ],
)
async def test_a_wrong_path_or_method_is_told_what_to_do(
    shared: Edge, method: str, path: str, words: str
) -> None:
    assert words in (await shared.http.request(method, path)).json()["error"]["message"]


async def test_without_a_router_the_answer_is_503_and_says_when_to_come_back() -> None:
    async with serving() as other, serving_before(NOWHERE, NOWHERE, other.router) as edge:
        for response in (
            await edge.speech(input="Hello.", voice="plain"),
            await edge.speech(input="Hello.", voice="alloy"),
            await edge.http.get("/v1/models"),
            await edge.http.get("/v1/tts/voices"),
        ):
            assert response.status_code == 503
            assert int(response.headers["retry-after"]) >= 1
            assert response.json()["error"]["type"] == "server_error"
            assert NOWHERE not in response.text


async def test_too_many_at_a_time_are_told_to_come_back() -> None:
    async with serving(max_live=1) as edge:
        asking = asyncio.create_task(edge.speech(input="Hello.", voice="late"))
        await edge.router.until_live(1)
        refused = await edge.speech(input="Hello.")
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "1"
        assert refused.json()["error"]["type"] == "rate_limit_error"
        edge.router.released.set()
        assert (await asking).status_code == 200
        assert (await edge.speech(input="Hello.")).status_code == 200


async def test_a_fault_of_ours_is_one_fixed_sentence(caplog: pytest.LogCaptureFixture) -> None:
    async with serving() as edge:
        edge.router.settings = None  # type: ignore[assignment]  # every call of the router now fails
        response = await edge.speech(input=_TEXT)
        assert response.status_code == 500
        assert response.json()["error"]["message"] == "an unexpected fault; the service has logged it"
    assert _TEXT not in caplog.text


async def test_clients_do_not_disturb_one_another() -> None:
    async with serving() as edge:
        texts = [f"This is text number {number}." for number in range(20)]
        mixed = [edge.speech(input=text, voice="plain") for text in texts]
        bad = [edge.http.post("/v1/audio/speech", content=b"{") for _ in texts]
        answers, refusals = await asyncio.gather(asyncio.gather(*mixed), asyncio.gather(*bad))
        assert [len(answer.content) for answer in answers] == [len(text) * 480 for text in texts]
        assert {refusal.status_code for refusal in refusals} == {400}

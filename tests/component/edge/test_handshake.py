"""Who may open a Realtime connection, and what the others are told."""

from __future__ import annotations

import orjson
import pytest
from websockets.exceptions import InvalidHandshake, InvalidStatus

from tests.component.edge.serving import serving
from tests.component.edge.sessions import new_sessions, serving_sessions
from tests.component.edge.test_realtime import until


async def test_a_model_that_could_not_be_kept_is_refused() -> None:
    async with serving() as edge:
        async with edge.websocket(f"?model=gpt-{'x' * 252}") as socket:
            (created,) = await until(socket, "session.created")
            assert len(created["session"]["model"]) == 256
        with pytest.raises(InvalidStatus) as refused:
            await edge.websocket(f"?model=gpt-{'x' * 253}")
        assert refused.value.response.status_code == 400
        assert orjson.loads(refused.value.response.body)["error"]["param"] == "model"


async def test_a_handshake_that_is_too_long_is_answered() -> None:
    async with serving() as edge:
        for query, headers, status in (
            (f"?model={'x' * 9_000}", {}, 414),
            ("", {"cookie": "x" * 9_000}, 431),
        ):
            with pytest.raises(InvalidStatus) as refused:
                await edge.websocket(query, additional_headers=headers)
            assert refused.value.response.status_code == status
        with pytest.raises(InvalidHandshake):  # closed: what is no handshake has no answer
            await edge.websocket(additional_headers={"content-length": "5"})


async def test_pages_from_elsewhere_cannot_connect() -> None:
    async with serving() as edge:
        async with edge.websocket(origin=f"http://127.0.0.1:{edge.port}") as socket:  # its own page
            await until(socket, "session.created")
        port = edge.port
        for origin in ("https://elsewhere.example", f"http://localhost:{port}", "http://127.0.0.1", "null"):
            with pytest.raises(InvalidStatus) as refused:
                await edge.websocket(origin=origin)
            assert refused.value.response.status_code == 403
            assert orjson.loads(refused.value.response.body)["error"]["code"] == "origin_not_allowed"


async def test_a_session_that_is_not_there_cannot_be_taken_up() -> None:
    async with serving_sessions(new_sessions()) as address, serving(session=address) as edge:
        with pytest.raises(InvalidStatus) as refused:
            await edge.websocket("?session=nobody")
        assert refused.value.response.status_code == 404
        error = orjson.loads(refused.value.response.body)["error"]
        assert error["code"] == "session_not_found"
    async with serving() as edge:
        with pytest.raises(InvalidStatus) as refused:
            await edge.websocket("?session=nobody")
        assert refused.value.response.status_code == 503
        assert refused.value.response.headers["retry-after"] == "1"

"""What Locust's callers take for an answer, of a server that says what it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from load.asking import speak, until_begun
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import ServerConnection, serve

_DELTA = {"type": "response.output_audio.delta", "delta": "AAAA"}


def _done(status: str, code: str = "") -> dict[str, Any]:
    details = {"error": {"code": code}} if code else None
    return {"type": "response.done", "response": {"status": status, "status_details": details}}


@contextmanager
def _connected(*answers: Sequence[dict[str, Any]]) -> Iterator[ClientConnection]:
    """Yield a connection to a server that gives these answers, one after another, and then hangs up.

    An event without fields is a message of no length.
    """

    def converse(socket: ServerConnection) -> None:
        socket.send(json.dumps({"type": "session.created"}))
        for answer in answers:
            asked = json.loads(socket.recv())
            assert asked["response"]["input"][0]["content"][0]["text"] == "Hello."
            for event in answer:
                socket.send(json.dumps(event) if event else "")

    with serve(converse, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with connect(f"ws://127.0.0.1:{server.socket.getsockname()[1]}") as socket:
                until_begun(socket)
                yield socket
        finally:
            server.shutdown()
            thread.join()


def test_an_answer_that_comes_to_its_end_is_heard() -> None:
    with _connected([{"type": "response.created"}, _DELTA, _DELTA, _done("completed")]) as socket:
        heard = speak(socket, "Hello.")
    assert heard.error == ""
    assert heard.first is not None
    assert 0 < heard.first <= heard.whole


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ([_done("failed", "rate_limit_exceeded")], "rate_limit_exceeded"),
        ([_DELTA, _done("failed", "engine_failed")], "engine_failed"),
        ([{"type": "error", "error": {"code": "invalid_value"}}], "invalid_value"),
        ([_DELTA, _done("cancelled")], "cancelled"),
        ([_done("completed")], "no sound"),
    ],
)
def test_one_that_does_not_is_none_and_the_next_is_heard(answer: list[dict[str, Any]], error: str) -> None:
    with _connected(answer, [_DELTA, _done("completed")]) as socket:
        heard = speak(socket, "Hello.")
        assert (heard.error, heard.first is not None) == (error, _DELTA in answer)
        assert speak(socket, "Hello.").error == ""


def test_a_connection_that_is_lost_is_told() -> None:
    with _connected([_DELTA]) as socket, pytest.raises(ConnectionClosed):
        speak(socket, "Hello.")


def test_a_library_that_reads_nothing_from_then_on_has_lost_it_too() -> None:
    with _connected([_DELTA, {}]) as socket, pytest.raises(ConnectionError):
        speak(socket, "Hello.")

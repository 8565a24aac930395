"""What Locust's HTTP callers take for an answer, read by the library that Locust reads with, off a socket."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from load.asking import Heard
from load.reading import read

_SOUND = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
_REFUSAL = b'{"error": {"code": "rate_limit_exceeded"}}'


@contextmanager
def _server(answer: bytes) -> Iterator[str]:
    """Yield the address of a server that answers one request so, and hangs up."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def _heard(answer: bytes) -> Heard:
    with _server(answer) as address:
        began = time.perf_counter()
        with requests.get(address, stream=True, timeout=30) as found:
            return read(found, began)


def test_an_answer_that_comes_to_its_end_is_heard() -> None:
    heard = _heard(_SOUND + b"4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n")
    assert heard.error == ""
    assert heard.first is not None
    assert 0 < heard.first <= heard.whole


def test_one_that_breaks_off_is_told_by_what_broke_and_what_was_heard_stays() -> None:
    heard = _heard(_SOUND + b"4\r\nabcd\r\n4\r\nab")
    assert heard.error == "ChunkedEncodingError"
    assert heard.first is not None


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (
            b"HTTP/1.1 429 X\r\ncontent-length: %d\r\n\r\n%s" % (len(_REFUSAL), _REFUSAL),
            "rate_limit_exceeded",
        ),
        (b"HTTP/1.1 503 X\r\ncontent-length: 4\r\n\r\nnone", "status 503"),
        (b'HTTP/1.1 500 X\r\ncontent-length: 12\r\n\r\n{"error": 1}', "status 500"),
        (b"HTTP/1.1 429 X\r\ncontent-length: 40\r\n\r\nshort", "ChunkedEncodingError"),
        (_SOUND + b"0\r\n\r\n", "no sound"),
    ],
)
def test_what_is_no_sound_is_told_by_its_code(answer: bytes, error: str) -> None:
    heard = _heard(answer)
    assert (heard.first, heard.error) == (None, error)

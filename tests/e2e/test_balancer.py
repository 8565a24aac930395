"""Envoy behind a load balancer: whom it believes about the caller, and that streams come through."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import pytest
from websockets.sync.client import connect

from parlando_client.supervisor.envoy import Front, envoy
from tests.e2e.conftest import clean_environment
from tests.e2e.relay import relayed
from tests.e2e.test_envoy_alone import until_it_listens
from tests.e2e.through import PATIENCE, Through
from tests.ports import free_port

_CALLER = "203.0.113.7"
_LIE = "198.51.100.9"


class _Telling(BaseHTTPRequestHandler):
    """An edge that tells what it was sent."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with the headers."""
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


_NOBODY = "xff_num_trusted_hops: 0"
"""Whom Envoy trusts where nobody is in front of it, in its configuration."""


async def _never() -> None:
    raise AssertionError


@contextmanager
def _envoy(trusted_hops: int) -> Iterator[str]:
    """Run Envoy before an edge that tells what it was sent; yield its URL."""
    edge = ThreadingHTTPServer(("127.0.0.1", 0), _Telling)
    serving = threading.Thread(target=edge.serve_forever)
    serving.start()
    front = Front(port=free_port(), admin_port=free_port())
    child = envoy(front, [edge.server_port], [free_port()], _never)
    trusting = [each.replace(_NOBODY, f"{_NOBODY[:-1]}{trusted_hops}") for each in child.command]
    try:
        with subprocess.Popen(trusting, env=clean_environment()) as process:
            try:
                until_it_listens(front.port)
                yield f"http://127.0.0.1:{front.port}/"
            finally:
                process.terminate()
    finally:
        edge.shutdown()
        serving.join()
        edge.server_close()


@pytest.mark.parametrize(
    ("hops", "forwarded", "told", "scheme"),
    [
        # Nobody in front: what a caller says of itself is not believed.
        (0, _CALLER, "127.0.0.1", "http"),
        # A balancer that says whom it serves.
        (1, _CALLER, _CALLER, "https"),
        # And a caller that lies to it: the balancer adds what is true.
        (1, f"{_LIE}, {_CALLER}", _CALLER, "https"),
        (2, f"{_CALLER}, 10.0.0.1", _CALLER, "https"),
    ],
)
def test_the_caller_is_who_the_last_trusted_hop_says(
    hops: int, forwarded: str, told: str, scheme: str
) -> None:
    headers = {"x-forwarded-for": forwarded, "x-forwarded-proto": "https", "x-parlando-tier": "gold"}
    with _envoy(hops) as url:
        seen: Mapping[str, str] = httpx2.get(url, headers=headers, timeout=PATIENCE).json()
    assert seen["x-envoy-external-address"] == told
    assert seen["x-forwarded-proto"] == scheme
    assert seen["x-forwarded-for"].startswith(f"{forwarded},")  # Envoy adds its own hop
    assert "x-parlando-tier" not in seen


def test_streams_and_websockets_come_through_a_relay(through: Through) -> None:
    with relayed(through.port) as port:
        body = {"input": "Hello.", "voice": "alloy", "response_format": "pcm"}
        answer = httpx2.post(f"http://127.0.0.1:{port}/v1/audio/speech", json=body, timeout=PATIENCE)
        assert answer.status_code == 200
        assert len(answer.content) > 10_000
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello."}]}
        with connect(f"ws://127.0.0.1:{port}/v1/realtime", open_timeout=PATIENCE) as socket:
            socket.send(json.dumps({"type": "response.create", "response": {"input": [item]}}))
            event = json.loads(socket.recv(timeout=PATIENCE))
            while event["type"] != "response.done":
                event = json.loads(socket.recv(timeout=PATIENCE))
        assert event["response"]["status"] == "completed"

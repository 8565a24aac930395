"""The roads of OpenAI's clients: Realtime over WebSocket, and one HTTP request."""

from __future__ import annotations

import json
import re
import time
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Any

from websockets.sync.client import ClientConnection, connect

from parlando_client.latency.figures import TEXT, Kind, Latency

_SECONDS = 30.0
_FIRST_CHUNK = re.compile(r"first-chunk;dur=([0-9.]+)")


class RoadError(Exception):
    """The service did not speak; the message says why, in its words."""


def opened(address: str) -> ClientConnection:
    """Return a Realtime connection whose session has begun.

    Args:
        address: "host:port" of the public listener.

    Raises:
        OSError: nothing answers there.
    """
    socket = connect(f"ws://{address}/v1/realtime", open_timeout=_SECONDS, max_size=None, proxy=None)
    _until(socket, "session.created")
    return socket


def realtime(socket: ClientConnection, engine: str, deltas: int) -> list[Latency]:
    """Speak, cancel once so many deltas of audio have come, and return what was measured.

    Raises:
        RoadError: the service did not speak.
    """
    _send(socket, "session.update", session={"type": "realtime", "parlando": {"engine": engine}})
    _until(socket, "session.updated")
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": TEXT}]}
    began = time.perf_counter()
    _send(socket, "response.create", response={"conversation": "none", "input": [item]})
    measured: list[Latency] = []
    cancelled_at: float | None = None
    seen, last = 0, 0.0
    while True:
        event = _next(socket)
        now = time.perf_counter()
        if event["type"] == "response.output_audio.delta":
            if seen == 0:
                measured.append(Latency(Kind("first chunk", "Realtime", "client", engine), now - began))
            seen += 1
            if cancelled_at is not None:
                last = now - cancelled_at
        if event["type"] == "response.done":
            break
        if cancelled_at is None and seen >= deltas:
            cancelled_at = time.perf_counter()
            _send(socket, "response.cancel")
    if event["response"]["status"] == "cancelled":
        measured.append(Latency(Kind("cancel, last byte", "Realtime", "client", engine), last))
    return measured


def http(address: str, engine: str, _frames: int) -> list[Latency]:
    """Ask for a text, wait for its first bytes, and abort; return what was measured.

    Raises:
        OSError: nothing answers there.
        RoadError: the service did not speak.
    """
    connection = HTTPConnection(address, timeout=_SECONDS)
    body = json.dumps({"model": engine, "voice": "alloy", "input": TEXT, "response_format": "pcm"})
    try:
        connection.connect()
        began = time.perf_counter()
        connection.request("POST", "/v1/audio/speech", body, {"content-type": "application/json"})
        response = connection.getresponse()
        if response.status != HTTPStatus.OK:
            raise RoadError(f"POST /v1/audio/speech was answered with {response.status}")
        response.read1(1)
        measured = [Latency(Kind("first chunk", "HTTP", "client", engine), time.perf_counter() - began)]
        timing = _FIRST_CHUNK.search(response.getheader("server-timing", ""))
        if timing is not None:
            measured.append(Latency(Kind("first chunk", "HTTP", "edge", engine), float(timing[1]) / 1000))
        return measured
    finally:
        connection.close()


def _send(socket: ClientConnection, kind: str, **fields: Any) -> None:
    socket.send(json.dumps({"type": kind, **fields}))


def _next(socket: ClientConnection) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(socket.recv(timeout=_SECONDS))
    failed = event.get("response", {}).get("status") == "failed"
    if event["type"] == "error" or failed:
        error = event["response"]["status_details"]["error"] if failed else event["error"]
        raise RoadError(str(error["message"]))
    return event


def _until(socket: ClientConnection, kind: str) -> None:
    while _next(socket)["type"] != kind:
        pass

"""One text spoken over a Realtime connection, whatever library holds that: what a caller hears, and when."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any, Protocol


class Socket(Protocol):
    """A connection that blocks."""

    def send(self, message: str) -> Any:
        """Send a message."""
        ...

    def recv(self) -> str | bytes:
        """Return the next one."""
        ...


@dataclass(frozen=True)
class Heard:
    """What became of it.

    Attributes:
        first: seconds until the first sound; None where none came.
        whole: seconds until its end.
        error: the code that its caller was told; "" where it came to its end.
    """

    first: float | None
    whole: float
    error: str


def until_begun(socket: Socket) -> None:
    """Read until the session has begun; raises as `speak`."""
    while _event(socket)["type"] != "session.created":
        pass


def speak(socket: Socket, text: str) -> Heard:
    """Have a text spoken, and read all that comes of it, so that what follows is the next one's.

    Raises:
        ConnectionError: the connection was closed; what the library raises of it passes through.
    """
    content = [{"type": "input_text", "text": text}]
    response = {"input": [{"type": "message", "role": "user", "content": content}]}
    first: float | None = None
    began = time.perf_counter()
    socket.send(json.dumps({"type": "response.create", "response": response}))
    while True:
        event = _event(socket)
        now = time.perf_counter() - began
        if event["type"] == "error":
            return Heard(first, now, str(event["error"]["code"]))
        if event["type"] == "response.output_audio.delta" and first is None:
            first = now
        if event["type"] == "response.done":
            return Heard(first, now, _error(event["response"]) or ("" if first is not None else "no sound"))


def _event(socket: Socket) -> dict[str, Any]:
    message = socket.recv()
    if not message:  # how websocket-client tells that it was closed
        raise ConnectionError("the connection was closed")
    event: dict[str, Any] = json.loads(message)
    return event


def _error(response: dict[str, Any]) -> str:
    if response["status"] == "failed":
        return str(response["status_details"]["error"]["code"])
    return "" if response["status"] == "completed" else str(response["status"])

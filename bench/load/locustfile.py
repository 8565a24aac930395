# /// script
# requires-python = ">=3.11"
# dependencies = ["locust==2.47.0", "websocket-client==1.9.2"]
# ///
"""Parlando under Locust, for those who use it: HTTP and Realtime, first chunk and whole answers.

    make locust ARGS="--host http://127.0.0.1:8080 --headless --users 20 --spawn-rate 5 --run-time 30s"

uv runs it, and fetches what the lines above name. With those two in an environment of your own it is
`locust -f bench/load/locustfile.py` with the same words.

Locust's users are a closed loop: each waits for its answer before it asks again, so a system that stands
still is asked less (`python -m load` does not let it off). Not part of the project's environment: Locust
patches the whole process by gevent.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from locust import HttpUser, User, between, main, task
from locust.exception import CatchResponseError
from websocket import WebSocket, WebSocketException, create_connection

sys.path.append(str(Path(__file__).parents[1]))  # Locust runs this file alone

from load import asking, reading

TEXT = "The quick brown fox jumps over the lazy dog near the river bank."


class HttpCaller(HttpUser):
    """Asks for speech over HTTP."""

    wait_time = between(0.5, 2.0)

    @task
    def speak(self) -> None:
        """Read an answer as it comes."""
        asked = {"input": TEXT, "voice": "alloy", "response_format": "pcm"}
        began = time.perf_counter()
        with self.client.post("/v1/audio/speech", json=asked, stream=True, catch_response=True) as answer:
            if answer.error is not None:  # there is none
                answer.failure(type(answer.error).__name__)
                return
            heard = reading.read(answer, began)
            if heard.first is not None:
                _note(self, "HTTP first chunk", heard.first)
            if heard.error:
                answer.failure(heard.error)
            else:
                _note(self, "HTTP whole", heard.whole)


class RealtimeCaller(User):
    """Holds a Realtime session, and has something said now and then."""

    wait_time = between(0.5, 2.0)
    socket: WebSocket | None = None

    def on_stop(self) -> None:
        """Leave the session."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    @task
    def speak(self) -> None:
        """Have a text spoken to its end, in a session that is opened first, and again where it was lost."""
        name, began = "Realtime connect", time.perf_counter()
        try:
            if self.socket is None:
                address = self.host.replace("http", "ws", 1)
                self.socket = create_connection(f"{address}/v1/realtime", timeout=30)
                asking.until_begun(self.socket)
                _note(self, name, time.perf_counter() - began)
            name, began = "Realtime whole", time.perf_counter()
            heard = asking.speak(self.socket, TEXT)
        except (OSError, WebSocketException) as error:
            _note(self, name, time.perf_counter() - began, CatchResponseError(type(error).__name__))
            self.on_stop()
            return
        if heard.first is not None:
            _note(self, "Realtime first chunk", heard.first)
        _note(self, "Realtime whole", heard.whole, CatchResponseError(heard.error) if heard.error else None)


def _note(user: User, name: str, seconds: float, error: Exception | None = None) -> None:
    user.environment.events.request.fire(
        request_type="speech",
        name=name,
        response_time=seconds * 1000,
        response_length=0,
        exception=error,
        context={},
    )


if __name__ == "__main__":
    sys.argv[1:1] = ["-f", __file__]
    main.main()

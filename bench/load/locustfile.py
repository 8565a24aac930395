# /// script
# requires-python = ">=3.11"
# dependencies = ["locust==2.47.0", "websocket-client==1.8.0"]
# ///
"""Parlando under Locust, for those who use it: HTTP and Realtime, first chunk and whole answers.

    uvx --from locust==2.47.0 --with websocket-client locust -f bench/load/locustfile.py \
        --host http://127.0.0.1:8080 --headless --users 20 --spawn-rate 5 --run-time 30s

Locust's users are a closed loop: each waits for its answer before it asks again, so a system that stands
still is asked less (`python -m load` does not let it off). Not part of the project's environment: Locust
patches the whole process by gevent.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from locust import HttpUser, User, between, task
from websocket import WebSocketException, create_connection

sys.path.append(str(Path(__file__).parents[1]))  # Locust runs this file alone

from load import asking

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
            if answer.status_code != 200:
                answer.failure(f"status {answer.status_code}")
                return
            size = 0
            for piece in answer.iter_content(None):
                if not size:
                    _note(self, "HTTP first chunk", time.perf_counter() - began)
                size += len(piece)
            if not size:
                answer.failure("no sound")


class RealtimeCaller(User):
    """Holds a Realtime session, and has something said now and then."""

    wait_time = between(0.5, 2.0)

    def on_start(self) -> None:
        """Open the session."""
        address = self.host.replace("http", "ws", 1)
        self.socket = create_connection(f"{address}/v1/realtime", timeout=30)
        asking.until_begun(self.socket)

    def on_stop(self) -> None:
        """Leave it."""
        self.socket.close()

    @task
    def speak(self) -> None:
        """Have a text spoken to its end; a connection that was lost is opened again."""
        began = time.perf_counter()
        try:
            heard = asking.speak(self.socket, TEXT)
        except (OSError, WebSocketException) as error:
            _note(self, "Realtime whole", time.perf_counter() - began, error)
            self.on_stop()
            self.on_start()
            return
        if heard.first is not None:
            _note(self, "Realtime first chunk", heard.first)
        _note(self, "Realtime whole", heard.whole, RuntimeError(heard.error) if heard.error else None)


def _note(user: User, name: str, seconds: float, error: Exception | None = None) -> None:
    user.environment.events.request.fire(
        request_type="speech",
        name=name,
        response_time=seconds * 1000,
        response_length=0,
        exception=error,
        context={},
    )

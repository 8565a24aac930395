"""What the engines' tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from speech_server import SpeechServer


@pytest.fixture(scope="session")
def serving() -> Iterator[SpeechServer]:
    """A local server, for all tests that need no other."""
    server = SpeechServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(serving: SpeechServer) -> SpeechServer:
    """The local server, as new."""
    serving.mend()
    serving.voices = serving.event = serving.tokens = serving.refused = None
    serving.uploaded = serving.older = None
    serving.models.clear()
    serving.connections.clear()
    serving.content_type = "audio/pcm"
    return serving

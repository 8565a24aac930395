"""What the tests of ElevenLabs' engine share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from elevenlabs_server import ElevenLabsServer


@pytest.fixture
def server() -> Iterator[ElevenLabsServer]:
    """A local server."""
    server = ElevenLabsServer()
    server.start()
    yield server
    server.stop()

"""What the tests of ElevenLabs' engine share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from elevenlabs_server import ElevenLabsServer
from hypothesis import settings

# A busy machine must not fail a property; in CI the same cases are tried each time.
settings.register_profile("parlando", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("parlando")


@pytest.fixture
def server() -> Iterator[ElevenLabsServer]:
    """A local server."""
    server = ElevenLabsServer()
    server.start()
    yield server
    server.stop()

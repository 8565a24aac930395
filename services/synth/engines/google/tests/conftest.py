"""What the tests of Google's engines share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from google_server import GoogleServer
from hypothesis import settings

# A busy machine must not fail a property; in CI the same cases are tried each time.
settings.register_profile("parlando", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("parlando")


@pytest.fixture(scope="session")
def serving() -> Iterator[GoogleServer]:
    """A local server, for all tests but those of the contract."""
    server = GoogleServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(serving: GoogleServer) -> GoogleServer:
    """The local server, as new."""
    serving.mend()
    serving.unmarked = frozenset()
    serving.requests, serving.keys = [], set()
    return serving

"""What the tests of AllTalk's engine share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alltalk_server import AllTalkServer


@pytest.fixture
def server() -> Iterator[AllTalkServer]:
    """A local server."""
    server = AllTalkServer()
    server.start()
    yield server
    server.stop()

"""A conversation is let go with its connection, and not when Python next looks for cycles."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from tests.unit.edge.realtime import SPEECH, Client


@pytest.fixture
def _no_search() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_search")
def test_a_core_is_gone_as_soon_as_nobody_holds_it() -> None:
    client = Client()
    client.begin()
    client.ask()
    client.hear(*SPEECH)
    client.ask()
    client.send("response.cancel")
    client.send("none")
    gone = weakref.ref(client.protocol)
    del client
    assert gone() is None

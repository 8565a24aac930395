"""A conversation is let go with its connection, and not when Python next looks for cycles."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from copy import deepcopy

import pytest

from tests.unit.edge.realtime import SPEECH, Client, user_item


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


_MOST_OBJECTS = 8
"""That Python's search for cycles may find of one response that is over: thousands of sessions keep them."""


def test_what_is_kept_of_a_response_is_a_few_objects() -> None:
    client, count = Client(), 50
    client.begin()
    client.ask()
    client.hear(*deepcopy(SPEECH))  # words of its own
    client.commands.clear()
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(count):
        client.send("response.create", response={"input": [user_item()]})
        client.hear(*deepcopy(SPEECH))
        client.commands.clear()
    gc.collect()
    assert len(gc.get_objects()) - before <= _MOST_OBJECTS * count

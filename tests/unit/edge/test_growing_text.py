"""Text that is still being written: ours, for sessions that use it."""

from __future__ import annotations

from typing import Any

import pytest

from parlando_edge.dialogue import LONGEST_TEXT
from parlando_edge.ports import AudioMade, Finished, Flushed, FragmentBegun, Started
from parlando_edge.realtime.outputs import EndText, Flush, KeepTurn, Speak, Write
from parlando_kit.spans import Span
from tests.unit.edge.realtime import SAMPLES, Client, types, user_item

_GROWING = {"parlando": {"text_stream": True}}


def _begun(**response: Any) -> Client:
    client = Client()
    assert types(client.send("response.create", response={**_GROWING, **response})) == ["response.created"]
    return client


def test_text_is_spoken_as_it_is_written() -> None:
    client = _begun()
    response_id = client.order.response_id
    assert (client.text, client.order.answer) == ("", None)
    assert client.send("parlando.text.append", delta="Hello ") == []
    assert client.send("parlando.text.append", delta="big ") == []
    assert client.send("parlando.text.flush", flush_id="f1") == []
    client.hear(Started("espeak", "en"), FragmentBegun(Span(0, 10)), AudioMade(b"\1\0", SAMPLES))
    (flushed,) = client.hear(Flushed(1))
    assert (flushed["type"], flushed["response_id"], flushed["flush_id"]) == (
        "parlando.text.flushed",
        response_id,
        "f1",
    )
    client.send("parlando.text.append", delta="world.")
    assert client.send("parlando.text.end") == []
    assert client.commands[1:] == [
        Write(response_id, "Hello "),
        Write(response_id, "big "),
        Flush(response_id, 1),
        Write(response_id, "world."),
        EndText(response_id),
    ]
    done = client.hear(Finished(16 * SAMPLES, 16, ()))[-1]["response"]
    assert done["output"][0]["content"][0]["transcript"] == "Hello big world."
    assert done["usage"]["input_tokens"] == 16
    (kept,) = [command for command in client.commands if isinstance(command, KeepTurn)]
    assert kept.turn.text == "Hello big world."


def test_it_may_begin_with_a_text_and_leaves_waiting_items_alone() -> None:
    assert _begun(input=[user_item("Well: ")]).text == "Well: "
    client = Client()
    client.send("conversation.item.create", item=user_item("Later."))
    client.send("response.create", response=_GROWING)
    assert client.text == ""
    client.send("response.cancel")
    client.send("response.create")
    assert client.text == "Later."


def test_an_item_that_it_begins_with_waits_no_longer() -> None:
    client = Client()
    client.send("conversation.item.create", item=user_item("Well: ", id="item_w"))
    begins_with = [{"type": "item_reference", "id": "item_w"}]
    client.send("response.create", response={**_GROWING, "input": begins_with})
    assert client.text == "Well: "
    client.send("response.cancel")
    client.ask("And on.")
    assert client.text == "And on."


@pytest.mark.parametrize("kind", ["parlando.text.append", "parlando.text.flush", "parlando.text.end"])
def test_where_no_text_is_being_written_none_is_taken(kind: str) -> None:
    client = Client()
    assert client.send(kind, delta="x")[0]["error"]["code"] == "text_stream_not_active"
    client.ask()  # its text is whole
    assert client.send(kind, delta="x")[0]["error"]["code"] == "text_stream_not_active"
    ended = _begun()
    ended.send("parlando.text.end")
    assert ended.send(kind, delta="x")[0]["error"]["code"] == "text_stream_not_active"
    cancelled = _begun()
    cancelled.send("response.cancel")
    assert cancelled.send(kind, delta="x")[0]["error"]["code"] == "text_stream_not_active"


def test_a_text_has_a_bound_and_so_have_flushes() -> None:
    client = _begun()
    client.send("parlando.text.append", delta="x" * (LONGEST_TEXT - 1))
    (error,) = client.send("parlando.text.append", delta="yz")
    assert (error["error"]["code"], error["error"]["param"]) == ("string_above_max_length", "delta")
    assert client.send("parlando.text.append", delta="y") == []
    assert client.send("parlando.text.append")[0]["error"]["param"] == "delta"
    assert [client.send("parlando.text.flush") for _ in range(100)] == [[]] * 100
    (error,) = client.send("parlando.text.flush")
    assert error["error"]["code"] == "overloaded"
    client.hear(Flushed(1))
    assert client.send("parlando.text.flush") == []


def test_a_wrong_wish_for_it_is_named() -> None:
    (error,) = Client().send("response.create", response={"parlando": {"text_stream": "yes"}})
    assert error["error"]["param"] == "response.parlando.text_stream"


def test_a_cancel_ends_it_and_its_flushes_are_not_answered() -> None:
    client = _begun()
    client.send("parlando.text.append", delta="Hello")
    client.send("parlando.text.flush")
    assert client.send("response.cancel")[-1]["response"]["status"] == "cancelled"
    assert client.hear(Flushed(1)) == []
    assert sum(isinstance(command, Speak) for command in client.commands) == 1

"""What a client says it has heard, and what it is told of that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlando_edge.dialogue import Verbatim
from parlando_edge.ports import AudioMade, Finished, WordsTimed
from parlando_edge.realtime.dialect import Beta, Today
from parlando_edge.realtime.outputs import Event, KeepTurn
from parlando_edge.realtime.protocol import RealtimeProtocol
from parlando_edge.realtime.session import SessionConfig
from parlando_edge.session_ports import Turn, TurnRole, TurnStatus
from tests.unit.edge.realtime import SAMPLES, SPEECH, TEXT, WORDS, Client, types, user_item

HELLO, REST = "Hello ", "big world."
_HALF = 6 * SAMPLES
_CANCELLED = Finished(_HALF, 16, WORDS[:1])


def truncate(client: Client, item_id: str, until_ms: int, **fields: Any) -> Event:
    """Say where listening stopped, and return the one event that answers."""
    fields = {"content_index": 0, "audio_end_ms": until_ms, **fields}
    (answer,) = client.send("conversation.item.truncate", item_id=item_id, **fields)
    return answer


def retrieve(client: Client, item_id: str) -> Event:
    """Return an item."""
    (answer,) = client.send("conversation.item.retrieve", item_id=item_id)
    assert answer["type"] == "conversation.item.retrieved"
    item: Event = answer["item"]
    return item


def spoken(client: Client) -> str:
    """Have the text spoken to its end, and return the id of its item."""
    client.ask()
    item_id: str = client.hear(*SPEECH)[0]["item"]["id"]
    return item_id


def begun(client: Client) -> str:
    """Have the text spoken to the middle of its second word, and return the id of its item."""
    client.ask()
    item_id: str = client.hear(*SPEECH[:4])[0]["item"]["id"]
    return item_id


def kept(client: Client) -> Turn:
    """Return the last turn that was remembered."""
    return [command.turn for command in client.commands if isinstance(command, KeepTurn)][-1]


def test_an_item_that_was_cut_short_shows_what_was_heard_and_what_was_not() -> None:
    client = Client()
    item_id = spoken(client)
    assert "parlando" not in retrieve(client, item_id)
    answer = truncate(client, item_id, 70)
    del answer["event_id"]
    assert answer == {
        "type": "conversation.item.truncated",
        "item_id": item_id,
        "content_index": 0,
        "audio_end_ms": 70,
    }
    item = retrieve(client, item_id)
    assert item["parlando"] == {
        "heard_text": HELLO,
        "unheard_text": REST,
        "audio_end_ms": 70,
        "quality": "exact",
    }
    assert item["content"] == [{"type": "output_audio", "transcript": HELLO}]
    turn = kept(client)
    assert (turn.id, turn.status, turn.played) == (item_id, TurnStatus.COMPLETED, 7 * SAMPLES)
    assert turn.heard is not None
    assert turn.heard.words == WORDS[:1]


def test_nothing_and_all_can_be_heard() -> None:
    client = Client()
    item_id = spoken(client)
    truncate(client, item_id, 160)
    item = retrieve(client, item_id)["parlando"]
    assert (item["heard_text"], item["unheard_text"]) == (TEXT, "")
    truncate(client, item_id, 0)
    item = retrieve(client, item_id)["parlando"]
    assert (item["heard_text"], item["unheard_text"]) == ("", TEXT)


def test_audio_that_was_cut_off_cannot_be_heard_later() -> None:
    client = Client()
    item_id = spoken(client)
    assert truncate(client, item_id, 100)["type"] == "conversation.item.truncated"
    assert truncate(client, item_id, 80)["type"] == "conversation.item.truncated"
    error = truncate(client, item_id, 90)
    assert (error["type"], error["error"]["code"]) == ("error", "invalid_value")
    assert "80ms is already shorter than 90ms" in error["error"]["message"]
    assert kept(client).played == 8 * SAMPLES


def test_what_is_longer_than_the_audio_is_refused_and_changes_nothing() -> None:
    client = Client()
    item_id = spoken(client)
    error = truncate(client, item_id, 161, event_id="mine")["error"]
    assert (error["type"], error["code"], error["param"], error["event_id"]) == (
        "invalid_request_error",
        "invalid_value",
        "audio_end_ms",
        "mine",
    )
    assert "parlando" not in retrieve(client, item_id)
    assert kept(client).played is None


@pytest.mark.parametrize("missing", ["item_id", "content_index", "audio_end_ms"])
def test_every_field_is_needed(missing: str) -> None:
    client = Client()
    item_id = spoken(client)
    fields = {"item_id": item_id, "content_index": 0, "audio_end_ms": 0}
    del fields[missing]
    (error,) = client.send("conversation.item.truncate", **fields)
    assert (error["type"], error["error"]["param"]) == ("error", missing)


@pytest.mark.parametrize(
    ("field", "value"), [("content_index", 1), ("content_index", "0"), ("audio_end_ms", -1)]
)
def test_a_field_that_is_wrong_is_named(field: str, value: object) -> None:
    client = Client()
    error = truncate(client, spoken(client), 0, **{field: value})
    assert (error["type"], error["error"]["param"]) == ("error", field)


def test_only_what_was_spoken_here_can_be_cut_short() -> None:
    client = Client()
    client.send("conversation.item.create", item=user_item(id="asked"))
    written = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Yes."}]}
    client.send("conversation.item.create", item={**written, "id": "written"})
    for item_id in ("asked", "written", "nowhere"):
        error = truncate(client, item_id, 0)
        assert (error["type"], error["error"]["param"]) == ("error", "item_id")


def test_the_word_of_the_client_may_come_while_the_response_is_spoken() -> None:
    """It stops nothing; what is made after it was not heard."""
    client = Client()
    item_id = begun(client)
    assert truncate(client, item_id, 61)["type"] == "error"  # no more was sent so far
    assert truncate(client, item_id, 50)["type"] == "conversation.item.truncated"
    assert client.protocol.speaking
    assert (
        retrieve(client, item_id)["parlando"]["unheard_text"] == " big world."
    )  # no later word is timed yet
    events = client.hear(*SPEECH[4:])
    assert events[-1]["response"]["output"][0]["parlando"]["heard_text"] == HELLO
    assert retrieve(client, item_id)["parlando"]["heard_text"] == HELLO
    assert kept(client).played == 5 * SAMPLES


@pytest.mark.parametrize("order", ["cancel first", "truncate first"])
def test_a_barge_in_as_stock_clients_do_it(order: str) -> None:
    client = Client()
    item_id = begun(client)
    if order == "cancel first":
        closed = client.send("response.cancel")
        assert truncate(client, item_id, 50)["type"] == "conversation.item.truncated"
    else:
        assert truncate(client, item_id, 50)["type"] == "conversation.item.truncated"
        closed = client.send("response.cancel")
        (said,) = closed[-1]["response"]["output"]
        assert said["parlando"]["heard_text"] == "Hello"
    assert types(closed)[-1] == "response.done"
    assert not [command for command in client.commands if isinstance(command, KeepTurn)][1:]
    for _ in range(2):  # before the router has told all, and after
        item = retrieve(client, item_id)
        assert item["status"] == "incomplete"
        assert item["parlando"]["heard_text"] + item["parlando"]["unheard_text"] == TEXT
        client.hear(_CANCELLED)
    turn = kept(client)
    assert (turn.status, turn.played, turn.words) == (TurnStatus.INTERRUPTED, 5 * SAMPLES, WORDS[:1])
    assert truncate(client, item_id, 10)["type"] == "conversation.item.truncated"
    assert kept(client).played == SAMPLES


def test_what_a_cancel_kept_from_leaving_was_not_sent() -> None:
    client = Client()
    item_id = begun(client)
    client.hear(WordsTimed(WORDS[1:]), AudioMade(b"\2\0" * 10 * SAMPLES, 10 * SAMPLES))
    client.send("response.cancel")
    client.protocol.dropped(client.order.response_id, 10 * SAMPLES)
    assert truncate(client, item_id, 61)["type"] == "error"
    client.hear(Finished(16 * SAMPLES, 16, WORDS))
    turn = kept(client)
    assert (turn.sample_count, turn.words) == (6 * SAMPLES, WORDS[:1])


def test_an_earlier_item_can_be_cut_short_while_another_is_spoken() -> None:
    client = Client()
    first = spoken(client)
    second = begun(client)
    assert truncate(client, first, 100)["type"] == "conversation.item.truncated"
    assert kept(client).id == first
    assert "parlando" in retrieve(client, first)
    assert "parlando" not in retrieve(client, second)


def test_an_item_that_is_deleted_while_it_is_spoken_is_not_remembered() -> None:
    client = Client()
    item_id = begun(client)
    client.send("conversation.item.delete", item_id=item_id)
    assert truncate(client, item_id, 0)["type"] == "error"
    client.hear(*SPEECH[4:])
    assert kept(client).id != item_id


def test_what_was_not_heard_is_not_spoken_again() -> None:
    client = Client()
    item_id = spoken(client)
    truncate(client, item_id, 50)
    client.send("response.create", response={"input": [{"type": "item_reference", "id": item_id}]})
    assert client.text == HELLO


def test_the_beta_names_parts_its_own_way() -> None:
    client = Client(Beta())
    client.ask()
    item_id = client.hear(*SPEECH)[0]["item"]["id"]
    truncate(client, item_id, 50)
    item = retrieve(client, item_id)
    assert item["content"] == [{"type": "audio", "transcript": HELLO}]
    assert item["parlando"]["unheard_text"] == REST


def test_what_was_said_on_an_earlier_connection_is_known_on_the_next() -> None:
    before = Client()
    item_id = spoken(before)
    truncate(before, item_id, 100)
    turns = {command.turn.id: command.turn for command in before.commands if isinstance(command, KeepTurn)}
    after = Client()
    after.protocol = RealtimeProtocol(
        SessionConfig("sess_1"), Today(), lambda prefix: f"{prefix}_new", Verbatim(), turns.values()
    )
    asked = next(turn for turn in turns.values() if turn.role is TurnRole.USER)
    assert retrieve(after, asked.id)["content"] == [{"type": "input_text", "text": TEXT}]
    assert retrieve(after, item_id) == retrieve(before, item_id)
    assert truncate(after, item_id, 101)["type"] == "error"
    truncate(after, item_id, 50)
    assert retrieve(after, item_id)["parlando"]["heard_text"] == HELLO
    assert kept(after) == replace(turns[item_id], played=5 * SAMPLES)
    after.ask("And on.")
    assert after.text == "And on."  # nothing of before waits to be spoken


def test_an_interrupted_turn_of_an_earlier_connection_shows_what_was_begun() -> None:
    turn = Turn("a", TurnRole.ASSISTANT, TurnStatus.INTERRUPTED, TEXT, WORDS[:1], 24_000, _HALF)
    config = SessionConfig("sess_1")
    protocol = RealtimeProtocol(config, Today(), lambda prefix: f"{prefix}_1", Verbatim(), [turn])
    client = Client()
    client.protocol = protocol
    item = retrieve(client, "a")
    assert (item["status"], item["content"][0]["transcript"]) == ("incomplete", "Hello")


@given(st.lists(st.integers(0, 200), max_size=6), st.integers(0, len(SPEECH)), st.booleans())
def test_heard_and_unheard_are_the_text_whatever_is_said(cuts: list[int], told: int, cancel: bool) -> None:  # noqa: FBT001  # drawn
    client = Client()
    client.ask()
    events = client.hear(*SPEECH[:told])
    item_id = next((e["item"]["id"] for e in events if e["type"] == "response.output_item.added"), "none")
    if cancel:
        client.send("response.cancel")
    least = 10_000
    for number, cut in enumerate(cuts):
        if number == len(cuts) // 2:
            client.hear(*SPEECH[told:])
        if truncate(client, item_id, cut)["type"] == "conversation.item.truncated":
            assert cut <= least
            least = cut
            ours = retrieve(client, item_id)["parlando"]
            assert ours["heard_text"] + ours["unheard_text"] == TEXT
            assert ours["audio_end_ms"] == cut

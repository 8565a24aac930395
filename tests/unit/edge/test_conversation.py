"""The items of a conversation, and the bound on what is remembered of it."""

from __future__ import annotations

import pytest

from parlando_edge.json_fields import Fields
from parlando_edge.realtime.conversation import ROOT, Conversation, Item, parse_item
from parlando_kit.errors import ParlandoError
from tests.unit.edge.realtime import user_item


def test_texts_of_an_item_are_joined() -> None:
    content = [
        {"type": "input_text", "text": "One."},
        {"type": "input_audio", "audio": "AAAA"},
        {"type": "input_image", "image_url": "data:"},
        {"type": "input_text", "text": "Two."},
    ]
    item = parse_item(Fields({"type": "message", "role": "user", "content": content}), "item_1")
    assert (item.text, item.waits) == ("One.\nTwo.", True)
    assert item.body["content"][1:3] == [{"type": "input_audio", "transcript": None}, {"type": "input_image"}]


def test_only_what_a_user_writes_waits_to_be_spoken() -> None:
    for role in ("assistant", "system"):
        assert not parse_item(Fields({**user_item(), "role": role}), "i").waits
    assert not parse_item(Fields(user_item("")), "i").waits
    assert not parse_item(Fields({"type": "function_call_output", "output": "x"}), "i").waits


def test_the_oldest_items_are_forgotten_when_there_is_too_much() -> None:
    conversation = Conversation()
    for number in range(60):
        previous = conversation.add(parse_item(Fields(user_item("x" * 100_000, id=f"i{number}")), ""))
    assert previous == "i58"
    with pytest.raises(ParlandoError, match="no item"):
        conversation.find("i0")
    waiting = [item.id for item in conversation.items() if item.waits]
    assert waiting == [f"i{number}" for number in range(60 - len(waiting), 60)]
    assert 35 < len(waiting) < 45  # 4 MiB of JSON


def test_an_item_that_grew_counts_as_it_is() -> None:
    conversation = Conversation()
    conversation.add(Item("a", "{}"))
    for _ in range(50):
        conversation.replace(Item("a", "x" * 100_000, waits=True))
    assert conversation.find("a").waits
    conversation.add(Item("b", "{}"))
    assert conversation.find("a").waits
    conversation.replace(Item("gone", "{}"))
    with pytest.raises(ParlandoError):
        conversation.find("gone")


def test_what_waits_is_asked_in_the_conversations_order() -> None:
    conversation = Conversation()
    for item_id, after in (("b", ""), ("c", ""), ("a", ROOT), ("said", "b")):
        role = "assistant" if item_id == "said" else "user"
        conversation.add(parse_item(Fields({**user_item(item_id, id=item_id), "role": role}), ""), after)
    assert [item.id for item in conversation.items()] == ["a", "b", "said", "c"]
    assert [item.id for item in conversation.asked()] == ["a", "b", "c"]
    conversation.remove("a")
    conversation.answer(conversation.find("b"))
    assert [item.id for item in conversation.asked()] == ["c"]
    conversation.answer(parse_item(Fields(user_item("another", id="c")), ""))  # no item of this conversation
    assert conversation.find("c").waits
    conversation.answer(conversation.find("c"))
    assert [item.id for item in conversation.asked()] == ["c"]  # nothing waits: what a user wrote last
    conversation.add(Item("more", "{}", "assistant", "More."))
    conversation.replace(Item("b", "{}", "user", "b", waits=True))
    conversation.answer(conversation.find("b"))
    assert [item.id for item in conversation.asked()] == ["c"]
    conversation.add(Item("call", "{}"))
    assert conversation.asked() == []
    conversation.remove("call")
    conversation.remove("c")
    assert [item.id for item in conversation.asked()] == ["b"]


def test_the_item_before_one_is_told_where_it_is_still_there() -> None:
    conversation = Conversation()
    assert conversation.add(Item("a", "{}")) is None
    assert conversation.add(Item("b", "{}")) == "a"
    assert conversation.add(Item("c", "{}"), after="a") == "a"
    assert conversation.add(Item("d", "{}"), after=ROOT) is None
    assert conversation.add(Item("big", "x" * 5_000_000)) is None
    assert [item.id for item in conversation.items()] == ["big"]

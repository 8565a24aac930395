"""What a `response.create` asks for, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from parlando_edge.json_fields import Fields
from parlando_edge.realtime.conversation import LONGEST_ID, LONGEST_TEXT, Conversation, Item, parse_item
from parlando_edge.realtime.session import SessionConfig
from parlando_kit.errors import ParlandoError, Reason

_MOST_METADATA = 16
_LONGEST_METADATA = 512
_MOST_INPUT = 100


@dataclass(frozen=True, slots=True)
class Request:
    """What a response is asked to be.

    Attributes:
        text: what it speaks; at most 100,000 characters.
        config: the session's settings, with the response's own.
        conversation_id: the conversation it joins; "" for none.
        metadata: echoed; None where there was none.
        grows: whether more text is to be written.
    """

    text: str
    config: SessionConfig
    conversation_id: str
    metadata: Mapping[str, str] | None
    grows: bool = False


def parse_request(
    wanted: Fields, config: SessionConfig, conversation: Conversation, conversation_id: str
) -> Request:
    """Return what is asked for. The items it speaks wait no longer.

    Args:
        wanted: the `response` object.
        config: the session's settings.
        conversation: its items, those that wait among them.
        conversation_id: id of the conversation.

    Raises:
        ParlandoError: with the field that is wrong; then every item waits as before.
    """
    own = config.for_response(wanted)
    joins = wanted.one_of("conversation", ("auto", "none"), "auto") == "auto"
    metadata = _metadata(wanted)
    grows = wanted.child("parlando").flag("text_stream", default=False)
    items = [] if grows and not wanted.given("input") else _items(wanted, conversation)
    text = "\n".join(item.text for item in items)
    if not grows and (not text or text.isspace()):
        raise ParlandoError(
            Reason.FIELD_REQUIRED,
            "there is nothing to speak: create an item of role user with input_text, or send response.input",
            field=wanted.at("input"),
        )
    if len(text) > LONGEST_TEXT:
        raise ParlandoError(
            Reason.TEXT_TOO_LONG,
            f"this response has {len(text):,} characters to speak: at most {LONGEST_TEXT:,} go at a time",
            field=wanted.at("input"),
        )
    for item in items:
        item.waits = False
    return Request(text, own, conversation_id if joins else "", metadata, grows)


def _items(wanted: Fields, conversation: Conversation) -> list[Item]:
    """Return the items of `response.input`, or those that wait. Instructions are not spoken."""
    if not wanted.given("input"):
        return conversation.waiting()
    items = []
    for fields in wanted.children("input", most=_MOST_INPUT):
        if fields.values.get("type") == "item_reference":
            items.append(conversation.find(fields.required_text("id", longest=LONGEST_ID), fields.at("id")))
        else:
            items.append(parse_item(fields, ""))
    return [item for item in items if item.text and item.role != "system"]


def _metadata(wanted: Fields) -> dict[str, str] | None:
    """Return the metadata: at most 16 pairs of strings of at most 512 characters."""
    if not wanted.given("metadata"):
        return None
    metadata = wanted.child("metadata")
    if len(metadata.values) > _MOST_METADATA:
        raise ParlandoError(
            Reason.OUT_OF_RANGE,
            f"{wanted.at('metadata')} has more than {_MOST_METADATA} pairs",
            field=wanted.at("metadata"),
        )
    return {name: metadata.text(name, longest=_LONGEST_METADATA) for name in metadata.values}

"""What a `response.create` asks for, checked."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from functools import partial

from parlando_edge.dialogue import Dialogue, Message, Prompt, asked_text
from parlando_edge.json_fields import Fields
from parlando_edge.realtime.conversation import LONGEST_ID, Conversation, Item, parse_item
from parlando_edge.realtime.session import SessionConfig
from parlando_edge.session_ports import TurnRole
from parlando_kit.errors import ParlandoError, Reason

_MOST_METADATA = 16
_LONGEST_METADATA_NAME, _LONGEST_METADATA = 64, 512
_MOST_INPUT = 100


@dataclass(frozen=True, slots=True)
class Request:
    """What a response is asked to be.

    Attributes:
        config: the session's settings, with the response's own.
        conversation_id: the conversation it joins; "" for none.
        metadata: echoed; None where there was none.
        answer: where its words come from; None where the client writes them.
        text: what it begins with, where the client writes on.
    """

    config: SessionConfig
    conversation_id: str
    metadata: Mapping[str, str] | None
    answer: AsyncGenerator[str, None] | None
    text: str = field(default="", repr=False)


def parse_request(
    wanted: Fields,
    config: SessionConfig,
    conversation: Conversation,
    conversation_id: str,
    dialogue: Dialogue,
) -> Request:
    """Return what is asked for. The items it answers wait no longer.

    Args:
        wanted: the `response` object.
        config: the session's settings.
        conversation: its items, those that wait among them.
        conversation_id: id of the conversation.
        dialogue: finds the words, unless the client writes them.

    Raises:
        ParlandoError: with the field that is wrong, or that no answer is to be had; then every item waits as
            before.
    """
    own = config.for_response(wanted)
    joined = conversation_id if wanted.one_of("conversation", ("auto", "none"), "auto") == "auto" else ""
    metadata = _metadata(wanted)
    answer: AsyncGenerator[str, None] | None = None
    text = ""
    grows = wanted.child("parlando").flag("text_stream", default=False)
    if grows or wanted.given("input"):
        items = _input(wanted, conversation) if wanted.given("input") else []
        asked = [item for item in items if item.role != TurnRole.SYSTEM.value]
    else:
        items, asked = conversation.items(), conversation.asked()
    prompt = _prompt(items, asked, own)
    if grows:
        text = asked_text(prompt)
    else:
        answer = dialogue.answer(prompt)
    for item in asked:
        conversation.answer(item)
    return Request(own, joined, metadata, answer, text)


def _prompt(items: list[Item], asked: list[Item], config: SessionConfig) -> Prompt:
    texts = tuple(item.text for item in asked if item.text)
    return Prompt(texts, partial(_messages, items, asked), config.instructions, config.settings)


def _messages(items: list[Item], asked: list[Item]) -> tuple[Message, ...]:
    ids = set(map(id, asked))  # those of a response's own input may have no others
    return tuple(
        Message(TurnRole(item.role), item.text, asked=id(item) in ids) for item in items if item.text
    )


def _input(wanted: Fields, conversation: Conversation) -> list[Item]:
    """Return the items of `response.input`."""
    return [
        conversation.find(fields.required_text("id", longest=LONGEST_ID), fields.at("id"))
        if fields.values.get("type") == "item_reference"
        else parse_item(fields, "")
        for fields in wanted.children("input", most=_MOST_INPUT)
    ]


def _metadata(wanted: Fields) -> dict[str, str] | None:
    """Return the metadata: at most 16 pairs, names of at most 64 characters and values of at most 512."""
    if not wanted.given("metadata"):
        return None
    metadata = wanted.child("metadata")
    if len(metadata.values) > _MOST_METADATA:
        raise ParlandoError(
            Reason.OUT_OF_RANGE,
            f"{wanted.at('metadata')} has more than {_MOST_METADATA} pairs",
            field=wanted.at("metadata"),
        )
    if any(len(name) > _LONGEST_METADATA_NAME for name in metadata.values):
        raise ParlandoError(
            Reason.OUT_OF_RANGE,
            f"{wanted.at('metadata')} has a name of more than {_LONGEST_METADATA_NAME} characters",
            field=wanted.at("metadata"),
        )
    return {name: metadata.text(name, longest=_LONGEST_METADATA) for name in metadata.values}

"""What a `response.create` asks for, checked."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field

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
    if wanted.child("parlando").flag("text_stream", default=False):
        items = _input(wanted, conversation) if wanted.given("input") else []
        text = asked_text(_prompt(items, own))
    else:
        items = _input(wanted, conversation) if wanted.given("input") else conversation.items()
        asked = None if wanted.given("input") else _waiting(items)
        answer = dialogue.answer(_prompt(items, own, asked))
    for item in items:
        item.waits = False
    return Request(own, joined, metadata, answer, text)


def _prompt(items: list[Item], config: SessionConfig, asked: set[str] | None = None) -> Prompt:
    """Return items as messages; asked are those of the ids, or else all but instructions."""
    messages = tuple(
        Message(
            TurnRole(item.role),
            item.text,
            asked=item.id in asked if asked is not None else item.role != TurnRole.SYSTEM.value,
        )
        for item in items
        if item.text
    )
    return Prompt(messages, config.instructions, config.settings)


def _waiting(items: list[Item]) -> set[str]:
    """Return the ids of the items that wait, or else of what a user wrote, unless the user did more since."""
    waiting = {item.id for item in items if item.waits}
    last = next((item for item in reversed(items) if item.role in ("", TurnRole.USER.value)), None)
    return waiting or ({last.id} if last is not None and last.text else set())


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

"""The items of one conversation, in order, and which of them are still to be spoken."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from parlando_edge.dialogue import LONGEST_TEXT
from parlando_edge.json_fields import Fields
from parlando_edge.openai_errors import NamedError
from parlando_edge.realtime.kept_words import WORD_BYTES, KeptWords
from parlando_edge.session_ports import Turn, TurnRole
from parlando_kit.errors import ParlandoError, Reason

_MOST_PARTS = 1_000
_MOST_BYTES = 4 * 1024 * 1024
"""What the items of one conversation may take as JSON, their words' times included; beyond it the oldest are
forgotten."""

LONGEST_ID = 64
"""Longest id of an item, in characters."""

_ROLES = ("user", "assistant", "system")
_KINDS = (
    "message",
    "function_call",
    "function_call_output",
    "mcp_approval_request",
    "mcp_approval_response",
    "mcp_call",
    "mcp_list_tools",
)
_PARTS = ("input_text", "output_text", "input_audio", "output_audio", "input_image")
ROOT = "root"
"""The place before the first item."""


@dataclass(slots=True)
class Item:
    """One item.

    Attributes:
        id: unique in its conversation.
        document: the item as events show it, in JSON, by `document_of`.
        role: "user", "assistant" or "system"; "" where it is no message.
        text: what is written in it; "" where nothing is.
        waits: True while a response is to answer it.
        turn: what was spoken of it; None where nothing was, or not to its end yet.
    """

    id: str
    document: str = field(repr=False)
    role: str = ""
    text: str = field(default="", repr=False)
    waits: bool = False
    turn: Turn | None = None

    @property
    def body(self) -> dict[str, Any]:
        """The item as events show it."""
        shown: dict[str, Any] = orjson.loads(self.document)
        return shown


def document_of(body: Mapping[str, Any]) -> str:
    """Return an item's body as it is kept: one object of its length. The bytes of orjson take 4 KB each."""
    return orjson.dumps(body).decode()


def parse_item(fields: Fields, new_id: str) -> Item:
    """Return the item a client sent; audio and pictures in it are not kept.

    Args:
        fields: the item.
        new_id: its id where the client gave none.

    Raises:
        ParlandoError: with the field that is wrong.
    """
    if not fields.given("type"):
        raise ParlandoError(Reason.FIELD_REQUIRED, f"{fields.at('type')} is missing", field=fields.at("type"))
    kind = fields.one_of("type", _KINDS, "message")
    item_id = fields.text("id", longest=LONGEST_ID) or new_id
    head = {"id": item_id, "object": "realtime.item", "type": kind, "status": "completed"}
    if kind != "message":
        given = {name: value for name, value in fields.values.items() if value is not None}
        return Item(item_id, document_of({**given, **head}))
    if not fields.given("role"):
        raise ParlandoError(Reason.FIELD_REQUIRED, f"{fields.at('role')} is missing", field=fields.at("role"))
    role = fields.one_of("role", _ROLES, "user")
    parts = [_part(part) for part in fields.children("content", most=_MOST_PARTS)]
    text = "\n".join(part["text"] for part in parts if part.get("text"))
    body = {**head, "role": role, "content": parts}
    return Item(item_id, document_of(body), role, text, waits=role == "user" and bool(text))


def _part(fields: Fields) -> dict[str, Any]:
    if not fields.given("type"):
        raise ParlandoError(Reason.FIELD_REQUIRED, f"{fields.at('type')} is missing", field=fields.at("type"))
    kind = fields.one_of("type", _PARTS, "input_text")
    if kind in ("input_text", "output_text"):
        return {"type": kind, "text": fields.text("text", longest=LONGEST_TEXT)}
    if kind == "input_image":
        return {"type": kind}
    transcript = fields.text("transcript", longest=LONGEST_TEXT) if fields.given("transcript") else None
    return {"type": kind, "transcript": transcript}


class Conversation:
    """The items there are."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}  # in order
        self._waiting: dict[str, None] = {}  # ids, in order
        self._done: dict[str, None] = {}  # likewise: what the user did
        self._sizes: dict[str, int] = {}
        self._bytes = 0

    def add(self, item: Item, after: str = "") -> str | None:
        """Put an item after another one ("": at the end), and return the id before it.

        Raises:
            ParlandoError: ID_IN_USE, or OUT_OF_RANGE where `after` is not there.
        """
        if item.id in self._items:
            raise NamedError(
                Reason.ID_IN_USE,
                "item_create_duplicate_item_id",
                "item.id is in use in this conversation: leave it out",
                field="item.id",
            )
        last = previous = next(reversed(self._items), None)
        if after:
            previous = None if after == ROOT else self.find(after, "previous_item_id").id
        self._keep(item)
        if previous != last:
            self._move_behind(previous)
        while self._bytes > _MOST_BYTES and (oldest := next(iter(self._items))) != item.id:
            self.remove(oldest)
        return previous if previous in self._items else None

    def _move_behind(self, previous: str | None) -> None:
        """Move the last item to its place behind another one, or to the front."""
        *items, last = self._items.values()
        place = 0 if previous is None else list(self._items).index(previous) + 1
        self._items = {item.id: item for item in (*items[:place], last, *items[place:])}
        self._waiting, self._done = self._in_order(self._waiting), self._in_order(self._done)

    def _in_order(self, ids: dict[str, None]) -> dict[str, None]:
        return {item_id: None for item_id in self._items if item_id in ids}

    def find(self, item_id: str, path: str = "item_id", code: str = "invalid_value") -> Item:
        """Return an item.

        Args:
            item_id: its id.
            path: where the client named it.
            code: what OpenAI calls it when it is not there.

        Raises:
            NamedError: OUT_OF_RANGE, by that code.
        """
        if item_id not in self._items:
            raise NamedError(Reason.OUT_OF_RANGE, code, f"{path} is no item of this conversation", field=path)
        return self._items[item_id]

    def replace(self, item: Item) -> None:
        """Put an item in the place of the one with its id, if that is still there."""
        if item.id in self._items:
            self._keep(item)

    def remove(self, item_id: str) -> None:
        """Forget an item that is there."""
        del self._items[item_id]
        self._waiting.pop(item_id, None)
        self._done.pop(item_id, None)
        self._bytes -= self._sizes.pop(item_id)

    def items(self) -> list[Item]:
        """Return them, in order."""
        return list(self._items.values())

    def before(self, item: Item) -> list[Item]:
        """Return the items before one that is there, in order."""
        return list(itertools.takewhile(lambda each: each is not item, self._items.values()))

    def is_last(self, item: Item) -> bool:
        """Return whether no item comes after one that is there."""
        return next(reversed(self._items)) == item.id

    def asked(self) -> list[Item]:
        """Return the items that wait, in order.

        Where none does, that is what a user wrote last, unless the user did more since.
        """
        if self._waiting:
            return [self._items[item_id] for item_id in self._waiting]
        last = next((self._items[item_id] for item_id in reversed(self._done)), None)
        return [last] if last is not None and last.text else []

    def answer(self, item: Item) -> None:
        """Note that a response answers an item, of this conversation or not: it waits no longer."""
        item.waits = False
        if self._items.get(item.id) is item:
            self._waiting.pop(item.id, None)

    def _keep(self, item: Item) -> None:
        turn = item.turn
        if turn is not None:
            item.turn = replace(turn, words=KeptWords(turn.words))
        size = _size(item)
        self._bytes += size - self._sizes.get(item.id, 0)
        self._items[item.id], self._sizes[item.id] = item, size
        self._waiting = self._marked(self._waiting, item, item.waits)
        self._done = self._marked(self._done, item, item.role in ("", TurnRole.USER.value))

    def _marked(self, ids: dict[str, None], item: Item, wanted: object) -> dict[str, None]:
        """Return ids with that of an item among them, in order, or without it."""
        if not wanted:
            ids.pop(item.id, None)
        elif item.id not in ids:
            ids[item.id] = None
            if item.id != next(reversed(self._items)):
                return self._in_order(ids)
        return ids


def _size(item: Item) -> int:
    words = len(item.turn.words) if item.turn is not None else 0
    return len(item.document) + words * WORD_BYTES

"""Whether a server's events come in an order that the contract knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from parlando_edge.realtime.outputs import Event

_OPENERS = {
    "response.output_audio.done": "response.content_part.added",
    "response.output_audio_transcript.done": "response.content_part.added",
    "response.content_part.done": "response.content_part.added",
    "response.output_item.done": "response.output_item.added",
    "response.done": "response.created",
}
_REASONS: dict[str, set[str | None]] = {
    "completed": {None},
    "cancelled": {"client_cancelled", "turn_detected"},
    "failed": {None},
}


@dataclass
class Watch:
    """What was seen of one connection, in today's names.

    Attributes:
        active: id of the response under way; "" for none.
        speech: id of the item that becomes of what the user says; "" while nothing is said.
        done: how each response ended, by id.
        why: what the last of them said of its end.
        errors: how often each code of an error was told.
        kinds: how often each event was.
    """

    active: str = ""
    speech: str = ""
    done: dict[str, str] = field(default_factory=dict)
    why: Event = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    _ids: set[str] = field(default_factory=set)
    _items: set[str] = field(default_factory=set)
    _seen: Counter[str] = field(default_factory=Counter)

    def see_all(self, events: Iterable[Event]) -> None:
        """Check events, one after another."""
        for event in events:
            self.see(event)

    def see(self, event: Event) -> None:
        """Check an event against those before it."""
        kind = event["type"]
        assert event["event_id"] not in self._ids, f"{kind}: its event_id was used before"
        self._ids.add(event["event_id"])
        if not self.kinds and kind != "session.created":
            raise AssertionError(f"{kind} came before session.created")
        self.kinds[kind] += 1
        if kind == "error":
            self.errors[event["error"]["code"]] += 1
        elif kind.startswith("conversation.item."):
            self._item(kind, event)
        elif kind.startswith("input_audio_buffer.speech_"):
            self._user(kind, event)
        response_id = event.get("response_id") or event.get("response", {}).get("id")
        if response_id is not None:
            self._response(kind, response_id, event)

    def _response(self, kind: str, response_id: str, event: Event) -> None:
        if kind == "response.created":
            assert self.active == "", "two responses at a time"
            assert response_id not in self.done
            self.active = response_id
            self._seen.clear()
        assert self.active == response_id, f"{kind} outside its response"
        if kind in _OPENERS:
            assert self._seen[_OPENERS[kind]] == 1, f"{kind} closes what was not opened"
            assert self._seen[kind] == 0, f"{kind} came twice"
        if kind.endswith(".delta"):
            assert self._seen["response.content_part.added"] == 1, f"{kind} before its part"
            assert self._seen["response.output_audio.done"] == 0, f"{kind} after its part"
        self._seen[kind] += 1
        if kind == "response.done":
            open_ = [
                closing for closing, opener in _OPENERS.items() if self._seen[opener] != self._seen[closing]
            ]
            assert open_ == [], f"not closed: {open_}"
            response = event["response"]
            assert response["status_details"].get("reason") in _REASONS[response["status"]], response
            self.done[response_id] = response["status"]
            self.why = response["status_details"]
            self.active = ""

    def _item(self, kind: str, event: Event) -> None:
        item_id = event.get("item_id") or event["item"]["id"]
        match kind.rpartition(".")[2]:
            case "added":
                assert item_id not in self._items, "an item was added twice"
                self._items.add(item_id)
            case "retrieved":
                self._items.add(item_id)  # perhaps an earlier connection's
            case "deleted":
                self._items.discard(item_id)

    def _user(self, kind: str, event: Event) -> None:
        if kind.endswith("started"):
            assert self.speech == "", "the user began twice"
            self.speech = event["item_id"]
        else:
            assert event["item_id"] == self.speech, "the user ended what was not begun"
            self.speech = ""

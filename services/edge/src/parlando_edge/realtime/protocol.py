"""The Realtime protocol without I/O: what the client and the engines do goes in, what to do comes out.

The order of events is that of OpenAI's contract. A fault of the client is answered with an `error` event and
never ends the session. Responses are `responding`'s; here are the client's events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import ClassVar

from parlando_edge.barge_in.turns import SpeechBegan, SpeechEdge
from parlando_edge.dialogue import LONGEST_TEXT, Dialogue
from parlando_edge.json_fields import Fields, parse_object
from parlando_edge.openai_errors import NamedError
from parlando_edge.ports import SpeechEvent
from parlando_edge.realtime.conversation import (
    LONGEST_ID,
    Conversation,
    Item,
    parse_item,
)
from parlando_edge.realtime.dialect import Dialect
from parlando_edge.realtime.emitter import Emitter, NewId
from parlando_edge.realtime.hearing import heard_item, items_of, truncate
from parlando_edge.realtime.outputs import ForgetTurn, KeepSettings, KeepTurn, Output
from parlando_edge.realtime.request import parse_request
from parlando_edge.realtime.responding import Responding
from parlando_edge.realtime.session import SessionConfig
from parlando_edge.realtime.user_turns import UserTurns
from parlando_edge.session_ports import KeptSettings, Turn, TurnRole, TurnStatus
from parlando_kit.errors import ParlandoError, Reason

_LONGEST_NAME = 256
_LONGEST_MS = 2**31 - 1
_TURN_ROLES = {"user": TurnRole.USER, "assistant": TurnRole.ASSISTANT, "system": TurnRole.SYSTEM}

NOT_OFFERED = ("output_audio_buffer.clear",)
"""Events of the contract that this service does not take."""


class RealtimeProtocol:
    """The state of one connection.

    Args:
        config: the session's settings at first.
        turns: what was said in the session on earlier connections.
        dialect: the names the client knows events by.
        new_id: makes ids.
        dialogue: finds the words of responses; what it returns is read by the shell.
    """

    def __init__(
        self,
        config: SessionConfig,
        dialect: Dialect,
        new_id: NewId,
        dialogue: Dialogue,
        turns: Iterable[Turn] = (),
    ) -> None:
        self.config = config
        self._dialect = dialect
        self._dialogue = dialogue
        self._new_id = new_id
        self._emitter = Emitter(dialect, new_id)
        self._conversation_id = new_id("conv")
        self._conversation = Conversation()
        for item in items_of(turns):
            self._conversation.add(item)
        self._responding = Responding(self._conversation, self._emitter)
        self._user = UserTurns(self._conversation, self._emitter, new_id)

    @property
    def speaking(self) -> bool:
        """Whether a response is under way."""
        return self._responding.active is not None

    def begin(self) -> list[Output]:
        """Return what to do when the client has connected."""
        return self._emitter.emit({"type": "session.created", "session": self.config.describe()})

    def receive(self, message: str | bytes) -> list[Output]:
        """Return what to do about a message of the client."""
        event_id = None
        try:
            values = parse_object(_text(message))
            if isinstance(values.get("event_id"), str):
                event_id = values["event_id"][:_LONGEST_NAME]
            return self._handle(Fields(self._dialect.incoming(values)))
        except ParlandoError as error:
            return self._emitter.complain(error, event_id)

    def answered(self, response_id: str, piece: str) -> list[Output]:
        """Return what to do about a piece of a response's words."""
        return self._responding.answered(response_id, piece)

    def answer_ended(self, response_id: str) -> list[Output]:
        """Return what to do when a response has all its words."""
        return self._responding.answer_ended(response_id)

    def answer_failed(self, response_id: str, error: ParlandoError) -> list[Output]:
        """Return what to do when the rest of a response's words cannot be had."""
        return self._responding.answer_failed(response_id, error)

    def speech(self, response_id: str, event: SpeechEvent) -> list[Output]:
        """Return what to do about something that happened while a response was spoken."""
        return self._responding.tell(response_id, event)

    def speech_failed(self, response_id: str, error: ParlandoError) -> list[Output]:
        """Return what to do when a response cannot be spoken, or not to its end."""
        return self._responding.fail(response_id, error)

    def dropped(self, response_id: str, samples: int) -> None:
        """Note that samples of a cancelled response were not sent after all."""
        self._responding.dropped(response_id, samples)

    def user(self, edge: SpeechEdge) -> list[Output]:
        """Return what to do when the user has begun to speak, or has ended."""
        if isinstance(edge, SpeechBegan):
            return self._interrupt(edge.at_ms)
        ended = self._user.end(edge.at_ms, self.config)
        return ended + self._answer_user() if ended else []

    def deaf(self, error: ParlandoError) -> list[Output]:
        """Return what to do when the client's audio cannot be listened to."""
        return self._emitter.complain(error, None)

    def expire(self, error: ParlandoError) -> list[Output]:
        """Return what to do when the session has lasted long enough: what is being spoken fails."""
        return [*self._emitter.complain(error, None), *self._responding.stop(error)]

    def end(self) -> list[Output]:
        """Return what is still to be remembered when the client has gone."""
        return self._responding.end()

    def _handle(self, event: Fields) -> list[Output]:
        name = event.text("type", longest=_LONGEST_NAME)
        if not name:
            raise ParlandoError(Reason.FIELD_REQUIRED, "type is missing", field="type")
        if name in NOT_OFFERED:
            raise ParlandoError(Reason.NOT_SUPPORTED, f"{name} is not offered by this service", field="type")
        handler = self._HANDLERS.get(name)
        if handler is None:
            offered = ", ".join(self._HANDLERS)
            raise ParlandoError(
                Reason.OUT_OF_RANGE,
                f"type names no event that is known here: use one of {offered}",
                field="type",
            )
        return handler(self, event)

    def _update_session(self, event: Fields) -> list[Output]:
        session = event.child("session")
        interrupt = session.child("audio").flag("interrupt", default=False)
        before, self.config = self.config, self.config.updated(session)
        outputs = self._emitter.emit({"type": "session.updated", "session": self.config.describe()})
        outputs.append(KeepSettings(KeptSettings(self.config.settings, self.config.document)))
        if self.config.detection is None or self.config.heard != before.heard:
            outputs += self._user.leave(self.config)
        response = self._responding.active
        if interrupt and response is not None:
            outputs += self._responding.cancel(response, "client_cancelled")
        return outputs

    def _create_item(self, event: Fields) -> list[Output]:
        item = parse_item(event.child("item"), self._new_id("item"))
        previous = self._conversation.add(item, event.text("previous_item_id", longest=_LONGEST_NAME))
        body = item.body
        added = {"type": "conversation.item.added", "previous_item_id": previous, "item": body}
        done = {"type": "conversation.item.done", "previous_item_id": previous, "item": body}
        outputs = self._emitter.emit(added, done)
        if item.role and item.text:
            turn = Turn(item.id, _TURN_ROLES[item.role], TurnStatus.COMPLETED, item.text)
            outputs += [*self._responding.keep_begun(), KeepTurn(turn, self._turn_before(item))]
        return outputs

    def _turn_before(self, item: Item) -> str | None:
        """Return the turn behind which a new item is kept, "" for before all; None for behind all."""
        if self._conversation.is_last(item):
            return None
        earlier = reversed(self._conversation.before(item))
        return next((each.id for each in earlier if self._is_kept(each)), "")

    def _is_kept(self, item: Item) -> bool:
        """Return whether an item is a turn: what was written in it, or is or was spoken."""
        spoken = item.turn is not None or self._responding.spoken_as(item.id) is not None
        return spoken or bool(item.role and item.text)

    def _delete_item(self, event: Fields) -> list[Output]:
        item_id = self._item_of(event, "delete").id
        self._conversation.remove(item_id)
        response = self._responding.spoken_as(item_id)
        if response is not None:
            response.forgotten = True
        return [
            *self._emitter.emit({"type": "conversation.item.deleted", "item_id": item_id}),
            ForgetTurn(item_id),
        ]

    def _retrieve_item(self, event: Fields) -> list[Output]:
        item = self._item_of(event, "retrieve")
        return self._emitter.emit({"type": "conversation.item.retrieved", "item": item.body})

    def _truncate_item(self, event: Fields) -> list[Output]:
        """Note where listening stopped. It stops nothing: that is `response.cancel`."""
        item = self._item_of(event, "truncate")
        for name in ("content_index", "audio_end_ms"):
            if not event.given(name):
                raise ParlandoError(Reason.FIELD_REQUIRED, f"{name} is missing", field=name)
        event.whole("content_index", 0, low=0, high=0)
        audio_end_ms = event.whole("audio_end_ms", 0, low=0, high=_LONGEST_MS)
        response = self._responding.spoken_as(item.id)
        said = response.turn() if response is not None else item.turn
        if said is None:
            raise NamedError(
                Reason.OUT_OF_RANGE,
                "unsupported_content_type",
                "only model output audio messages can be truncated: item_id names none",
                field="item_id",
            )
        turn = truncate(said, audio_end_ms)
        told = self._emitter.emit(
            {
                "type": "conversation.item.truncated",
                "item_id": item.id,
                "content_index": 0,
                "audio_end_ms": audio_end_ms,
            }
        )
        if response is None:
            self._conversation.replace(heard_item(replace(item, turn=turn)))
            return [*told, KeepTurn(turn)]
        response.played = turn.played  # its turn is kept once the router is done with it
        self._responding.show(response, turn)
        return told

    def _item_of(self, event: Fields, deed: str) -> Item:
        item_id = event.required_text("item_id", longest=_LONGEST_NAME)
        return self._conversation.find(item_id, code=f"item_{deed}_invalid_item_id")

    def _create_response(self, event: Fields) -> list[Output]:
        self._responding.require_idle()
        return self._begin_response(event.child("response"))

    def _begin_response(self, wanted: Fields) -> list[Output]:
        request = parse_request(
            wanted, self.config, self._conversation, self._conversation_id, self._dialogue
        )
        return self._responding.begin(self._new_id("resp"), self._new_id("item"), request)

    def _cancel_response(self, event: Fields) -> list[Output]:
        response_id = event.text("response_id", longest=_LONGEST_NAME)
        response = self._responding.active
        if response is None or response_id not in ("", response.id):
            raise NamedError(
                Reason.OUT_OF_ORDER,
                "response_cancel_not_active",
                f"Cancellation failed: no response {'of that id ' if response_id else ''}is being spoken",
            )
        return self._responding.cancel(response, "client_cancelled")

    def _append_text(self, event: Fields) -> list[Output]:
        if not event.given("delta"):
            raise ParlandoError(Reason.FIELD_REQUIRED, "delta is missing", field="delta")
        return self._responding.write(event.text("delta", longest=LONGEST_TEXT))

    def _flush_text(self, event: Fields) -> list[Output]:
        return self._responding.flush(event.text("flush_id", longest=LONGEST_ID))

    def _end_text(self, _event: Fields) -> list[Output]:
        return self._responding.end_text()

    def _append_audio(self, event: Fields) -> list[Output]:
        return self._user.append(event, self.config)

    def _clear_audio(self, _event: Fields) -> list[Output]:
        return self._user.clear()

    def _commit_audio(self, _event: Fields) -> list[Output]:
        return self._user.commit(self.config)

    def _interrupt(self, at_ms: int) -> list[Output]:
        """Tell of the user's speech, and be silent. What is outside the conversation is not interrupted."""
        if self.config.detection is None:  # turned off while it was being listened to
            return []
        outputs = self._user.begin(at_ms)
        response = self._responding.active
        if response is not None and response.joins and self.config.interrupts:
            outputs += self._responding.cancel(response, "turn_detected")
        return outputs

    def _answer_user(self) -> list[Output]:
        """Begin a response to what the user said, where the client wants that and there is one to be had."""
        if self.speaking or not self.config.responds:
            return []
        try:
            return self._begin_response(Fields({}))
        except ParlandoError as error:
            # Nobody has asked: that there is nothing to say is no fault.
            return [] if error.reason is Reason.FIELD_REQUIRED else self._emitter.complain(error, None)

    # By name, and of the class: bound methods in an instance would keep its conversation until Python next
    # looks for cycles among all there is.
    _HANDLERS: ClassVar[Mapping[str, Callable[[RealtimeProtocol, Fields], list[Output]]]] = {
        "session.update": _update_session,
        "conversation.item.create": _create_item,
        "conversation.item.delete": _delete_item,
        "conversation.item.retrieve": _retrieve_item,
        "conversation.item.truncate": _truncate_item,
        "response.create": _create_response,
        "response.cancel": _cancel_response,
        "parlando.text.append": _append_text,
        "parlando.text.flush": _flush_text,
        "parlando.text.end": _end_text,
        "input_audio_buffer.append": _append_audio,
        "input_audio_buffer.clear": _clear_audio,
        "input_audio_buffer.commit": _commit_audio,
    }


def _text(message: str | bytes) -> str:
    if isinstance(message, bytes):
        raise ParlandoError(
            Reason.MALFORMED_MESSAGE, "a binary message is not understood: send events as text, in JSON"
        )
    return message

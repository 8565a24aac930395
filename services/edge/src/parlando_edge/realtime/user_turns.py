"""What the user says aloud: the events that tell of it, and the items that become of it."""

from __future__ import annotations

from parlando_edge.json_fields import Fields
from parlando_edge.openai_errors import describe
from parlando_edge.realtime.conversation import Conversation
from parlando_edge.realtime.emitter import Emitter, NewId
from parlando_edge.realtime.input_audio import InputAudio, audio_item
from parlando_edge.realtime.outputs import Event, Output
from parlando_edge.realtime.session import SessionConfig
from parlando_kit.errors import ParlandoError, Reason


class UserTurns:
    """A strict state machine: each turn that has begun ends once, and is one item.

    Args:
        conversation: takes the items.
        emitter: makes outputs of events.
        new_id: makes ids of items.
    """

    def __init__(self, conversation: Conversation, emitter: Emitter, new_id: NewId) -> None:
        self._conversation = conversation
        self._emitter = emitter
        self._new_id = new_id
        self._audio = InputAudio()
        self._item_id = ""  # what the user is saying becomes; "" while nothing is said

    def append(self, event: Fields, config: SessionConfig) -> list[Output]:
        """Return what listens to an `input_audio_buffer.append`.

        Raises:
            ParlandoError: naming `audio`; then nothing of it counts.
        """
        return [*self._audio.append(event, config)]

    def clear(self) -> list[Output]:
        """Return what forgets the audio that is no item yet."""
        self._audio.clear()
        return self._emitter.emit({"type": "input_audio_buffer.cleared"})

    def commit(self, config: SessionConfig) -> list[Output]:
        """Return what makes an item of the audio there is; a turn that is under way ends with it.

        Raises:
            NamedError: it is less than 100 ms.
        """
        self._audio.commit()
        return self.leave(config) or self._committed(self._new_id("item"), config)

    def begin(self, at_ms: int) -> list[Output]:
        """Return what tells that the user has begun to speak."""
        self._item_id = self._new_id("item")
        began = {
            "type": "input_audio_buffer.speech_started",
            "item_id": self._item_id,
            "audio_start_ms": at_ms,
        }
        return self._emitter.emit(began)

    def end(self, at_ms: int, config: SessionConfig) -> list[Output]:
        """Return what tells that the user's turn is over, and makes it an item; nothing where none is."""
        item_id, self._item_id = self._item_id, ""
        if not item_id:
            return []
        self._audio.clear()
        stopped = {"type": "input_audio_buffer.speech_stopped", "item_id": item_id, "audio_end_ms": at_ms}
        return [*self._emitter.emit(stopped), *self._committed(item_id, config)]

    def leave(self, config: SessionConfig) -> list[Output]:
        """Return what ends the turn that is under way where its end would not be heard."""
        return self.end(self._audio.ms, config)

    def _committed(self, item_id: str, config: SessionConfig) -> list[Output]:
        item = audio_item(item_id)
        previous, body = {"previous_item_id": self._conversation.add(item)}, item.body
        return self._emitter.emit(
            {"type": "input_audio_buffer.committed", **previous, "item_id": item_id},
            {"type": "conversation.item.added", **previous, "item": body},
            {"type": "conversation.item.done", **previous, "item": body},
            *([_not_transcribed(item_id)] if config.transcribes else []),
        )


def _not_transcribed(item_id: str) -> Event:
    """Return what tells a client that waits for the user's words that none will come."""
    error = ParlandoError(
        Reason.NOT_SUPPORTED,
        "session.audio.input.transcription is not offered: nothing here understands speech",
        field="session.audio.input.transcription",
    )
    return {
        "type": "conversation.item.input_audio_transcription.failed",
        "item_id": item_id,
        "content_index": 0,
        "error": describe(error),
    }

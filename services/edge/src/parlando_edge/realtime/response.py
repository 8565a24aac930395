"""One response: a text being spoken, as the events that tell of it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

import pybase64

from parlando_edge.dialogue import LONGEST_TEXT
from parlando_edge.openai_errors import describe
from parlando_edge.ports import AudioMade, Finished
from parlando_edge.realtime.hearing import show
from parlando_edge.realtime.outputs import Event
from parlando_edge.realtime.request import Request
from parlando_edge.session_ports import Turn, TurnRole, TurnStatus
from parlando_edge.usage import usage_of
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import Word

_MOST_FLUSHES = 100
_PLACE = {"output_index": 0, "content_index": 0}


class Status(Enum):
    """How a response ended."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


_TURN_STATUS = {
    Status.COMPLETED: TurnStatus.COMPLETED,
    Status.CANCELLED: TurnStatus.INTERRUPTED,
    Status.FAILED: TurnStatus.FAILED,
}


class Response:
    """The state of one response.

    Args:
        response_id: its id.
        item_id: id of the item it speaks.
        request: what it is asked to be.
    """

    def __init__(self, response_id: str, item_id: str, request: Request) -> None:
        self.id = response_id
        self.item_id = item_id
        self.request = request
        self.text = request.text
        self.grows = request.answer is None  # the client may write more text
        self.begun = False
        self.engine = ""
        self.voice = ""
        self.played: int | None = None  # samples the client says it has heard, where it says so
        self.forgotten = False  # its item was deleted
        self.kept = False  # its turn is remembered, as far as it had come
        self._status: Status | None = None
        self._error: ParlandoError | None = None
        self._reason = ""
        self._words: list[Word] = []
        self._flushes: dict[int, str] = {}  # ids of those that are not answered, by number
        self._flushed = 0
        self._samples = 0
        self._rate = request.config.settings.audio.rate
        self._said = 0  # code points of the text that the transcript has
        self._place = {"response_id": response_id, "item_id": item_id, **_PLACE}

    def write(self, text: str) -> bool:
        """Append text, and return True; False where it would be too long, and nothing is appended."""
        if len(self.text) + len(text) > LONGEST_TEXT:
            return False
        self.text += text
        return True

    def flush(self, flush_id: str) -> int:
        """Note a flush, and return its number.

        Raises:
            ParlandoError: OVERLOADED while too many are not answered.
        """
        if len(self._flushes) >= _MOST_FLUSHES:
            raise ParlandoError(
                Reason.OVERLOADED, f"{_MOST_FLUSHES} flushes wait for their answer: wait, too", retry_after=1
            )
        self._flushed += 1
        self._flushes[self._flushed] = flush_id
        return self._flushed

    def flushed(self, number: int) -> Event:
        """Return the event that answers a flush."""
        flush_id = self._flushes.pop(number)
        return {"type": "parlando.text.flushed", "response_id": self.id, "flush_id": flush_id}

    @property
    def refused(self) -> bool:
        """Whether it failed before it began."""
        return self._status is Status.FAILED and not self.begun

    @property
    def joins(self) -> bool:
        """Whether its item becomes part of the conversation."""
        return bool(self.request.conversation_id)

    @property
    def item(self) -> dict[str, Any]:
        """Its item as it stands."""
        head = {"id": self.item_id, "object": "realtime.item", "type": "message", "role": "assistant"}
        item: dict[str, Any] = {**head, "status": "in_progress", "content": []}
        if self._status is not None:
            item["status"] = "completed" if self._status is Status.COMPLETED else "incomplete"
            item["content"] = [{"type": "output_audio", "transcript": self.transcript}]
        return show(item, self.turn()) if self.played is not None else item

    @property
    def transcript(self) -> str:
        """The text that was spoken, or begun."""
        return self.text[: self._said]

    def created(self) -> Event:
        """Return the event that announces it."""
        return {"type": "response.created", "response": self._describe()}

    def begin_item(self, previous_item_id: str | None) -> list[Event]:
        """Return the events before its first audio."""
        self.begun = True
        item = self.item
        events: list[Event] = [
            {"type": "response.output_item.added", "response_id": self.id, "output_index": 0, "item": item}
        ]
        if self.joins:
            events.append(
                {"type": "conversation.item.added", "previous_item_id": previous_item_id, "item": item}
            )
        part = {"type": "audio", "transcript": ""}
        events.append({"type": "response.content_part.added", **self._place, "part": part})
        return events

    def transcribe(self, until: int) -> list[Event]:
        """Return the event that brings the transcript up to a code point of the text."""
        delta = self.text[self._said : until]
        if not delta:
            return []
        self._said = until
        return [{"type": "response.output_audio_transcript.delta", **self._place, "delta": delta}]

    def audio(self, made: AudioMade) -> Event:
        """Return the event that carries audio."""
        self._samples += made.sample_count
        delta = pybase64.b64encode_as_string(made.data)
        return {"type": "response.output_audio.delta", **self._place, "delta": delta}

    def seconds(self, made: AudioMade) -> float:
        """Return how long a piece of its audio is."""
        return made.sample_count / self._rate

    def dropped(self, samples: int) -> None:
        """Note that samples of its audio were not sent after all."""
        self._samples -= samples

    def time(self, words: Sequence[Word]) -> None:
        """Note when words are heard."""
        self._words += words

    def timestamp(self, word: Word) -> Event:
        """Return the event that says when a word is heard; source offsets are code points of the text."""
        return {
            "type": "response.audio_timestamp.delta",
            **self._place,
            "audio_offset_ms": round(word.first_sample * 1000 / self._rate),
            "audio_duration_ms": round(word.sample_count * 1000 / self._rate),
            "text": self.text[word.source.start : word.source.end],
            "timestamp_type": "word",
            "source_start": word.source.start,
            "source_end": word.source.end,
            "quality": word.quality.name.lower(),
        }

    def close(self, status: Status, error: ParlandoError | None = None, reason: str = "") -> list[Event]:
        """Return the events that end it, each `*.done` of what was begun.

        Args:
            status: how it ended.
            error: what failed.
            reason: who cancelled it, as `status_details` says it.
        """
        events = self.transcribe(len(self.text)) if status is Status.COMPLETED else []
        self._status, self._error, self._reason = status, error, reason
        if self.begun:
            transcript, item = self.transcript, self.item
            part = {"type": "audio", "transcript": transcript}
            events += [
                {"type": "response.output_audio.done", **self._place},
                {"type": "response.output_audio_transcript.done", **self._place, "transcript": transcript},
                {"type": "response.content_part.done", **self._place, "part": part},
                {
                    "type": "response.output_item.done",
                    "response_id": self.id,
                    "output_index": 0,
                    "item": item,
                },
            ]
            if self.joins:
                events.append({"type": "conversation.item.done", "item": item})
        return [*events, {"type": "response.done", "response": self._describe()}]

    def turn(self, finished: Finished | None = None) -> Turn:
        """Return it as a turn to remember, with the words whose audio was sent on, as far as known."""
        words = finished.words if finished is not None else self._words
        return Turn(
            id=self.item_id,
            role=TurnRole.ASSISTANT,
            status=_TURN_STATUS[self._status or Status.CANCELLED],
            text=self.text,
            words=tuple(word for word in words if word.first_sample < self._samples),
            rate=self._rate,
            sample_count=self._samples,
            played=min(self.played, self._samples) if self.played is not None else None,
            engine=self.engine,
            voice=self.voice,
            usage=finished.usage if finished is not None else (),
        )

    def _describe(self) -> dict[str, Any]:
        config = self.request.config
        shown: dict[str, Any] = {
            "object": "realtime.response",
            "id": self.id,
            "status": self._status.value if self._status is not None else "in_progress",
            "output": [self.item] if self._status is not None and self.begun else [],
            "output_modalities": ["audio"],
            "audio": {"output": config.output},
            "max_output_tokens": config.shown.get("max_output_tokens") or "inf",
        }
        if self.joins:
            shown["conversation_id"] = self.request.conversation_id
        if self.request.metadata is not None:
            shown["metadata"] = self.request.metadata
        if self._status is not None:
            shown["usage"] = self._usage()
            shown["status_details"] = self._details(self._status)
        return shown

    def _details(self, status: Status) -> dict[str, Any]:
        details: dict[str, Any] = {"type": status.value}
        if self._reason:
            details["reason"] = self._reason
        if self._error is not None:
            details["error"] = {name: said for name, said in describe(self._error).items() if name != "param"}
        return details

    def _usage(self) -> dict[str, Any]:
        return usage_of(len(self.text), self._samples / self._rate)

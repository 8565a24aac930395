"""A Realtime protocol core in the hands of a test: JSON in, events out, commands noted."""

from __future__ import annotations

import itertools
from collections.abc import AsyncGenerator, Iterable
from typing import Any

import orjson

from parlando_edge.dialogue import Dialogue, Verbatim
from parlando_edge.ports import AudioMade, Finished, FragmentBegun, SpeechEvent, Started, WordsTimed
from parlando_edge.realtime.dialect import Dialect, Today
from parlando_edge.realtime.outputs import Emit, EndText, Event, ForgetTurn, KeepTurn, Output, Speak, Write
from parlando_edge.realtime.protocol import RealtimeProtocol
from parlando_edge.realtime.session import SessionConfig
from parlando_edge.session_ports import Turn
from parlando_kit.errors import ParlandoError
from parlando_kit.ledger import TimingQuality, Word
from parlando_kit.spans import Span

SAMPLES = 240  # of each character: 10 ms at 24,000 Hz
TEXT = "Hello big world."
CLOSED = [
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "response.output_item.done",
    "conversation.item.done",
    "response.done",
]
"""Events that end a response which has begun to speak."""


def user_item(text: str = TEXT, **more: Any) -> Event:
    """Return an item of a user who has written something."""
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}], **more}


def word(start: int, end: int) -> Word:
    """Return a word of the text, heard in proportion to its place."""
    return Word(
        Span(start, end), 0, Span(start, end), start * SAMPLES, (end - start) * SAMPLES, TimingQuality.EXACT
    )


WORDS = (word(0, 5), word(6, 9), word(10, 16))

# What the router tells of `TEXT`: two fragments, each with its words and its audio.
SPEECH: tuple[SpeechEvent, ...] = (
    Started("espeak", "en"),
    FragmentBegun(Span(0, 6)),
    WordsTimed(WORDS[:1]),
    AudioMade(b"\1\0" * 6 * SAMPLES, 6 * SAMPLES),
    FragmentBegun(Span(6, 16)),
    WordsTimed(WORDS[1:]),
    AudioMade(b"\2\0" * 10 * SAMPLES, 10 * SAMPLES),
    Finished(16 * SAMPLES, 16, WORDS),
)


class Client:
    """A client and its core. `commands` are the outputs that are no events, in order.

    Answers of the dialogue are read at once, as far as they need wait for nothing.
    """

    def __init__(
        self,
        dialect: Dialect | None = None,
        dialogue: Dialogue | None = None,
        turns: Iterable[Turn] = (),
        **config: Any,
    ) -> None:
        numbers = itertools.count(1)
        self.protocol = RealtimeProtocol(
            SessionConfig("sess_1", **config),
            dialect or Today(),
            lambda prefix: f"{prefix}_{next(numbers)}",
            dialogue or Verbatim(),
            turns,
        )
        self.commands: list[Output] = []

    def take(self, outputs: list[Output]) -> list[Event]:
        """Note the commands, and return the events as JSON carries them."""
        commands = [output for output in outputs if not isinstance(output, Emit)]
        self.commands += commands
        events = [orjson.loads(orjson.dumps(out.event)) for out in outputs if isinstance(out, Emit)]
        assert all(isinstance(event["event_id"], str) for event in events)
        for command in commands:
            if isinstance(command, Speak) and command.answer is not None:
                events += self._read(command.response_id, command.answer)
        return events

    def _read(self, response_id: str, answer: AsyncGenerator[str, None]) -> list[Event]:
        events = []
        while True:
            try:
                anext(answer).send(None)
            except StopIteration as read:
                events += self.take(self.protocol.answered(response_id, read.value))
            except StopAsyncIteration:
                return events + self.take(self.protocol.answer_ended(response_id))
            except ParlandoError as error:
                return events + self.take(self.protocol.answer_failed(response_id, error))

    def begin(self) -> list[Event]:
        """Connect."""
        return self.take(self.protocol.begin())

    def send(self, kind: str, **fields: Any) -> list[Event]:
        """Send an event, and return what is answered."""
        return self.raw(orjson.dumps({"type": kind, **fields}).decode())

    def raw(self, message: str | bytes) -> list[Event]:
        """Send a message as it is."""
        return self.take(self.protocol.receive(message))

    def ask(self, text: str = TEXT, **response: Any) -> list[Event]:
        """Write something and ask for it to be spoken."""
        self.send("conversation.item.create", item=user_item(text))
        return self.send("response.create", response=response)

    @property
    def order(self) -> Speak:
        """The last order to speak."""
        return [command for command in self.commands if isinstance(command, Speak)][-1]

    @property
    def text(self) -> str:
        """What is to be spoken by the last order, as far as it was written."""
        told = [command for command in self.commands if isinstance(command, Write)]
        return self.order.text + "".join(
            write.text for write in told if write.response_id == self.order.response_id
        )

    @property
    def kept(self) -> list[Output]:
        """The commands but for those that tell an order's text."""
        return [command for command in self.commands if not isinstance(command, Write | EndText)]

    @property
    def turns(self) -> list[Turn]:
        """What the session service has by now, in its order: what is kept anew stays in its place."""
        kept: list[Turn] = []
        for command in self.commands:
            if isinstance(command, KeepTurn):
                ids = [turn.id for turn in kept]
                if command.turn.id in ids:
                    kept[ids.index(command.turn.id)] = command.turn
                else:
                    kept.insert(_place(ids, command.previous), command.turn)
            elif isinstance(command, ForgetTurn):
                kept = [turn for turn in kept if turn.id != command.turn_id]
        return kept

    def hear(self, *speech: SpeechEvent) -> list[Event]:
        """Let the router tell something of the last order."""
        response_id = self.order.response_id
        return [event for told in speech for event in self.take(self.protocol.speech(response_id, told))]


def _place(ids: list[str], previous: str | None) -> int:
    """Return where a new turn comes among those of these ids."""
    if previous == "":
        return 0
    return ids.index(previous) + 1 if previous in ids else len(ids)


def types(events: list[Event]) -> list[str]:
    """Return the events' types."""
    return [event["type"] for event in events]

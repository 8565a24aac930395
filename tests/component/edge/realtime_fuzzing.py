"""Random conversations of a grammar on Realtime, and what of the edge is left after them.

    python -m tests.component.edge.realtime_fuzzing EVENTS [SEED]

serves an edge before a scripted router and a session service, sends it so many events on many connections,
and checks the place of every answer (tests/unit/edge/order.py). Each conversation ends with a sentence that
is spoken in full, or with its client vanishing.
"""

from __future__ import annotations

import asyncio
import base64
import gc
import logging
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import orjson
import psutil
from sayings import recorded
from sounds import RATE
from talk import encoded
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from parlando_edge.formats import REALTIME_FORMATS
from parlando_edge.realtime.protocol import RealtimeProtocol
from parlando_edge.realtime.response import Response
from tests.component.edge.serving import Edge, serving, until_idle
from tests.component.edge.sessions import FakeSessions, new_sessions, serving_sessions
from tests.unit.edge.order import Watch

_AT_A_TIME = 8
_LONGEST = 80
_PATIENCE_SECONDS = 60
_SAYINGS, _PIECE_MS = 4, 480
_TEXT = "Hello big world. How are you?"
_VOICES = ("plain", "plain", "hangs", "halts", "breaks", "breaks", "silent", "nobody", "")
_FORMATS = ("audio/pcm", "audio/pcmu", "audio/pcma", "audio/opus", None)
_TODAY = {
    "response.audio.delta": "response.output_audio.delta",
    "response.audio.done": "response.output_audio.done",
    "response.audio_transcript.delta": "response.output_audio_transcript.delta",
    "response.audio_transcript.done": "response.output_audio_transcript.done",
    "conversation.item.created": "conversation.item.added",
}

_Event = dict[str, Any]


@dataclass
class Talk:
    """One connection: what was seen of it, and what a client would know by then."""

    draw: random.Random
    beta: bool
    watch: Watch = field(default_factory=Watch)
    items: list[str] = field(default_factory=list)
    responses: list[str] = field(default_factory=list)
    session_id: str = ""
    refused: set[str] = field(default_factory=set)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self, socket: ClientConnection) -> None:
        """Read until the connection closes."""
        with suppress(ConnectionClosed):
            async for message in socket:
                self._note(orjson.loads(message))

    def _note(self, event: _Event) -> None:
        event["type"] = _TODAY.get(event["type"], event["type"])
        self.watch.see(event)
        if event["type"] == "error":
            self.refused.add(event["error"]["event_id"])
        if event["type"] == "session.created":
            self.session_id = event["session"]["id"]
        if event["type"] == "conversation.item.added":
            self.items.append(event["item"]["id"])
        if event["type"] == "response.created":
            self.responses.append(event["response"]["id"])
        self.arrived.set()

    async def until(self, holds: Callable[[], object], seconds: float = _PATIENCE_SECONDS) -> None:
        """Return once something holds of what was read.

        Raises:
            TimeoutError: it takes longer.
        """
        async with asyncio.timeout(seconds):
            while not holds():
                self.arrived.clear()
                await self.arrived.wait()

    def event(self) -> str | bytes:
        """Return a client's next event, by the grammar."""
        make = self.draw.choices(_EVENTS, _WEIGHTS)[0]
        made = make(self)
        if isinstance(made, dict):
            if self.draw.random() < 0.3:
                made["event_id"] = f"evt_{self.draw.randrange(10**6)}"
            return orjson.dumps(made).decode()
        return made

    def item_id(self) -> str:
        """Return the id of an item that was seen, or of none."""
        known = self.items and self.draw.random() < 0.85
        return self.draw.choice(self.items) if known else "item_nowhere"

    def item(self) -> _Event:
        """Return an item."""
        content = [{"type": "input_text", "text": self.draw.choice((_TEXT, _TEXT, "Yes.", "", " "))}]
        item = {"type": "message", "role": self.draw.choice(("user", "user", "assistant", "system"))}
        if self.draw.random() < 0.1:
            item["id"] = self.item_id()
        return {**item, "content": content}


def _create_item(talk: Talk) -> _Event:
    more = (
        {"previous_item_id": talk.draw.choice((talk.item_id(), "root"))} if talk.draw.random() < 0.1 else {}
    )
    return {"type": "conversation.item.create", "item": talk.item(), **more}


def _other_item(talk: Talk) -> _Event:
    kind = talk.draw.choice(("function_call", "function_call_output", "mcp_call", "poem"))
    return {"type": "conversation.item.create", "item": {"type": kind, "call_id": "c", "output": "x"}}


def _ask(talk: Talk) -> _Event:
    response: _Event = {"audio": {"output": {"voice": talk.draw.choice(_VOICES)}}}
    if talk.beta:
        response = {"voice": response["audio"]["output"]["voice"]}
    if talk.draw.random() < 0.7:
        response["input"] = [{**talk.item(), "role": "user"}]
    if talk.draw.random() < 0.35:
        response["parlando"] = {"text_stream": True}
    if talk.draw.random() < 0.1:
        response["input"] = [{"type": "item_reference", "id": talk.item_id()}]
    if talk.draw.random() < 0.2:
        response["conversation"] = talk.draw.choice(("none", "auto", "other"))
    if talk.draw.random() < 0.2:
        response["metadata"] = {"n": talk.draw.choice(("1", "x" * 512, 7))}
    return {"type": "response.create", "response": response}


def _cancel(talk: Talk) -> _Event:
    known = talk.responses and talk.draw.random() < 0.3
    return {"type": "response.cancel", **({"response_id": talk.draw.choice(talk.responses)} if known else {})}


def _of_an_item(talk: Talk) -> _Event:
    deed = talk.draw.choice(("retrieve", "retrieve", "delete"))
    return {"type": f"conversation.item.{deed}", "item_id": talk.item_id()}


def _truncate(talk: Talk) -> _Event:
    where = {"content_index": 0, "audio_end_ms": talk.draw.choice((0, 1, 60, 100, 250, 10**9, -1, 1.5))}
    return {"type": "conversation.item.truncate", "item_id": talk.item_id(), **where}


def _update(talk: Talk) -> _Event:
    detection = talk.draw.choice(
        (
            None,
            {"type": "server_vad", "threshold": talk.draw.choice((0, 0.5, 2)), "silence_duration_ms": 20},
            {"type": "server_vad", "interrupt_response": False},
            {"create_response": talk.draw.random() < 0.5, "silence_duration_ms": 100},
            {"type": "semantic_vad", "eagerness": talk.draw.choice(("high", "wild"))},
        )
    )
    speed = talk.draw.choice((0.25, 1, 2, 4, 9, "fast"))
    if talk.beta:
        return {"type": "session.update", "session": {"speed": speed, "turn_detection": detection}}
    audio: _Event = {
        "input": {"format": {"type": talk.draw.choice(_FORMATS)}, "turn_detection": detection},
        "output": {"format": {"type": talk.draw.choice(_FORMATS)}, "speed": speed},
        "interrupt": talk.draw.random() < 0.1,
    }
    parts = {name: audio[name] for name in audio if talk.draw.random() < 0.5}
    ours = {"word_timestamps": talk.draw.random() < 0.5, "echo": talk.draw.choice(("cancelled", "loud"))}
    return {"type": "session.update", "session": {"type": "realtime", "audio": parts, "parlando": ours}}


def _append(talk: Talk) -> _Event:
    size = talk.draw.choice((0, 1, 160, 960, 24_000))
    audio = base64.b64encode(talk.draw.randbytes(size)).decode()
    if talk.draw.random() < 0.6:  # in the session's format, or in another one
        audio = talk.draw.choice(_heard()[talk.draw.choice(_FORMATS[:3])])
    return {"type": "input_audio_buffer.append", "audio": audio if talk.draw.random() < 0.9 else audio + "!"}


@cache
def _heard() -> dict[str, list[str]]:
    """Return speech and silence in each format, in pieces as events carry them."""
    silence = np.zeros(RATE * 3 // 5, np.float32)
    sounds = [silence, *(each.sound for each in recorded(_SAYINGS))]
    size = RATE * _PIECE_MS // 1000
    cut = [sound[start : start + size] for sound in sounds[1:] for start in range(0, len(sound) - size, size)]
    return {
        name: [base64.b64encode(encoded(sound, audio)).decode() for sound in (*[silence] * len(cut), *cut)]
        for name, audio in REALTIME_FORMATS.items()
    }


def _buffer(talk: Talk) -> _Event:
    return {"type": talk.draw.choice(("input_audio_buffer.commit", "input_audio_buffer.clear"))}


def _text(talk: Talk) -> _Event:
    kind = talk.draw.choice(("append", "append", "flush", "flush", "end"))
    more = {"delta": talk.draw.choice(("Hello ", _TEXT, "x" * 100_001, "", 7))} if kind == "append" else {}
    return {"type": f"parlando.text.{kind}", **more}


def _foreign(talk: Talk) -> _Event:
    kinds = ("output_audio_buffer.clear", "response.created", "session.updated", "", 7, None, "x" * 300)
    return {"type": talk.draw.choice(kinds), "response": [], "session": "x", "item": {"type": []}}


def _nonsense(talk: Talk) -> str | bytes:
    return talk.draw.choice(
        ("{", "[]", "null", "[" * 500, '{"type": "response.create", "response": 7}', b"\0")
    )


_GRAMMAR: dict[Callable[[Talk], _Event | str | bytes], float] = {
    _create_item: 12,
    _other_item: 1,
    _ask: 16,
    _cancel: 8,
    _of_an_item: 7,
    _truncate: 9,
    _update: 6,
    _text: 8,
    _append: 12,
    _buffer: 3,
    _foreign: 2,
    _nonsense: 2,
}
_EVENTS, _WEIGHTS = list(_GRAMMAR), list(_GRAMMAR.values())


@dataclass
class Outcome:
    """What came of all conversations."""

    sent: int = 0
    talks: int = 0
    resumed: int = 0
    vanished: int = 0
    late: int = 0
    refused: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    megabytes: list[float] = field(default_factory=list)


class _Faults(logging.Handler):
    """Notes what is logged as an error, and every traceback."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Note a record, but not that a caller of the scripted router has left."""
        if record.name.startswith("grpc"):
            return
        if record.levelno >= logging.ERROR or record.exc_info:
            self.said.append(self.format(record))


async def converse(edge: Edge, draw: random.Random, outcome: Outcome, session_id: str) -> str:
    """Hold one conversation, and return its session's id."""
    talk = Talk(draw, beta=draw.random() < 0.25)
    headers = {"OpenAI-Beta": "realtime=v1"} if talk.beta else {}
    query = f"?session={session_id}" if session_id else ""
    async with edge.websocket(query, additional_headers=headers) as socket, asyncio.TaskGroup() as group:
        group.create_task(talk.read(socket))
        await _send(socket, talk, outcome)
        if draw.random() < 0.3:
            socket.transport.abort()
            outcome.vanished += 1
        else:
            await _settle(socket, talk, outcome)
            await socket.close()
    outcome.talks += 1
    outcome.resumed += bool(session_id)
    outcome.errors += talk.watch.errors
    outcome.told += talk.watch.kinds
    outcome.ended += Counter(talk.watch.done.values())
    return talk.session_id


async def _send(socket: ClientConnection, talk: Talk, outcome: Outcome) -> None:
    for _ in range(talk.draw.randrange(1, _LONGEST)):
        await socket.send(talk.event())
        outcome.sent += 1
        if talk.draw.random() < 0.3:
            await asyncio.sleep(talk.draw.choice((0, 0, 0.001)))
        if talk.draw.random() < 0.12:
            with suppress(TimeoutError):  # it may hang, which is part of the grammar
                await talk.until(lambda: not talk.watch.active, seconds=0.2)


async def _settle(socket: ClientConnection, talk: Talk, outcome: Outcome) -> None:
    """Have one more sentence spoken: whatever was sent, the session is one that can."""

    async def send(kind: str, **fields: Any) -> None:
        await socket.send(orjson.dumps({"type": kind, **fields}).decode())

    listen: _Event = {"turn_detection": None}  # what was sent as audio may still be heard
    await send("session.update", session=listen if talk.beta else {"audio": {"input": listen}})
    await send("response.cancel")
    await send("conversation.item.retrieve", item_id="item_nobodys", event_id="settled")
    await talk.until(lambda: "settled" in talk.refused)
    assert not talk.watch.active
    assert not talk.watch.speech, "the user began to speak, and nobody told that it ended"
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": _TEXT}]}
    plain: _Event = {"voice": "plain"} if talk.beta else {"audio": {"output": {"voice": "plain"}}}
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            known = set(talk.watch.done)
            await send("response.create", response={"input": [item], **plain})
            await talk.until(lambda: set(talk.watch.done) - known)  # noqa: B023  # it is over before the next
            (last,) = set(talk.watch.done) - known
            if talk.watch.done[last] == "completed":
                return
            # All of it shares a machine: where that is busy, the edge refuses, and says when to try again.
            assert talk.watch.why["error"]["code"] == "overloaded", talk.watch.why
            outcome.refused += 1
            await asyncio.sleep(talk.watch.why["error"]["retry_after_ms"] / 1000)


async def fuzz(events: int, seed: int) -> Outcome:
    """Send so many events to an edge, and check what is left of them.

    Raises:
        AssertionError: an answer was out of its place, something was logged as a fault, or something is left.
    """
    outcome, faults = Outcome(), _Faults()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: faults.said.append(str(context)))
    logging.getLogger().addHandler(faults)
    try:
        sessions = new_sessions()
        async with serving_sessions(sessions) as address, serving(session=address) as edge:
            edge.router.released.set()  # "halts" goes on
            await _hear_once(edge)
            await _all(edge, sessions, outcome, events, random.Random(seed))
    finally:
        logging.getLogger().removeHandler(faults)
        loop.set_exception_handler(None)
    assert faults.said == [], faults.said[:3]
    assert "internal_error" not in outcome.errors
    return outcome


async def _hear_once(edge: Edge) -> None:
    """Have the detector loaded: it holds up everything for a moment, once."""
    async with edge.websocket() as socket:
        audio = base64.b64encode(bytes(9_600)).decode()
        await socket.send(orjson.dumps({"type": "input_audio_buffer.append", "audio": audio}).decode())
        await asyncio.sleep(1)


async def _all(
    edge: Edge, sessions: FakeSessions, outcome: Outcome, events: int, draw: random.Random
) -> None:
    process, tasks = psutil.Process(), len(asyncio.all_tasks())
    for goal in (events * 3 // 10, events):  # memory is compared once all that is made once is there
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_A_TIME):
                group.create_task(_talk_until(goal, edge, sessions, outcome, random.Random(draw.random())))
        await until_idle(edge)
        await edge.router.until_live(0)
        for kept in (sessions.sessions, sessions.turns, sessions.masks):
            kept.clear()
        for noted in (edge.router.settings, edge.router.texts, edge.router.callers):
            noted.clear()
        gc.collect()
        outcome.megabytes.append(round(process.memory_info().rss / 1e6, 1))
    # By their own type: to ask what an object is an instance of would have some import half a library.
    left = [each for each in gc.get_objects() if type(each) in (RealtimeProtocol, Response)]
    assert left == [], f"left in memory: {len(left)}"
    assert len(asyncio.all_tasks()) <= tasks, "tasks are left running"


async def _talk_until(
    goal: int, edge: Edge, sessions: FakeSessions, outcome: Outcome, draw: random.Random
) -> None:
    session_id = ""
    while outcome.sent < goal:
        resume = session_id in sessions.sessions and draw.random() < 0.3
        try:
            session_id = await converse(edge, draw, outcome, session_id if resume else "")
        except InvalidStatus as refused:
            # All of it shares a process: on a busy machine the session service may answer too late.
            body = orjson.loads(refused.response.body or b"{}")
            assert resume, body
            assert body["error"]["code"] == "too_late", body
            outcome.late += 1


def main() -> None:
    """Run, and print figures."""
    events, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(10**6)
    print(f"seed {seed}", flush=True)
    began = time.monotonic()
    outcome = asyncio.run(fuzz(events, seed))
    seconds = time.monotonic() - began
    print(f"{outcome.sent:,} events in {seconds:.0f} s, {sum(outcome.told.values()):,} answered")
    print(
        f"{outcome.talks:,} connections, {outcome.resumed:,} resumed, {outcome.vanished:,} clients vanished"
    )
    print(f"{outcome.late:,} not resumed in time, {outcome.refused:,} last sentences refused for a moment")
    print(f"users' turns: {outcome.told['input_audio_buffer.speech_stopped']:,}")
    print(f"responses: {dict(outcome.ended)}")
    print(f"errors: {dict(outcome.errors)}")
    print(f"memory after 30 % and after all, client included: {outcome.megabytes} MB")


if __name__ == "__main__":
    main()

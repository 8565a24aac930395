"""Cancels over Realtime at random moments, and what they take by the caller's own clock."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from texts import long_text
from websockets.asyncio.client import ClientConnection, connect

_DELTA, _DONE = "response.output_audio.delta", "response.done"
_CLEARED = "input_audio_buffer.cleared"
_LONG, _SHORT = long_text(200), "Orange lamp."


class _RefusedError(Exception):
    """Too many waited to be let in; `after` is in how many seconds to come back."""

    def __init__(self, after: float) -> None:
        super().__init__()
        self.after = after


@dataclass
class RealtimeFigures:
    """What came of cancels.

    Attributes:
        last_byte: seconds from the cancel until the last audio of its response; 0 where none came after it.
        moments: how many of each kind there were.
        ended: how responses ended.
        faults: what should not have been, in words.
    """

    last_byte: list[float] = field(default_factory=list)
    moments: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


class _Caller:
    """One connection. The cancelled response is the one under way when `cancel` is called."""

    def __init__(self, socket: ClientConnection, chance: random.Random, figures: RealtimeFigures) -> None:
        self.chance = chance
        self._socket = socket
        self._figures = figures
        self._response = self._cancelled = ""
        self._over: set[str] = set()
        self._sent_at = self._last_at = 0.0

    async def say(self, kind: str, **fields: Any) -> None:
        await self._socket.send(json.dumps({"type": kind, **fields}))

    async def begin(self, text: str = _LONG) -> None:
        """Ask for a response."""
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        await self.say("response.create", response={"conversation": "none", "input": [item]})

    async def read(self, kind: str) -> dict[str, Any]:
        """Read up to the first event of a kind.

        Raises:
            _RefusedError: a response was refused.
        """
        while True:
            event: dict[str, Any] = json.loads(await self._socket.recv())
            self._note(event)
            if event["type"] == _DONE and event["response"]["status"] == "failed":
                raise _RefusedError(event["response"]["status_details"]["error"]["retry_after_ms"] / 1000)
            if event["type"] == kind:
                return event

    async def cancel(self) -> None:
        self._sent_at = self._last_at = time.perf_counter()
        self._cancelled = self._response
        await self.say("response.cancel")

    async def settle(self) -> None:
        """Read all that comes of what was sent, and note what the cancel took."""
        await self.say("input_audio_buffer.clear")
        await self.read(_CLEARED)
        self._figures.last_byte.append(self._last_at - self._sent_at)

    def _note(self, event: dict[str, Any]) -> None:
        if event["type"] == "response.created":
            self._response = event["response"]["id"]
        elif event["type"] == _DELTA:
            if event["response_id"] in self._over:
                self._figures.faults.append("audio of a response that was done")
            if event["response_id"] == self._cancelled:
                self._last_at = time.perf_counter()
        elif event["type"] == _DONE:
            self._over.add(event["response"]["id"])
            self._figures.ended[event["response"]["status"]] += 1


async def _at_once(caller: _Caller) -> None:
    await caller.begin()
    await caller.cancel()
    await caller.read(_DONE)


async def _before_the_first_chunk(caller: _Caller) -> None:
    await caller.begin()
    await caller.read("response.created")
    await asyncio.sleep(caller.chance.uniform(0, 0.004))
    await caller.cancel()
    await caller.read(_DONE)


async def _in_mid_word(caller: _Caller) -> None:
    await caller.begin()
    await caller.read(_DELTA)
    await asyncio.sleep(caller.chance.uniform(0, 0.05))
    await caller.cancel()
    await caller.read(_DONE)


async def _between_fragments(caller: _Caller) -> None:
    await caller.begin()
    for _ in range(caller.chance.randint(2, 6)):
        await caller.read(_DELTA)
    await caller.cancel()
    await caller.read(_DONE)


async def _twice(caller: _Caller) -> None:
    await caller.begin()
    await caller.read(_DELTA)
    await caller.cancel()
    await caller.say("response.cancel")
    await caller.read("error")


async def _after_the_last_frame(caller: _Caller) -> None:
    await caller.begin(_SHORT)
    await caller.read(_DONE)
    await caller.cancel()
    await caller.read("error")


async def _racing_with_another(caller: _Caller) -> None:
    await caller.begin()
    await caller.read(_DELTA)
    await caller.cancel()
    await caller.begin(_SHORT)
    await caller.read(_DONE)
    await caller.read(_DONE)


async def _writing(caller: _Caller, last: str, **fields: Any) -> None:
    await caller.say("response.create", response={"parlando": {"text_stream": True}})
    await caller.say("parlando.text.append", delta=_LONG)
    await caller.read(_DELTA)
    await caller.say(last, **fields)
    await caller.cancel()
    await caller.read(_DONE)


async def _racing_with_text(caller: _Caller) -> None:
    await _writing(caller, "parlando.text.append", delta=_SHORT)


async def _racing_with_flush(caller: _Caller) -> None:
    await _writing(caller, "parlando.text.flush")


async def _racing_with_end(caller: _Caller) -> None:
    await _writing(caller, "parlando.text.end")


MOMENTS: dict[str, Callable[[_Caller], Awaitable[None]]] = {
    "at once": _at_once,
    "before the first chunk": _before_the_first_chunk,
    "in mid-word": _in_mid_word,
    "between fragments": _between_fragments,
    "twice": _twice,
    "after the last frame": _after_the_last_frame,
    "racing with another": _racing_with_another,
    "racing with text": _racing_with_text,
    "racing with flush": _racing_with_flush,
    "racing with end": _racing_with_end,
}


async def cancel_over_realtime(address: str, cancels: int, seed: int) -> RealtimeFigures:
    """Cancel responses on one connection, each moment as often as another."""
    figures, chance = RealtimeFigures(), random.Random(seed)  # noqa: S311  # nothing hangs on it
    moments = [name for _, name in zip(range(cancels), itertools.cycle(MOMENTS), strict=False)]
    chance.shuffle(moments)
    async with connect(f"ws://{address}/v1/realtime", compression=None, max_size=None) as socket:
        caller = _Caller(socket, chance, figures)
        while moments:
            try:
                await MOMENTS[moments[-1]](caller)
                await caller.settle()
            except _RefusedError as refused:
                await asyncio.sleep(refused.after)
            else:
                figures.moments[moments.pop()] += 1
    return figures

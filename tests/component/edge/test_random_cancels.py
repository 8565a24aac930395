"""Cancels at random moments over Realtime, all services being real: nothing stale, and nothing left.

Counted are tasks, connections, utterances, syntheses, and what the session service keeps.
"""

from __future__ import annotations

import asyncio
import gc
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from parlando.session.v1 import session_pb2
from parlando_scripted.script import ScriptedSettings
from parlando_session.memory_store import MemorySessions
from tests.component.edge.router import new_router
from tests.component.edge.serving import Edge, serving_before, until_idle
from tests.component.edge.test_realtime import send, until
from tests.component.router.mesh import Router, WorkerProcess, mesh
from tests.component.router.mesh import until as until_it_says
from tests.component.session.serving import Served, served
from tests.unit.edge.order import Watch
from tests.unit.edge.realtime import user_item

_LONG = "Seven green steps lead down to the old garden, where nobody has been for a year. " * 30
_SHORT = "Orange lamp."


@dataclass
class Caller:
    """One connection, whose every event is checked.

    Attributes:
        socket: it.
        draw: decides what is left to chance.
        responses: how many were begun.
    """

    socket: ClientConnection
    draw: random.Random
    watch: Watch = field(default_factory=Watch)
    responses: int = 0

    async def read(self, kind: str) -> None:
        """Read up to the first event of a kind."""
        self.watch.see_all(await until(self.socket, kind))

    async def begin(self, text: str) -> None:
        """Ask for a response."""
        self.responses += 1
        await send(self.socket, "response.create", response={"input": [user_item(text)]})

    async def cancel(self) -> None:
        """Cancel what is being spoken."""
        await send(self.socket, "response.cancel")

    async def mid_word(self) -> None:
        """Begin, and hear a little."""
        await self.begin(_LONG)
        await self.read("response.output_audio.delta")
        await asyncio.sleep(self.draw.uniform(0, 0.02))


async def _at_once(caller: Caller) -> None:
    await caller.begin(_LONG)
    await caller.cancel()
    await caller.read("response.done")


async def _before_the_first_chunk(caller: Caller) -> None:
    await caller.begin(_LONG)
    await caller.read("response.created")
    await asyncio.sleep(caller.draw.uniform(0, 0.004))
    await caller.cancel()
    await caller.read("response.done")


async def _in_mid_word(caller: Caller) -> None:
    await caller.mid_word()
    await caller.cancel()
    await caller.read("response.done")


async def _twice(caller: Caller) -> None:
    await caller.mid_word()
    await caller.cancel()
    await caller.cancel()
    await caller.read("error")


async def _by_an_interrupt(caller: Caller) -> None:
    await caller.mid_word()
    await send(caller.socket, "session.update", session={"type": "realtime", "audio": {"interrupt": True}})
    await caller.read("response.done")


async def _after_the_end(caller: Caller) -> None:
    await caller.begin(_SHORT)
    await caller.read("response.done")
    await caller.cancel()
    await caller.read("error")


async def _with_another_behind_it(caller: Caller) -> None:
    await caller.mid_word()
    await caller.cancel()
    await caller.begin(_SHORT)
    await caller.read("response.done")
    await caller.read("response.done")


async def _while_it_is_written(caller: Caller) -> None:
    caller.responses += 1
    await send(caller.socket, "response.create", response={"parlando": {"text_stream": True}})
    await send(caller.socket, "parlando.text.append", delta=_LONG)
    await caller.read("response.output_audio.delta")
    await send(caller.socket, "parlando.text.flush")
    await caller.cancel()
    await caller.read("response.done")


async def _by_leaving(caller: Caller) -> None:
    await caller.mid_word()
    await caller.socket.close()


_MOMENTS: dict[str, Callable[[Caller], Awaitable[None]]] = {
    "at once": _at_once,
    "before the first chunk": _before_the_first_chunk,
    "in mid-word": _in_mid_word,
    "twice": _twice,
    "by an interrupt": _by_an_interrupt,
    "after the end": _after_the_end,
    "with another behind it": _with_another_behind_it,
    "while it is written": _while_it_is_written,
    "by leaving": _by_leaving,
}


@dataclass
class Outcome:
    """What came of all of it.

    Attributes:
        turns: responses begun, by session.
        ended: how responses ended.
    """

    turns: dict[str, int] = field(default_factory=dict)
    ended: Counter[str] = field(default_factory=Counter)


async def _talk(edge: Edge, moments: list[str], draw: random.Random, outcome: Outcome) -> None:
    """Go through moments on as many connections as it takes."""
    while moments:
        async with edge.websocket() as socket:
            caller = Caller(socket, draw)
            (created,) = await until(socket, "session.created")
            caller.watch.see(created)
            moment = ""
            while moments and moment != "by leaving":
                moment = moments.pop()
                await _MOMENTS[moment](caller)
                if moment != "by leaving":  # whatever came of it comes before the answer to this
                    await send(socket, "input_audio_buffer.clear")
                    await caller.read("input_audio_buffer.cleared")
        outcome.turns[created["session"]["id"]] = caller.responses
        outcome.ended.update(caller.watch.done.values())


async def _idle(edge: Edge, router: Router, workers: list[WorkerProcess]) -> None:
    await until_idle(edge)
    await until_it_says(router.utterances, 0)
    for worker in workers:
        await worker.until_load(0)


async def _run(edge: Edge, rounds: int, clients: int, seed: int) -> Outcome:
    outcome, chance = Outcome(), random.Random(seed)
    moments = [*_MOMENTS] * rounds
    chance.shuffle(moments)
    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(_talk(edge, moments, random.Random(chance.random()), outcome))
    return outcome


async def _turns(sessions: Served, session_id: str) -> int:
    """Return how many turns of a session were spoken."""
    request = session_pb2.ListTurnsRequest(session_id=session_id)
    listed = (await sessions.stub.ListTurns(request)).turns
    return sum(turn.role == session_pb2.TURN_ROLE_ASSISTANT for turn in listed)


_CROWD = 50
"""Callers in one process with all services, for whom the session service may answer too late to keep all."""

_A_THOUSAND = -(-1_000 // len(_MOMENTS))


@pytest.mark.parametrize(
    ("clients", "rounds"),
    [
        (1, 2),
        (6, 5),
        pytest.param(1, _A_THOUSAND, marks=[pytest.mark.slow, pytest.mark.timeout(600)]),
        pytest.param(_CROWD, _A_THOUSAND, marks=[pytest.mark.slow, pytest.mark.timeout(600)]),
    ],
)
async def test_random_cancels_over_realtime_leave_nothing(clients: int, rounds: int) -> None:
    workers = [
        WorkerProcess(ScriptedSettings(rate=3.0, instances=8, character_ms=20), max_queued=64)
        for _ in range(2)
    ]
    async with (
        mesh(*workers) as router,
        served() as sessions,
        serving_before(router.address, sessions.address, new_router()) as edge,
    ):
        store: Any = sessions.stores.sessions
        assert isinstance(store, MemorySessions)
        await _run(edge, 1, clients, seed=0)  # what is opened once stays open
        await _idle(edge, router, workers)
        tasks, known = len(asyncio.all_tasks()), len(store._sessions)
        outcome = await _run(edge, rounds, clients, seed=clients)
        await _idle(edge, router, workers)
        assert set(outcome.ended) == {"cancelled", "completed"}
        assert len(store._sessions) - known <= len(outcome.turns)  # one a connection, and none a cancel
        for session_id, count in outcome.turns.items():
            if clients < _CROWD:  # the last turns may still be on their way
                await until_it_says(partial(_turns, sessions, session_id), count)
            elif session_id in store._sessions:
                assert await _turns(sessions, session_id) <= count

        async def left() -> int:
            gc.collect()
            return max(len(asyncio.all_tasks()) - tasks, 0)

        await until_it_says(left, 0)

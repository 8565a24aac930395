"""Turns of many sessions, kept by one call of the edge."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from parlando.session.v1 import session_pb2
from parlando_edge.session_client import GrpcSessionStore
from parlando_edge.session_ports import Turn, TurnRole, TurnStatus
from parlando_kit import retries
from parlando_kit.channels import open_channel_to_replicas
from parlando_kit.clock import MonotonicClock
from parlando_kit.errors import ParlandoError, Reason
from tests.component.edge.serving import NOWHERE, serving, until_idle
from tests.component.edge.sessions import new_sessions, serving_sessions
from tests.component.edge.test_realtime import send, until

TEXT = "Hello big world."


def _turn(turn_id: str) -> Turn:
    return Turn(id=turn_id, role=TurnRole.USER, status=TurnStatus.COMPLETED, text=TEXT)


async def test_turns_of_many_sessions_are_one_call_and_each_is_told_its_own() -> None:
    sessions = new_sessions()
    async with (
        serving_sessions(sessions) as address,
        open_channel_to_replicas(address, retries.SESSION) as channel,
    ):
        store = GrpcSessionStore(channel, MonotonicClock())
        for name in ("s1", "s3"):
            sessions.sessions[name], sessions.turns[name] = session_pb2.Session(id=name), {}
        told = await asyncio.gather(
            *(store.keep_turn(name, _turn("a")) for name in ("s1", "s2", "s3")), return_exceptions=True
        )
        assert [error and repr(error) for error in told] == [
            None,
            repr(ParlandoError(Reason.SESSION_NOT_FOUND, "no session has that id", field="session_id")),
            None,
        ]
        assert sessions.batches == [3]
        assert [list(turns) for turns in sessions.turns.values()] == [["a"], ["a"]]
        await store.close()


async def test_a_session_service_that_is_away_is_told_to_each() -> None:
    async with open_channel_to_replicas(NOWHERE, retries.SESSION) as channel:
        store = GrpcSessionStore(channel, MonotonicClock())
        told = await asyncio.gather(
            *(store.keep_turn(name, _turn("a")) for name in ("s1", "s2")), return_exceptions=True
        )
        reasons = [error.reason for error in told if isinstance(error, ParlandoError)]
        assert reasons == [Reason.DEPENDENCY_UNAVAILABLE] * 2
        assert told[0] is not told[1]
        await store.close()


async def test_nobody_waits_for_a_channel_that_is_closed() -> None:
    sessions = new_sessions()
    async with serving_sessions(sessions) as address:
        async with open_channel_to_replicas(address, retries.SESSION) as channel:
            store = GrpcSessionStore(channel, MonotonicClock())
            keeping = [
                asyncio.ensure_future(store.keep_turn(f"s{number}", _turn("a"))) for number in range(3)
            ]
            await asyncio.sleep(0)
            await store.close()
        await asyncio.wait(keeping)
        assert all(each.cancelled() for each in keeping)


_CONNECTIONS = 20


async def test_what_gathers_when_the_edge_stops_is_kept() -> None:
    sessions = new_sessions()
    async with (
        serving_sessions(sessions) as address,
        serving(session=address) as edge,
        AsyncExitStack() as stack,
    ):
        sockets = [await stack.enter_async_context(edge.websocket()) for _ in range(_CONNECTIONS)]
        for number, socket in enumerate(sockets):
            content = [{"type": "input_text", "text": TEXT}]
            item = {"type": "message", "role": "user", "content": content, "id": f"item_{number}"}
            await send(socket, "conversation.item.create", item=item)
            await until(socket, "conversation.item.added")
        await edge.server.stop(30)
        assert sorted(turn for turns in sessions.turns.values() for turn in turns) == sorted(
            f"item_{number}" for number in range(_CONNECTIONS)
        )
        assert len(sessions.batches) < _CONNECTIONS


async def test_many_turns_of_one_session_are_kept_as_fast_as_they_are_taken() -> None:
    count = 300  # by one in an interval they would take longer than a connection's end waits for them
    sessions = new_sessions()
    async with serving_sessions(sessions) as address, serving(session=address) as edge:
        async with edge.websocket() as socket:
            for number in range(count):
                content = [{"type": "input_text", "text": TEXT}]
                item = {"type": "message", "role": "user", "content": content, "id": f"item_{number}"}
                await send(socket, "conversation.item.create", item=item)
            while True:
                events = await until(socket, "conversation.item.added")
                if events[-1]["item"]["id"] == f"item_{count - 1}":
                    break
        await until_idle(edge)
        assert list(sessions.turns["s1"]) == [f"item_{number}" for number in range(count)]

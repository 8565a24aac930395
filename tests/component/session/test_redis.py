"""What is true of Redis alone: its loss and return, several services on one, keys and versions."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from parlando.session.v1 import session_pb2 as pb
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.status import from_status
from parlando_session.redis_store import RedisSessions, connected
from tests.component.session.places import opened
from tests.component.session.redis_server import WITH_6_2, RedisServer, newest, oldest
from tests.component.session.serving import Served, eventually, failure, served
from tests.component.session.test_turns import said

_PROGRAMS = [newest, oldest] if WITH_6_2 else [newest]


@pytest.fixture(params=_PROGRAMS)
def mortal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of one test's own, to be killed."""
    server = RedisServer(request.param(), tmp_path)
    server.start()
    yield server
    server.stop()


async def _create(on: Served) -> pb.Session:
    return (await on.stub.CreateSession(pb.CreateSessionRequest())).session


def test_the_oldest_and_the_newest_redis_are_tested(
    server: RedisServer, request: pytest.FixtureRequest
) -> None:
    oldest_asked = request.node.callspec.params["server"] == "redis 6.2"
    version = [int(part) for part in server.version().split(".")]
    assert version[:2] == [6, 2] if oldest_asked else version[0] >= 7


async def test_while_redis_is_down_calls_fail_and_afterwards_they_do_not(mortal: RedisServer) -> None:
    async with served(mortal.url) as on:
        await eventually(on.health(serving=True))
        await _create(on)
        mortal.kill()
        await eventually(on.health(serving=False))
        for _ in range(3):
            error = await failure(on.stub.CreateSession(pb.CreateSessionRequest()))
            assert error.reason is Reason.DEPENDENCY_UNAVAILABLE
            assert error.retry_after is not None
        watch = on.stub.WatchPolicy(pb.WatchPolicyRequest())
        assert (await failure(anext(aiter(watch)))).reason is Reason.DEPENDENCY_UNAVAILABLE
        mortal.start()
        await eventually(on.health(serving=True))
        made = await _create(on)
        assert (await on.stub.GetSession(pb.GetSessionRequest(session_id=made.id))).session == made


async def test_while_redis_is_down_each_turn_of_a_call_is_to_be_tried_again(mortal: RedisServer) -> None:
    async with served(mortal.url) as on:
        await eventually(on.health(serving=True))
        sessions = [(await _create(on)).id for _ in range(3)]
        requests = [pb.PutTurnRequest(session_id=session_id, turn=said()) for session_id in sessions]
        batch = pb.BatchPutTurnsRequest(requests=requests)
        mortal.kill()
        errors = [from_status(status) for status in (await on.stub.BatchPutTurns(batch)).statuses]
        assert [error.reason for error in errors] == [Reason.DEPENDENCY_UNAVAILABLE] * 3
        assert [error.retry_after for error in errors] == [1.0] * 3
        mortal.start()  # without what it held: it keeps nothing on disk
        await eventually(on.health(serving=True))
        errors = [from_status(status) for status in (await on.stub.BatchPutTurns(batch)).statuses]
        assert [error.reason for error in errors] == [Reason.SESSION_NOT_FOUND] * 3


async def test_a_redis_that_stands_still_is_waited_for_once_and_not_for_each_session(
    mortal: RedisServer,
) -> None:
    async with served(mortal.url) as on:
        await eventually(on.health(serving=True))
        sessions = [(await _create(on)).id for _ in range(32)]
        requests = [pb.PutTurnRequest(session_id=session_id, turn=said()) for session_id in sessions]
        mortal.freeze()
        batch = pb.BatchPutTurnsRequest(requests=requests)
        answer = await on.stub.BatchPutTurns(batch, timeout=20)  # one after another they would take 32 s
        reasons = [from_status(status).reason for status in answer.statuses]
        assert reasons == [Reason.DEPENDENCY_UNAVAILABLE] * 32
        mortal.thaw()
        await eventually(on.health(serving=True))
        answer = await on.stub.BatchPutTurns(batch)
        assert {status.code for status in answer.statuses} == {0}


async def test_a_redis_that_was_replaced_in_between_is_not_noticed(mortal: RedisServer) -> None:
    async with connected(mortal.url) as client:
        store = RedisSessions(client)
        await asyncio.gather(*(store.create(f"{n}", b"before", 60) for n in range(8)))
        mortal.kill()
        mortal.start()
        await asyncio.gather(*(store.create(f"{n}", b"after", 60) for n in range(8)))
        assert (await store.read("7")).session == b"after"


async def test_a_service_that_begins_before_its_redis_serves_once_it_is_there(mortal: RedisServer) -> None:
    mortal.kill()
    async with served(mortal.url) as on:
        await eventually(on.health(serving=False))
        mortal.start()
        await eventually(on.health(serving=True))
        await _create(on)


async def test_a_redis_that_stands_still_is_not_waited_for(mortal: RedisServer) -> None:
    async with served(mortal.url) as on:
        await eventually(on.health(serving=True))
        mortal.freeze()
        errors = await eventually(
            asyncio.gather(*(failure(on.stub.CreateSession(pb.CreateSessionRequest())) for _ in range(40)))
        )
        assert {error.reason for error in errors} == {Reason.DEPENDENCY_UNAVAILABLE}
        await eventually(on.health(serving=False))
        mortal.thaw()
        await eventually(on.health(serving=True))
        await _create(on)


async def test_watchers_outlast_the_loss_of_redis_and_are_told_what_it_lost(mortal: RedisServer) -> None:
    async with served(mortal.url) as on:
        await eventually(on.health(serving=True))
        watch = on.stub.WatchPolicy(pb.WatchPolicyRequest(name="night"))
        answers = aiter(watch)
        await anext(answers)
        policy = pb.Policy(name="night", prices={})
        await on.stub.SetPolicy(pb.SetPolicyRequest(policy=policy))
        assert (await anext(answers)).policy.revision == 1
        mortal.kill()
        await eventually(on.health(serving=False))
        mortal.start()
        lost = await eventually(anext(answers))
        assert (lost.policy, lost.deleted) == (pb.Policy(name="night"), True)
        await on.stub.SetPolicy(pb.SetPolicyRequest(policy=policy))
        again = await eventually(anext(answers))
        assert (again.policy.revision, again.deleted) == (1, False)


async def test_a_cancel_is_heeded_wherever_it_finds_a_call(server: RedisServer) -> None:
    async with opened(server) as place:
        session_id = (await place.sessions.create(pb.Session())).id

        async def ask_for_ever() -> None:
            while True:
                await place.store.read(session_id)

        for turns_of_the_loop in range(100):
            asking = asyncio.ensure_future(ask_for_ever())
            for _ in range(turns_of_the_loop):
                await asyncio.sleep(0)
            asking.cancel()
            await eventually(asyncio.wait({asking}))
            assert asking.cancelled()
        await place.store.read(session_id)


async def test_services_on_one_redis_share_everything(server: RedisServer) -> None:
    server.clear()
    async with served(server.url) as here, served(server.url) as there:
        made = await _create(here)
        got = await there.stub.GetSession(pb.GetSessionRequest(session_id=made.id))
        assert got.session == made
        watch = there.stub.WatchPolicy(pb.WatchPolicyRequest(name="default"))
        answers = aiter(watch)
        assert (await anext(answers)).policy.revision == 0
        await here.stub.SetPolicy(pb.SetPolicyRequest(policy=pb.Policy(name="default")))
        assert (await eventually(anext(answers))).policy.revision == 1


async def test_a_policy_deleted_by_hand_is_told_as_deleted(server: RedisServer) -> None:
    async with opened(server) as place:
        assert place.redis is not None
        book = place.book()
        await book.set(pb.Policy(name="night"))
        async with aclosing(book.watch("night")) as changes:
            await anext(changes)
            coming = asyncio.ensure_future(anext(changes))
            await place.redis.hdel("parlando:{policies}", "night")
            await book.poll()
            assert (await coming).deleted


async def test_every_key_is_in_our_own_name_and_a_sessions_lie_in_one_slot(server: RedisServer) -> None:
    async with opened(server) as place:
        assert place.redis is not None
        session_id = (await place.sessions.create(pb.Session())).id
        await place.turns.put(session_id, said("a"))
        await place.book().set(pb.Policy(name="default"))
        keys = sorted([key.decode() async for key in place.redis.scan_iter()])
        assert keys == sorted(
            [
                f"parlando:session:{{{session_id}}}",
                f"parlando:session:{{{session_id}}}:turns",
                f"parlando:session:{{{session_id}}}:places",
                "parlando:{policies}",
                "parlando:{policies}:stamp",
            ]
        )


async def test_only_so_many_connections_are_opened(server: RedisServer) -> None:
    async with opened(server) as place:
        assert place.redis is not None
        # Of the client itself: a call of the store has a second, in which it would wait for 500 others.
        await asyncio.gather(*(place.redis.ping() for _ in range(500)))
        clients = [
            client for client in await place.redis.client_list() if client["name"] == "parlando-session"
        ]
        assert 1 < len(clients) <= 32


@pytest.mark.parametrize("url", ["redis.local:6379", "http://secret@redis.local"])
async def test_an_address_that_is_none_is_told_without_quoting_it(url: str) -> None:
    with pytest.raises(ParlandoError) as refused:
        async with connected(url):
            pass
    assert refused.value.field == "REDIS_URL"
    assert "redis.local" not in refused.value.message


async def test_a_redis_that_refuses_commands_is_not_healthy_until_it_takes_them(server: RedisServer) -> None:
    async with opened(server) as place, served(server.url) as on:
        assert place.redis is not None
        await eventually(on.health(serving=True))
        await place.redis.set("parlando:{policies}", "no hash")
        await eventually(on.health(serving=False))
        error = await failure(on.stub.GetPolicy(pb.GetPolicyRequest()))
        assert error.reason is Reason.INTERNAL
        assert "ResponseError" in error.message
        await place.redis.delete("parlando:{policies}")
        await eventually(on.health(serving=True))


async def test_turns_that_redis_evicted_are_passed_over(server: RedisServer) -> None:
    async with opened(server) as place:
        assert place.redis is not None
        session_id = (await place.sessions.create(pb.Session())).id
        await place.turns.put(session_id, said("a"))
        await place.redis.delete(f"parlando:session:{{{session_id}}}:turns")
        await place.turns.put(session_id, said("b"))
        turns, _ = await place.turns.page(session_id, 0, "")
        assert [turn.id for turn in turns] == ["b"]


@pytest.mark.parametrize("setting", ["min-replicas-to-write", "maxmemory"])
async def test_a_redis_that_takes_no_writes_is_away_and_no_fault_of_ours(
    server: RedisServer, setting: str
) -> None:
    async with opened(server) as place:
        assert place.redis is not None
        session = await place.sessions.create(pb.Session())
        await place.redis.config_set(setting, 1)
        try:
            with pytest.raises(ParlandoError) as caught:
                await place.sessions.create(pb.Session())
        finally:
            await place.redis.config_set(setting, 0)  # as at first
        assert (caught.value.reason, caught.value.retry_after) == (Reason.DEPENDENCY_UNAVAILABLE, 1.0)
        assert (await place.sessions.get(session.id)).id == session.id

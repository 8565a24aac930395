"""Channels to several replicas of a service: calls go to those that take them."""

from __future__ import annotations

import asyncio

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from parlando_kit.channels import open_channel_to_replicas
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.retries import refused_elsewhere
from parlando_kit.server import Server
from parlando_kit.settings import ServerSettings
from tests.component.kit.echo import NAME, Context, echo_service, stream, unary

_AGAIN = (f"{NAME}/Unary", f"{NAME}/Stream")


async def _refuse(_request: StringValue, _context: Context) -> StringValue:
    raise ParlandoError(Reason.DRAINING, "another replica takes it")


async def _started(server: Server) -> str:
    return f"127.0.0.1:{await server.start()}"


async def test_calls_go_on_while_one_replica_after_another_leaves() -> None:
    asked = [0, 0]

    def counting(place: int) -> Server:
        async def answer(request: StringValue, _context: Context) -> StringValue:
            asked[place] += 1
            return request

        return Server(ServerSettings(port=0), [echo_service(unary=answer)])

    first, second = counting(0), counting(1)
    addresses = [await _started(first), await _started(second)]
    over = False

    async def keep_calling(channel: grpc.aio.Channel) -> int:
        calls = 0
        while not over:
            await unary(channel)(StringValue(value="hello"))
            answered = [each.value async for each in stream(channel)(StringValue(value="ab"))]
            assert answered == ["a", "b"]
            calls += 1
        return calls

    async with open_channel_to_replicas(",".join(addresses), _AGAIN) as channel:
        callers = [asyncio.create_task(keep_calling(channel)) for _ in range(8)]
        while min(asked) < 50:  # noqa: ASYNC110  # a count is waited for
            await asyncio.sleep(0.001)
        await first.stop(5.0)
        by_then = list(asked)
        while asked[1] < by_then[1] + 200:  # noqa: ASYNC110  # likewise
            await asyncio.sleep(0.001)
        over = True
        assert min(await asyncio.gather(*callers)) > 0
    assert asked[0] == by_then[0]
    await second.stop(0)


async def test_what_one_replica_refuses_is_asked_of_the_next() -> None:
    refusing = Server(ServerSettings(port=0), [echo_service(unary=_refuse)])
    taking = Server(ServerSettings(port=0), [echo_service()])
    addresses = [await _started(refusing), await _started(taking)]
    async with open_channel_to_replicas(",".join(addresses), _AGAIN) as channel:
        for number in range(50):
            answer = await unary(channel)(StringValue(value=str(number)), wait_for_ready=True)
            assert answer.value == str(number)
    await refusing.stop(0)
    await taking.stop(0)


async def test_what_no_replica_takes_is_refused_with_the_reason() -> None:
    servers = [Server(ServerSettings(port=0), [echo_service(unary=_refuse)]) for _ in range(2)]
    addresses = [await _started(server) for server in servers]
    async with open_channel_to_replicas(",".join(addresses), _AGAIN) as channel:
        with pytest.raises(grpc.aio.AioRpcError, match="another replica takes it"):
            await unary(channel)(StringValue(value="hello"), wait_for_ready=True)
    for server in servers:
        await server.stop(0)


async def test_a_replica_whose_dependency_is_down_is_asked_and_says_so_itself() -> None:
    server = Server(ServerSettings(port=0), [echo_service()])
    await server.set_health("dependency/engines", serving=False)
    async with open_channel_to_replicas(await _started(server), _AGAIN) as channel:
        answer = await unary(channel)(StringValue(value="hello"), wait_for_ready=True)
        assert answer.value == "hello"
    await server.stop(0)


@pytest.mark.parametrize(("again", "times"), [(_AGAIN, 4), ((f"{NAME}/Stream",), 1)])
async def test_what_must_not_be_done_twice_is_not_asked_again(again: tuple[str, ...], times: int) -> None:
    done: list[str] = []

    async def do_and_lose(request: StringValue, _context: Context) -> StringValue:
        done.append(request.value)
        raise ParlandoError(Reason.DEPENDENCY_UNAVAILABLE, "it was done, and its answer is lost")

    servers = [Server(ServerSettings(port=0), [echo_service(unary=do_and_lose)]) for _ in range(2)]
    addresses = [await _started(server) for server in servers]
    async with open_channel_to_replicas(",".join(addresses), again) as channel:
        with pytest.raises(grpc.aio.AioRpcError):
            await unary(channel)(StringValue(value="hello"), wait_for_ready=True)
        assert done == ["hello"] * times
        done.clear()
        if times == 1:
            with pytest.raises(ParlandoError, match="its answer is lost"):
                await refused_elsewhere(lambda: unary(channel)(StringValue(value="hello")))
            assert done == ["hello"]
    for server in servers:
        await server.stop(0)


async def test_what_must_not_be_done_twice_goes_to_the_next_where_one_refuses_it() -> None:
    refusing = Server(ServerSettings(port=0), [echo_service(unary=_refuse)])
    taking = Server(ServerSettings(port=0), [echo_service()])
    addresses = [await _started(refusing), await _started(taking)]
    async with open_channel_to_replicas(",".join(addresses), ()) as channel:
        for number in range(50):
            asked = StringValue(value=str(number))
            answer = await refused_elsewhere(lambda asked=asked: unary(channel)(asked, wait_for_ready=True))  # type: ignore[misc]
            assert answer.value == str(number)
        await taking.stop(0)
        with pytest.raises(ParlandoError) as refused:
            await refused_elsewhere(lambda: unary(channel)(StringValue(value="hello"), wait_for_ready=True))
        assert refused.value.reason is Reason.DRAINING
    await refusing.stop(0)

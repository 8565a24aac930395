import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from parlando_kit.calls import CallsUnderWay
from parlando_kit.errors import Reason
from parlando_kit.server import LEAVING_SECONDS, PortTakenError, Server
from parlando_kit.settings import ServerSettings
from parlando_kit.status import from_rpc_error
from tests.component.kit.echo import NAME, Context, Requests, Serving, chat, echo_service, stream, unary
from tests.component.kit.echo import serving as serving_a_socket

_HealthResponse = health_pb2.HealthCheckResponse
_SERVING, _NOT_SERVING = _HealthResponse.SERVING, _HealthResponse.NOT_SERVING
_DEPENDENCY = "dependency/fragmenter"
_FOR_EVER = 3600.0


async def _health(channel: grpc.aio.Channel, name: str) -> int:
    check = channel.unary_unary(
        "/grpc.health.v1.Health/Check",
        health_pb2.HealthCheckRequest.SerializeToString,
        _HealthResponse.FromString,
    )
    return (await check(health_pb2.HealthCheckRequest(service=name))).status


def _watch(channel: grpc.aio.Channel, name: str) -> AsyncIterator[health_pb2.HealthCheckResponse]:
    watch = channel.unary_stream(
        "/grpc.health.v1.Health/Watch",
        health_pb2.HealthCheckRequest.SerializeToString,
        _HealthResponse.FromString,
    )
    return aiter(watch(health_pb2.HealthCheckRequest(service=name)))


async def _status(watch: AsyncIterator[health_pb2.HealthCheckResponse]) -> int:
    return (await anext(watch)).status


async def test_health_is_told_for_the_whole_for_each_service_and_for_each_dependency(
    serving: Serving,
) -> None:
    async with serving(echo_service()) as (server, channel):
        await server.set_health("dependency/a", serving=True)
        await server.set_health("dependency/b", serving=False)
        assert await _health(channel, "dependency/a") == _SERVING
        assert await _health(channel, "dependency/b") == _NOT_SERVING
        assert [await _health(channel, name) for name in ("", NAME)] == [_NOT_SERVING] * 2
        await server.set_health("dependency/b", serving=True)
        assert [await _health(channel, name) for name in ("", NAME)] == [_SERVING] * 2


async def test_a_dependency_that_is_down_from_the_start_is_never_told_otherwise() -> None:
    server = Server(ServerSettings(port=0), [echo_service()])
    await server.set_health(_DEPENDENCY, serving=False)
    port = await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        assert await _health(channel, "") == _NOT_SERVING
        # Calls are served all the same: health is advice.
        assert (await unary(channel)(StringValue(value="hello"))).value == "hello"
    await server.stop(0)


async def test_health_of_what_is_not_known_is_not_found(serving: Serving) -> None:
    async with serving(echo_service()) as (_, channel):
        with pytest.raises(grpc.aio.AioRpcError) as unknown:
            await _health(channel, "dependency/nonsense")
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND


async def test_a_watcher_is_told_each_change_once(serving: Serving) -> None:
    async with serving(echo_service()) as (server, channel):
        watch = _watch(channel, NAME)
        assert await _status(watch) == _SERVING
        await server.set_health("dependency/a", serving=True)  # changes nothing for the service
        await server.set_health(_DEPENDENCY, serving=False)
        assert await _status(watch) == _NOT_SERVING
        await server.set_health(_DEPENDENCY, serving=False)
        await server.set_health(_DEPENDENCY, serving=True)
        assert await _status(watch) == _SERVING


async def test_a_watcher_of_what_is_not_known_yet_waits_for_it(serving: Serving) -> None:
    async with serving(echo_service()) as (server, channel):
        watch = _watch(channel, _DEPENDENCY)
        assert await _status(watch) == _HealthResponse.SERVICE_UNKNOWN
        await server.set_health(_DEPENDENCY, serving=True)
        assert await _status(watch) == _SERVING


async def test_a_drain_tells_watchers_and_lets_them_go(serving: Serving) -> None:
    """A watcher that was kept would hold the stop up for its whole grace: this test would not end."""
    async with serving(echo_service()) as (server, channel):
        watches = [_watch(channel, name) for name in ("", NAME, _DEPENDENCY)]
        for watch in watches[:2]:
            assert await _status(watch) == _SERVING
        assert await _status(watches[2]) == _HealthResponse.SERVICE_UNKNOWN
        await server.stop(_FOR_EVER)
        assert [[response.status async for response in watch] for watch in watches] == [
            [_NOT_SERVING],
            [_NOT_SERVING],
            [],
        ]


async def test_nothing_is_serving_again_once_it_drains(serving: Serving) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(request: StringValue, context: Context) -> StringValue:
        del context
        begun.set()
        await go_on.wait()
        return request

    async with serving(echo_service(unary=slow)) as (server, channel):
        watch = _watch(channel, "")
        assert await _status(watch) == _SERVING
        call = unary(channel)(StringValue(value="under way"))
        await begun.wait()
        stop = asyncio.create_task(server.stop(_FOR_EVER))
        assert await _status(watch) == _NOT_SERVING
        await server.set_health(_DEPENDENCY, serving=True)
        assert [response async for response in watch] == []
        assert not stop.done()
        go_on.set()
        assert (await call).value == "under way"  # what was under way is finished
        await stop


async def test_health_is_told_to_the_end_of_a_drain(serving: Serving) -> None:
    async with serving(echo_service()) as (server, channel):
        call = chat(channel)()
        await call.write(StringValue(value="hello"))
        assert await call.read() == StringValue(value="hello")
        drain = asyncio.create_task(server.stop(_FOR_EVER))
        await asyncio.sleep(0)
        assert await _health(channel, "") == _NOT_SERVING
        assert [status.status async for status in _watch(channel, NAME)] == [_NOT_SERVING]
        assert not drain.done()
        await call.done_writing()
        await drain
        assert await call.read() is grpc.aio.EOF


class _PatientWith(CallsUnderWay):
    """Takes nothing for quiet before every caller was told, however slow the machine is."""

    def __init__(self, callers: int) -> None:
        super().__init__()
        self._callers = callers
        self._all_told = asyncio.Event()

    async def quiet(self, seconds: float, within: float) -> None:
        """Wait for the callers instead of for the clock."""
        await self._all_told.wait()
        await super().quiet(seconds, within)

    def told(self) -> None:
        """Note that one more caller was refused."""
        self._callers -= 1
        if not self._callers:
            self._all_told.set()


async def test_who_calls_again_and_again_is_told_to_call_elsewhere_and_cut_off_never(
    serving: Serving,
) -> None:
    async def brief(request: StringValue, context: Context) -> StringValue:
        del context
        await asyncio.sleep(0.003)
        return request

    async def told(channel: grpc.aio.Channel, answered: asyncio.Event, calls: _PatientWith) -> Reason:
        """Return what a caller is refused with that calls as soon as it is answered."""
        while True:
            try:
                await unary(channel)(StringValue(value="hello"))
            except grpc.aio.AioRpcError as refused:
                calls.told()
                return from_rpc_error(refused).reason
            answered.set()

    for _ in range(5):
        calls = _PatientWith(8)
        async with serving(echo_service(unary=brief), calls=calls) as (server, channel):
            answered = [asyncio.Event() for _ in range(8)]
            callers = [asyncio.create_task(told(channel, each, calls)) for each in answered]
            await asyncio.gather(*(each.wait() for each in answered))
            await server.stop(_FOR_EVER)
            assert await asyncio.gather(*callers) == [Reason.DRAINING] * len(callers)


async def test_a_second_stop_ends_what_the_first_waits_for(serving: Serving) -> None:
    async def endless(requests: Requests, context: Context) -> AsyncIterator[StringValue]:
        del context
        async for request in requests:
            yield request

    async with serving(echo_service(chat=endless)) as (server, channel):
        call = chat(channel)()
        await call.write(StringValue(value="hello"))
        assert await call.read() == StringValue(value="hello")
        drain = asyncio.create_task(server.stop(_FOR_EVER))
        await asyncio.sleep(0)
        await server.stop(0)
        await drain
        with pytest.raises((grpc.aio.AioRpcError, asyncio.CancelledError)):
            await call.read()


async def test_a_stop_waits_for_calls_that_it_ended_to_leave(serving: Serving) -> None:
    left = False

    async def slow_to_leave(requests: Requests, context: Context) -> AsyncIterator[StringValue]:
        del context
        nonlocal left
        try:
            async for request in requests:
                yield request
            await asyncio.Event().wait()
        finally:
            for _ in range(100):
                await asyncio.sleep(0)
            left = True

    async with serving(echo_service(chat=slow_to_leave)) as (server, channel):
        call = chat(channel)()
        await call.write(StringValue(value="hello"))
        assert await call.read() == StringValue(value="hello")
        await server.stop(0)
        assert left


async def test_reflection_lists_every_service() -> None:
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    async with serving_a_socket(echo_service()) as (_, channel):
        call = channel.stream_stream(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            reflection_pb2.ServerReflectionRequest.SerializeToString,
            reflection_pb2.ServerReflectionResponse.FromString,
        )(iter([request]))
        responses = [response async for response in call]
    listed = {service.name for service in responses[0].list_services_response.service}
    assert listed == {NAME, "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}


async def test_two_servers_never_share_a_port() -> None:
    first = Server(ServerSettings(port=0), [echo_service()])
    port = await first.start()
    second = Server(ServerSettings(port=port), [echo_service()])
    with pytest.raises(PortTakenError, match=rf"127\.0\.0\.1:{port}: the port is taken"):
        await second.start()
    await first.stop(0)
    await second.stop(0)


async def test_a_port_is_free_again_once_its_server_has_stopped() -> None:
    port = 0
    for _ in range(2):
        server = Server(ServerSettings(port=port), [echo_service()])
        port = await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            assert await _health(channel, "") == _SERVING
        await server.stop(0)


async def test_an_address_that_is_not_this_machines_is_told_as_such() -> None:
    server = Server(ServerSettings(host="192.0.2.1", port=50051), [echo_service()])
    with pytest.raises(PortTakenError, match=r"cannot listen on 192\.0\.2\.1:50051") as refused:
        await server.start()
    assert "port is taken" not in str(refused.value)
    await server.stop(0)


async def test_a_message_beyond_the_bound_ends_the_call_and_no_other() -> None:
    settings = ServerSettings(port=0, max_message_bytes=64 * 1024)
    async with serving_a_socket(echo_service(), settings=settings) as (_, channel):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await unary(channel)(StringValue(value="x" * 65 * 1024))
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert (await unary(channel)(StringValue(value="x" * 63 * 1024))).value == "x" * 63 * 1024


async def test_the_four_kinds_of_method_work_side_by_side(serving: Serving) -> None:
    async with serving(echo_service()) as (_, channel):
        letters = [response.value async for response in stream(channel)(StringValue(value="abc"))]
        assert letters == ["a", "b", "c"]
        call = chat(channel)()
        for word in ("one", "two"):
            await call.write(StringValue(value=word))
            assert await call.read() == StringValue(value=word)
        await call.done_writing()
        assert await call.read() is grpc.aio.EOF


class _NeverEnding(CallsUnderWay):
    """Has a call under way that no cancel ends, and notes for how long it is waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.waited = 0.0

    async def none(self, within: float) -> bool:
        """Wait in no time, and in vain."""
        self.waited += within
        return False


async def test_what_does_not_leave_is_left_behind_in_bounded_time() -> None:
    """As a service's end does: a drain, and two stops behind it."""
    calls = _NeverEnding()
    server = Server(ServerSettings(port=0), [echo_service()], calls=calls)
    await server.start()
    for grace in (10.0, 0.0, 0.0):
        await server.stop(grace)
    assert calls.waited == 10.0 + LEAVING_SECONDS

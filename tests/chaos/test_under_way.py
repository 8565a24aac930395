from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import grpc
import psutil
import pytest
from load.gauges import Gauge
from load.plan import Conduct, Order, Road

from tests.chaos.cable import Cable
from tests.chaos.calls import Call
from tests.chaos.under_way import (
    gauges,
    heard_through,
    more,
    requests_in_envoy,
    since,
    syntheses,
    until_at_work,
)
from tests.chaos.wired import AwayError, Part
from tests.ports import free_port


@asynccontextmanager
async def _speaking() -> AsyncIterator[tuple[Cable, asyncio.StreamWriter]]:
    """Hold a cable through which somebody is told something all the time, and what asks through it."""

    ended = asyncio.Event()

    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while not writer.is_closing():
                writer.write(bytes(960))
                await writer.drain()
                await asyncio.sleep(0.02)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        ended.set()

    port = free_port()
    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        cable = Cable(port, server.sockets[0].getsockname()[1])
        await cable.plug_in()
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            yield cable, writer
        finally:
            writer.close()
            await cable.unplug()
            await ended.wait()


def _call(road: Road, *heard: float) -> Call:
    call = Call(Order(1, 0.0, road, Conduct.LISTEN, "Hello.", ""), 0.0)
    for at in heard:
        call.playback.heard(at, 1.0)
    return call


async def test_an_edge_is_at_work_while_it_passes_the_sound_of_a_call_that_goes_on() -> None:
    async with _speaking() as (cable, _):
        edge = Part("edge", 0, 0, into=[], out=[cable], supervisor=psutil.Process())
        silent = Part("edge-2", 0, 0, into=[cable], out=[Cable(0, 0)], supervisor=psutil.Process())
        while cable.answered < 0:  # noqa: ASYNC110  # it is only noted
            await asyncio.sleep(0.01)
        over = _call(Road.HTTP, 1.0)
        over.end("completed")
        calls = [over, _call(Road.REALTIME), _call(Road.GRPC, 1.0)]
        assert heard_through(edge, calls) == 0
        calls.append(_call(Road.REALTIME, 1.0))
        assert heard_through(edge, calls) == 1
        assert heard_through(silent, calls) == 0


async def test_of_services_in_one_process_each_is_found_at_work_that_can_be() -> None:
    async with _speaking() as (cable, _):
        inside = [Part(kind, 0, 0, [cable], [], psutil.Process()) for kind in ("edge", "envoy")]
        fragmenter = Part("fragmenter", 0, 0, [], [], psutil.Process())
        while cable.answered < 0:  # noqa: ASYNC110  # it is only noted
            await asyncio.sleep(0.01)
        calls = [_call(Road.HTTP, 1.0)]
        assert [heard_through(part, calls) for part in inside] == [1, 1]
        assert await until_at_work([inside[1], fragmenter], calls) == {"envoy": 1}


async def test_services_of_one_process_are_told_apart_by_what_they_say() -> None:
    page = b"".join(
        b'parlando_live_%s{otel_scope_name="parlando.%s",parlando_hop="%s"} %d.0\n' % (what, hop, hop, number)
        for what, hop, number in (
            (b"calls", b"edge", 3),
            (b"calls", b"router", 2),
            (b"tasks", b"together", 16),
        )
    )

    async def tell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n" + page)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(tell, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        names = ("together-2", "edge-2", "router-2", "synth-2")
        told = await gauges([Part(name, 0, port, [], [], psutil.Process()) for name in names])
    assert list(told.values()) == [Gauge(0, 16), Gauge(3, 0), Gauge(2, 0), Gauge(0, 0)]


async def test_what_has_ended_before_the_other_was_asked_is_not_at_work() -> None:
    async with _speaking() as (cable, writer):
        envoy, redis = (Part(name, 0, 0, [cable], [], psutil.Process()) for name in ("envoy", "redis"))
        calls = [_call(Road.GRPC, 1.0)]
        found = asyncio.create_task(until_at_work([envoy, redis], calls))
        await asyncio.sleep(0.5)
        calls[0].end("completed")
        writer.write(bytes(100))
        await asyncio.sleep(0.5)
        assert not found.done()
        calls.append(_call(Road.GRPC, 1.0))
        while not found.done():
            writer.write(bytes(100))
            await asyncio.sleep(0.05)
        assert await found == {"envoy": 1, "redis": 1}


def test_what_is_more_than_before_is_left_behind() -> None:
    before = {"edge: calls": 0, "router: tasks": 9, "session: calls": 1}
    after = {"edge: calls": 1, "router: tasks": 9, "session: calls": 0}
    assert more(before, after) == ["edge: calls 1, before 0"]


def test_who_began_anew_has_counted_since_then() -> None:
    assert since({"router": 7, "envoy": 2}, {"router": 3, "envoy": 4, "router-2": 1}) == 3 + 2 + 1
    assert since({"router": 7}, {}) == 0


async def test_a_part_that_says_nothing_of_what_it_does_is_away() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        with pytest.raises(AwayError, match="envoy"):
            await requests_in_envoy(server.sockets[0].getsockname()[1])
    idle = grpc.aio.server()
    worker = Part("synth", idle.add_insecure_port("127.0.0.1:0"), 0, [], [], psutil.Process())
    await idle.start()
    with pytest.raises(AwayError, match="synth"):
        await syntheses(worker)
    await idle.stop(None)

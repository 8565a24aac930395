"""Workers that come, go and fail: what the router tells of them, and who speaks."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import grpc
import pytest

from parlando_kit.errors import Reason
from parlando_scripted.script import ScriptedSettings
from tests.component.router.mesh import (
    WorkerProcess,
    failure,
    kinds,
    mesh,
    opened,
    pcm,
    read_until,
    rest,
    routing,
    said,
    say,
    send,
    text,
    until,
)

_LONG = "Seven green steps down. " * 20


# Health


async def test_health_follows_the_workers() -> None:
    worker = WorkerProcess()
    async with mesh(worker) as router:
        assert await router.health("dependency/engines")
        await worker.stop()
        await until(router.health, False)
        assert not await router.health("dependency/engines")
        assert await router.health("dependency/fragmenter")

        async def gone() -> bool:
            [replica] = (await router.replicas()).values()
            return not replica.serving and "UNAVAILABLE" in replica.detail

        await until(gone, True)  # it may have told first that it drains
        [replica] = (await router.replicas()).values()
        assert replica.description.engine == "scripted"  # what it said last
        error = await failure(said(router.stub.Say(say("Orange lamp."))))
        assert error.reason is Reason.NO_ENGINE_AVAILABLE
        assert error.retry_after is not None
        await worker.start()
        await until(router.health, True)
        assert pcm(await said(router.stub.Say(say("Orange lamp."))))
        await worker.stop()


async def test_one_worker_of_two_is_enough() -> None:
    first, second = WorkerProcess(), WorkerProcess()
    async with mesh(first, second) as router:
        await first.stop()
        for _ in range(4):  # the first may still be taken for present: then the second speaks all the same
            events = await said(router.stub.Say(say("Orange lamp.")))
            assert kinds(events)[-1] == "finished"
            assert pcm(events)
        assert await router.health()


async def test_an_engine_that_loads_is_told_as_such() -> None:
    worker = WorkerProcess(ScriptedSettings(open_ms=300))
    await worker.start()
    async with routing([worker.address], ready=False) as router:
        assert not await router.health()
        error = await failure(said(router.stub.Say(say("Orange lamp."))))
        assert error.reason is Reason.NO_ENGINE_AVAILABLE
        await until(router.health, True)
        assert pcm(await said(router.stub.Say(say("Orange lamp."))))
    await worker.stop()


async def test_a_worker_is_reached_however_long_its_link_takes() -> None:
    worker = WorkerProcess()
    await worker.start()
    attempts = 0

    async def link(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal attempts
        attempts += 1
        await asyncio.sleep(0.4)
        back, forth = await asyncio.open_connection("127.0.0.1", worker.port)
        await asyncio.gather(_pumped(reader, forth), _pumped(back, writer))

    slow = await asyncio.start_server(link, "127.0.0.1", 0)
    port = slow.sockets[0].getsockname()[1]
    async with routing([f"127.0.0.1:{port}"]) as router:
        assert pcm(await said(router.stub.Say(say("Orange lamp."))))
        assert attempts == 1
    slow.close()
    await worker.stop()


async def _pumped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


# Failures on the wire


async def test_a_worker_that_dies_in_the_middle_of_a_fragment_ends_the_call() -> None:
    worker = WorkerProcess(ScriptedSettings(rate=2.0))
    async with mesh(worker) as router:
        call = router.stub.Speak()
        await send(call, opened(), text(_LONG))
        await read_until(call, "audio")
        await worker.stop()
        error = await failure(rest(call))
        assert error.reason in {Reason.DEPENDENCY_UNAVAILABLE, Reason.ENGINE_FAILED}
        assert await call.code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("with_", ["ENGINE_FAILED", ""])
async def test_an_engine_that_fails_in_the_middle_of_a_fragment_ends_the_call(with_: str) -> None:
    worker = WorkerProcess()
    async with mesh(worker) as router:
        options = {"fail_after_ms": "200", "fail_with": with_}
        error = await failure(said(router.stub.Say(say(_LONG, engine_options=options))))
        assert error.reason is Reason.ENGINE_FAILED
        await worker.until_load(0)
        assert pcm(await said(router.stub.Say(say("Orange lamp."))))


async def test_a_worker_that_is_full_sends_callers_to_the_next() -> None:
    full = WorkerProcess(ScriptedSettings(instances=1), max_queued=0)
    other = WorkerProcess(name="other")
    async with mesh(full, other) as router:
        hung = router.stub.Say(say("Orange lamp.", engine="scripted", engine_options={"hang_after_ms": "0"}))
        reading = asyncio.ensure_future(hung.read())
        await full.until_load(1)
        events = await said(router.stub.Say(say("Orange lamp.")))
        assert events[0].started.engine == "other"
        error = await failure(said(router.stub.Say(say("Orange lamp.", engine="scripted"))))
        assert error.reason is Reason.OVERLOADED
        assert error.retry_after is not None
        hung.cancel()
        await asyncio.wait({reading})
        await full.until_load(0)


async def test_calls_are_spread_over_the_workers_of_an_engine() -> None:
    workers = [WorkerProcess(ScriptedSettings(rate=5.0)) for _ in range(2)]
    async with mesh(*workers) as router:
        calls = [asyncio.ensure_future(said(router.stub.Say(say(_LONG)))) for _ in range(4)]
        for worker in workers:
            await worker.until_load(2)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        for worker in workers:
            await worker.until_load(0)

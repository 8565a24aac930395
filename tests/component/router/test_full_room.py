"""A router in which as many wait for their first audio as may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from opentelemetry.metrics import NoOpMeter

from parlando.speech.v1 import speech_pb2
from parlando_fragmenter.servicer import FragmenterServicer
from parlando_kit.clock import MonotonicClock
from parlando_kit.errors import Reason
from tests.component.router.mesh import (
    Router,
    WorkerProcess,
    failure,
    mesh,
    opened,
    pcm,
    rest,
    said,
    say,
    send,
    text,
    until,
)


@asynccontextmanager
async def _full(
    worker: WorkerProcess, fragmenter: FragmenterServicer | None = None
) -> AsyncIterator[tuple[Router, asyncio.Event]]:
    """Serve a router with one place, which is taken until the event is set."""
    async with mesh(worker, fragmenter=fragmenter, most_waiting=1) as router:
        hung = router.stub.Say(say("Orange lamp.", engine_options={"hang_after_ms": "0"}))
        reading = asyncio.ensure_future(hung.read())
        await worker.until_load(1)
        leave = asyncio.Event()

        async def give_way() -> None:
            await leave.wait()
            hung.cancel()
            await asyncio.wait({reading})

        giving_way = asyncio.ensure_future(give_way())
        yield router, leave
        leave.set()
        await giving_way


class _Fragmenter(FragmenterServicer):
    """The real one, which counts its calls."""

    def __init__(self) -> None:
        super().__init__(MonotonicClock(), NoOpMeter("test"))
        self.calls = 0

    async def Fragment(self, requests: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        """Count, and answer."""
        self.calls += 1
        async for response in super().Fragment(requests, context):
            yield response

    async def FragmentText(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        """Likewise."""
        self.calls += 1
        return await super().FragmentText(request, context)


async def test_every_call_that_speaks_is_refused_before_anybody_is_asked() -> None:
    fragmenter = _Fragmenter()
    async with _full(WorkerProcess(), fragmenter) as (router, _):
        asked = fragmenter.calls
        assert asked
        request = speech_pb2.StreamAudioRequest(text="Orange lamp.")
        speak = router.stub.Speak()
        await send(speak, opened(), text("Orange lamp."))
        for call in (
            said(router.stub.Say(say("Orange lamp."))),
            anext(aiter(router.stub.StreamAudio(request))),
            speak.read(),
        ):
            error = await failure(call)
            assert error.reason is Reason.OVERLOADED
            assert error.retry_after is not None
        assert fragmenter.calls == asked


async def test_who_opened_meanwhile_and_writes_later_is_let_in() -> None:
    async with _full(WorkerProcess()) as (router, leave):
        speak = router.stub.Speak()
        await send(speak, opened())
        leave.set()
        await until(router.utterances, 0)
        await send(speak, text("Orange lamp."))
        await speak.done_writing()
        assert pcm(await rest(speak))

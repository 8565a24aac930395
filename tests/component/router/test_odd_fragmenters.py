"""Fragmenters that stand still, refuse and are late."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from parlando.audio.v1 import audio_pb2
from parlando.fragmenter.v1 import fragmenter_pb2, fragmenter_service_pb2_grpc
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.status import abort
from parlando_router.epoch import FRAGMENTER_SECONDS
from tests.component.router.mesh import (
    HastyClock,
    WorkerProcess,
    failure,
    kinds,
    mesh,
    opened,
    receive,
    rest,
    said,
    say,
    send,
    text,
)


class _StubbornFragmenter(fragmenter_service_pb2_grpc.FragmenterServiceServicer):
    """Gives out a fragment for every text, and does not read on before it is `released`."""

    def __init__(self) -> None:
        self.released = asyncio.Event()
        self.hints = 0

    async def Fragment(  # noqa: N802  # gRPC's name
        self, requests: AsyncIterator[fragmenter_pb2.FragmentRequest], _: Any
    ) -> AsyncIterator[fragmenter_pb2.FragmentResponse]:
        number = at = 0
        async for request in requests:
            self.hints += request.HasField("hint")
            if not request.HasField("text"):
                continue
            source = audio_pb2.SourceSpan(start=at, end=at + len(request.text.text))
            for _ in range(3 if at == 0 else 1):
                yield fragmenter_pb2.FragmentResponse(
                    fragment=fragmenter_pb2.Fragment(
                        index=number,
                        source=source,
                        spoken_text="lamp",
                        map=[
                            fragmenter_pb2.MapPiece(
                                source=source, spoken=audio_pb2.SpokenSpan(start=0, end=4)
                            )
                        ],
                    )
                )
                number += 1
                source = audio_pb2.SourceSpan(start=source.end, end=source.end)
            yield fragmenter_pb2.FragmentResponse()  # a message of a later version
            at += len(request.text.text)
            await self.released.wait()


async def test_text_may_wait_for_the_fragmenter_while_hints_are_due() -> None:
    fragmenter = _StubbornFragmenter()  # type: ignore[abstract]  # nothing comes whole here
    async with mesh(WorkerProcess(), fragmenter=fragmenter) as router:
        call = router.stub.Speak()
        await send(call, opened())
        large = "x" * 90_000  # more than a window of gRPC holds, so that a write waits
        for _ in range(3):
            await send(call, text(large))
        begun = 0
        while begun < 3:
            begun += kinds(await receive(call)).count("fragment")
        fragmenter.released.set()
        await call.done_writing()
        events = await rest(call)
        assert kinds(events)[-1] == "finished"
        assert kinds(events).count("fragment") == 2
        assert events[-1].finished.source_length == 3 * len(large)
        assert fragmenter.hints > 0


class _BrokenFragmenter(fragmenter_service_pb2_grpc.FragmenterServiceServicer):
    """Ends every call with an error."""

    def __init__(self, error: ParlandoError) -> None:
        self._error = error

    async def Fragment(  # noqa: N802  # gRPC's name
        self, requests: AsyncIterator[fragmenter_pb2.FragmentRequest], context: Any
    ) -> AsyncIterator[fragmenter_pb2.FragmentResponse]:
        async for request in requests:
            if request.HasField("text"):
                await abort(context, self._error)
        yield fragmenter_pb2.FragmentResponse()

    async def FragmentText(  # noqa: N802  # gRPC's name
        self, _: fragmenter_pb2.FragmentTextRequest, context: Any
    ) -> fragmenter_pb2.FragmentTextResponse:
        await abort(context, self._error)


@pytest.mark.parametrize("reason", [Reason.BAD_MARKUP, Reason.DRAINING])
async def test_what_the_fragmenter_refuses_is_told_to_the_caller(reason: Reason) -> None:
    error = ParlandoError(reason, "text: close the element", field="text")
    clock = HastyClock(20.0)  # one that drains is asked for again, for seconds
    async with mesh(WorkerProcess(), fragmenter=_BrokenFragmenter(error), clock=clock) as router:
        got = await failure(said(router.stub.Say(say("Orange lamp."))))
        assert got.reason is reason
        call = router.stub.Speak()
        await send(call, opened(), text("Orange lamp."))
        assert (await failure(rest(call))).reason is reason


class _LateFragmenter(fragmenter_service_pb2_grpc.FragmenterServiceServicer):
    """Is too late with the first text, and notes how long it was given."""

    def __init__(self) -> None:
        self.given: list[float] = []

    async def FragmentText(  # noqa: N802  # gRPC's name
        self, request: fragmenter_pb2.FragmentTextRequest, context: Any
    ) -> fragmenter_pb2.FragmentTextResponse:
        self.given.append(context.time_remaining() or math.inf)
        if len(self.given) == 1:
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED)
        source = audio_pb2.SourceSpan(start=0, end=len(request.text))
        spoken = audio_pb2.SpokenSpan(start=0, end=len(request.text))
        piece = fragmenter_pb2.MapPiece(source=source, spoken=spoken, verbatim=True)
        fragment = fragmenter_pb2.Fragment(source=source, spoken_text=request.text, map=[piece])
        return fragmenter_pb2.FragmentTextResponse(fragments=[fragment])


async def test_a_fragmenter_that_is_late_with_a_whole_text_is_asked_again() -> None:
    fragmenter = _LateFragmenter()  # type: ignore[abstract]  # nothing is streamed here
    async with mesh(WorkerProcess(), fragmenter=fragmenter) as router:
        assert kinds(await said(router.stub.Say(say("Orange lamp."))))[-1] == "finished"
    first, second = fragmenter.given
    assert max(first, second) < FRAGMENTER_SECONDS + 1

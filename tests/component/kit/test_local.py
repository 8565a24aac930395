"""A call within the process goes as one over a socket does: what each test says, it says of both."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from opentelemetry import trace

from parlando.fragmenter.v1 import fragmenter_pb2, fragmenter_service_pb2_grpc
from parlando.speech.v1 import speech_pb2, speech_service_pb2_grpc
from parlando_edge.ports import SpeechSettings
from parlando_edge.router_client import GrpcSpeaker
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.server import Service
from parlando_kit.status import from_rpc_error
from parlando_kit.tracing import TracingInterceptor, outgoing
from parlando_kit.true_status import with_true_status
from parlando_router.fragmenter_client import GrpcFragmenter
from parlando_router.ports import FragmentConfig
from parlando_router.request import Markup, Schedule
from tests.component.kit.echo import (
    NAME,
    Context,
    Requests,
    Serving,
    chat,
    collect,
    echo_service,
    stream,
    unary,
)
from tests.component.kit.echo import serving as serving_by
from tests.component.kit.lasting import (
    LONG,
    MOST_AHEAD,
    SECONDS,
    comes,
    end_of,
    message,
    messages,
    others_are_served,
    write_all,
)

pytestmark = pytest.mark.usefixtures("nothing_is_left")


# The four kinds of call


@pytest.mark.parametrize("written", [False, True], ids=["iterator", "written"])
async def test_a_caller_sends_a_stream_by_an_iterator_or_message_by_message(
    serving: Serving, *, written: bool
) -> None:
    async with serving(echo_service()) as (_, channel):
        if written:
            collecting, chatting = collect(channel)(), chat(channel)()
            await write_all(collecting, "one", "two")
            for word in ("one", "two"):
                await chatting.write(message(word))
                assert await chatting.read() == message(word)
            await chatting.done_writing()
        else:
            collecting = collect(channel)(messages("one", "two"))
            chatting = chat(channel)(messages("one", "two"))
            for word in ("one", "two"):
                assert await chatting.read() == message(word)
        assert await collecting == message("onetwo")
        assert await chatting.read() is grpc.aio.EOF


async def test_a_stream_is_read_by_iterating_over_it(serving: Serving) -> None:
    async with serving(echo_service()) as (_, channel):
        assert [letter.value async for letter in stream(channel)(message("abc"))] == ["a", "b", "c"]
        assert [word.value async for word in chat(channel)(messages("d", "e"))] == ["d", "e"]


async def test_what_was_written_before_the_end_is_read_to_the_end(serving: Serving) -> None:
    async def brief(request: StringValue, context: Context) -> AsyncIterator[StringValue]:
        del context
        for letter in request.value:
            yield message(letter)
        ended.set()

    ended = asyncio.Event()
    async with serving(echo_service(stream=brief)) as (_, channel):
        call = stream(channel)(message("ab"))
        await comes(ended)
        await others_are_served(channel)
        assert [await call.read(), await call.read()] == [message("a"), message("b")]
        assert [await end_of(call.read()) for _ in range(3)] == ["OK"] * 3


# Statuses


async def test_an_error_follows_what_was_written_before_it_and_is_told_again(serving: Serving) -> None:
    async def failing(request: StringValue, context: Context) -> AsyncIterator[StringValue]:
        del request, context
        yield message("first")
        yield message("second")
        failed.set()
        raise ParlandoError(Reason.OVERLOADED, "too much", field="text", retry_after=2.5)

    failed = asyncio.Event()
    async with serving(echo_service(stream=failing)) as (_, channel):
        call = stream(channel)(StringValue())
        await comes(failed)
        await others_are_served(channel)
        assert [await call.read(), await call.read()] == [message("first"), message("second")]
        for _ in range(2):
            with pytest.raises(grpc.aio.AioRpcError) as told:
                await call.read()
            error = from_rpc_error(told.value)
            assert (error.reason, error.message) == (Reason.OVERLOADED, "too much")
            assert (error.field, error.retry_after) == ("text", 2.5)


@pytest.mark.parametrize("method", [f"/{NAME}/Nothing", "/parlando.test.v1.Nobody/Unary"])
async def test_a_method_that_nobody_serves_is_unimplemented(serving: Serving, method: str) -> None:
    codec = StringValue.SerializeToString, StringValue.FromString
    async with serving(echo_service()) as (_, channel):
        assert await end_of(channel.unary_unary(method, *codec)(StringValue())) == "UNIMPLEMENTED"
        assert await end_of(channel.stream_unary(method, *codec)(messages("a"))) == "UNIMPLEMENTED"
        assert await end_of(channel.unary_stream(method, *codec)(StringValue()).read()) == "UNIMPLEMENTED"
        assert await end_of(channel.stream_stream(method, *codec)().read()) == "UNIMPLEMENTED"


async def test_a_method_of_the_contract_that_is_left_out_is_unimplemented(serving: Serving) -> None:
    servicer = speech_service_pb2_grpc.SpeechServiceServicer()  # type: ignore[abstract]  # the point
    async with serving(_speech(servicer)) as (_, channel):
        stub = speech_service_pb2_grpc.SpeechServiceStub(channel)
        assert await end_of(stub.ListVoices(speech_pb2.ListVoicesRequest())) == "UNIMPLEMENTED"
        assert await end_of(stub.Say(speech_pb2.SayRequest()).read()) == "UNIMPLEMENTED"
        assert await end_of(stub.Speak().read()) == "UNIMPLEMENTED"


def _speech(servicer: speech_service_pb2_grpc.SpeechServiceServicer) -> Service:
    return Service(
        "parlando.speech.v1.SpeechService",
        lambda server: speech_service_pb2_grpc.add_SpeechServiceServicer_to_server(servicer, server),
    )


class _Stopping(speech_service_pb2_grpc.SpeechServiceServicer):
    """Begins an utterance, which is then stopped."""

    async def Say(  # type: ignore[override]  # noqa: N802  # it writes; gRPC's name
        self, request: speech_pb2.SayRequest, context: Context
    ) -> None:
        """Answer once."""
        del request
        await context.write(speech_pb2.SayResponse())  # type: ignore[arg-type]  # not the context's own type
        raise ParlandoError(Reason.STOPPED, "an operator has stopped it")

    async def Speak(  # type: ignore[override]  # noqa: N802  # it writes; gRPC's name
        self, request_iterator: AsyncIterator[speech_pb2.SpeakRequest], context: Context
    ) -> None:
        """Answer the first message."""
        await anext(request_iterator)
        await context.write(speech_pb2.SpeakResponse())  # type: ignore[arg-type]  # likewise
        raise ParlandoError(Reason.STOPPED, "an operator has stopped it")


@pytest.mark.parametrize("growing", [False, True])
async def test_a_status_of_cancelled_is_no_cancel_and_the_edge_is_told_why(
    serving: Serving, *, growing: bool
) -> None:
    servicer = _Stopping()  # type: ignore[abstract]  # no other method is called
    async with serving(_speech(servicer)) as (_, channel):
        speaker = GrpcSpeaker(channel)
        settings = SpeechSettings()
        saying = speaker.speak(settings) if growing else speaker.say("hello", settings)
        with pytest.raises(ParlandoError) as told:
            async with saying as utterance:
                await anext(utterance)
    assert (told.value.reason, told.value.message) == (Reason.STOPPED, "an operator has stopped it")


_CONFIG = FragmentConfig(0, "en", Markup.PLAIN, Schedule(), None)


class _Away(fragmenter_service_pb2_grpc.FragmenterServiceServicer):
    """Ends a call as a server does that closes while it comes, or as one of ours."""

    def __init__(self, *, ours: bool) -> None:
        self._ours = ours

    async def Fragment(  # type: ignore[override]  # noqa: N802  # it writes; gRPC's name
        self, request_iterator: AsyncIterator[fragmenter_pb2.FragmentRequest], context: Context
    ) -> None:
        """End with CANCELLED."""
        await anext(request_iterator)
        if self._ours:
            raise ParlandoError(Reason.STOPPED, "an operator has stopped it")
        await context.abort(grpc.StatusCode.CANCELLED, "closing")


@pytest.mark.parametrize("ours", [False, True])
async def test_a_status_of_cancelled_is_no_cancel_and_the_router_is_told_why(
    serving: Serving, *, ours: bool
) -> None:
    servicer = _Away(ours=ours)  # type: ignore[abstract]  # no other method is called
    service = Service(
        "parlando.fragmenter.v1.FragmenterService",
        lambda server: fragmenter_service_pb2_grpc.add_FragmenterServiceServicer_to_server(servicer, server),
    )
    async with serving(service) as (_, channel):
        fragments = await GrpcFragmenter(channel).open(_CONFIG)
        with pytest.raises(ParlandoError) as told:
            await fragments.next()
    assert told.value.reason is (Reason.STOPPED if ours else Reason.DEPENDENCY_UNAVAILABLE)


# Who reads slowly, and who writes too long


async def test_a_caller_that_reads_nothing_holds_its_servicer_up_and_nobody_else(serving: Serving) -> None:
    written = 0

    async def flood(request: StringValue, context: Context) -> AsyncIterator[StringValue]:
        nonlocal written
        del request, context
        while True:
            yield LONG
            written += 1

    async with serving(echo_service(stream=flood)) as (_, channel):
        call = stream(channel)(StringValue())
        await others_are_served(channel)
        assert 0 < written <= MOST_AHEAD
        for _ in range(MOST_AHEAD):
            assert await call.read() == LONG
        await others_are_served(channel)
        assert MOST_AHEAD <= written <= 2 * MOST_AHEAD
        call.cancel()


async def _end_of_writing(call: Any) -> str | None:
    """Return how a call has ended by a write, or None where nothing is told of an end."""
    try:
        await call.write(LONG)
    except grpc.aio.AioRpcError as error:
        return error.code().name
    except asyncio.InvalidStateError:  # gRPC tells this without a look at how it ended
        return "too late"
    except asyncio.CancelledError:
        return "cancelled by its caller"
    return None


async def _write_on(call: Any, written: list[StringValue]) -> str:
    """Write until it is told of an end; return which."""
    while (end := await _end_of_writing(call)) is None:
        written.append(LONG)
        await asyncio.sleep(0)  # after a good end a write need not wait
    return end


@pytest.mark.parametrize("end", ["refused", "cancelled", "too late"])
async def test_who_writes_to_a_servicer_that_reads_nothing_waits_and_is_let_go(
    serving: Serving, end: str
) -> None:
    async def deaf(requests: Requests, context: Context) -> AsyncIterator[StringValue]:
        del requests, context
        yield message("hello")
        await enough.wait()
        raise ParlandoError(Reason.VOICE_NOT_FOUND, "no such voice")

    enough = asyncio.Event()
    written: list[StringValue] = []
    async with serving(echo_service(chat=deaf)) as (_, channel):
        call = with_true_status(chat(channel)(timeout=2.0 if end == "too late" else None))
        writing = asyncio.create_task(_write_on(call, written))
        assert await call.read() == message("hello")
        await others_are_served(channel)
        assert 0 < len(written) <= MOST_AHEAD
        if end == "refused":
            enough.set()
        elif end == "cancelled":
            call.cancel()
        told = await end_of(call.read())
        assert (
            told
            == {
                "refused": "NOT_FOUND",
                "cancelled": "cancelled by its caller",
                "too late": "DEADLINE_EXCEEDED",
            }[end]
        )
        await asyncio.wait({writing}, timeout=SECONDS)
        assert writing.result() in (told, "too late")


@pytest.mark.parametrize("refuses", [False, True])
async def test_who_writes_while_its_call_ends_reads_all_that_was_sent_and_how_it_ended(
    serving: Serving, *, refuses: bool
) -> None:
    async def hasty(requests: Requests, context: Context) -> AsyncIterator[StringValue]:
        del context
        await anext(requests)
        for number in range(30):
            yield message(str(number))
        if refuses:
            raise ParlandoError(Reason.VOICE_NOT_FOUND, "no such voice")

    async with serving(echo_service(chat=hasty)) as (_, channel):
        for _ in range(20):
            call = with_true_status(chat(channel)())
            writing = asyncio.create_task(_write_on(call, []))
            words = [await call.read() for _ in range(30)]
            assert words == [message(str(number)) for number in range(30)]
            assert await end_of(call.read()) == ("NOT_FOUND" if refuses else "OK")
            writing.cancel()  # it may have been told nothing
            await asyncio.wait({writing})


@pytest.mark.parametrize("refuses", [False, True])
async def test_a_write_after_the_end_tells_nothing_else_than_reading_does(
    serving: Serving, *, refuses: bool
) -> None:
    async def brief(requests: Requests, context: Context) -> AsyncIterator[StringValue]:
        del context
        yield await anext(requests)
        if refuses:
            raise ParlandoError(Reason.VOICE_NOT_FOUND, "no such voice")

    async with serving(echo_service(chat=brief)) as (_, channel):
        call = with_true_status(chat(channel)())
        await call.write(message("one"))
        assert await call.read() == message("one")
        told = await end_of(call.read())
        assert told == ("NOT_FOUND" if refuses else "OK")
        for _ in range(2):
            assert await _end_of_writing(call) in (told if refuses else None, "too late")
        await call.done_writing()
        assert await end_of(call.read()) == told


async def test_nothing_is_written_after_a_half_close(serving: Serving) -> None:
    async def patient(requests: Requests, context: Context) -> AsyncIterator[StringValue]:
        del context
        async for request in requests:
            yield request
        await go_on.wait()

    go_on = asyncio.Event()
    async with serving(echo_service(chat=patient)) as (_, channel):
        call = chat(channel)()
        await write_all(call, "one")
        await call.done_writing()  # idempotent
        for _ in range(2):
            with pytest.raises(asyncio.InvalidStateError):
                await call.write(message("two"))
        assert await call.read() == message("one")
        go_on.set()
        assert await end_of(call.read()) == "OK"


# What travels along


async def test_metadata_arrives(serving: Serving) -> None:
    async def told(request: StringValue, context: Context) -> StringValue:
        metadata = dict(context.invocation_metadata() or ())
        assert metadata["binary-bin"] == b"\x00\xff"
        return message(str(metadata[request.value]))

    async with serving(echo_service(unary=told)) as (_, channel):
        metadata = (("tier", "gold"), ("binary-bin", b"\x00\xff"))
        assert await unary(channel)(message("tier"), metadata=metadata) == message("gold")


async def test_a_servicer_is_in_the_trace_of_its_caller(serving: Serving) -> None:
    async def traced(request: StringValue, context: Context) -> StringValue:
        del request, context
        return message(f"{trace.get_current_span().get_span_context().trace_id:x}")

    caller = trace.NonRecordingSpan(trace.SpanContext(0xABCD, 0x12, is_remote=False))
    async with serving(echo_service(unary=traced), tracing=[TracingInterceptor()]) as (_, channel):
        with trace.use_span(caller):
            assert await unary(channel)(StringValue(), metadata=outgoing()) == message("abcd")
            assert await unary(channel)(StringValue()) == message("0")  # of itself it is in none
        assert outgoing() is None


_OWNER: ContextVar[str] = ContextVar("owner", default="nobody")


async def test_a_servicer_has_a_context_of_its_own(serving: Serving) -> None:
    async def owner(request: StringValue, context: Context) -> StringValue:
        del context
        before = _OWNER.get()
        _OWNER.set(request.value)
        return message(before)

    async with serving(echo_service(unary=owner)) as (_, channel):
        _OWNER.set("the caller")
        for _ in range(2):
            assert await unary(channel)(message("the servicer")) == message("nobody")
        assert _OWNER.get() == "the caller"


# Iterators of requests that are left


async def test_an_iterator_that_is_read_half_is_closed(serving: Serving) -> None:
    async def many() -> AsyncIterator[StringValue]:
        try:
            while True:
                yield message("more")
                await asyncio.sleep(0)
        finally:
            closed.set()

    async def first(requests: Requests, context: Context) -> StringValue:
        del context
        return await anext(requests)

    closed = asyncio.Event()
    async with serving(echo_service(collect=first)) as (_, channel):
        assert await collect(channel)(many()) == message("more")
        await comes(closed)


@pytest.mark.parametrize("end", ["answered", "refused", "cancelled"])
async def test_an_iterator_that_a_task_of_the_servicers_still_reads_makes_no_trouble(
    serving: Serving, end: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def slow() -> AsyncIterator[StringValue]:
        try:
            yield message("one")
            suspended.set()
            await over.wait()
        finally:
            closed.set()

    async def hasty(requests: Requests, context: Context) -> AsyncIterator[StringValue]:
        del context
        yield await anext(requests)
        reading = asyncio.create_task(_next(requests))
        try:
            await go_on.wait()
            if end == "refused":
                raise ParlandoError(Reason.VOICE_NOT_FOUND, "no such voice")
        finally:
            reading.cancel()  # and it is not waited for
            left.set()

    suspended, over, closed, go_on, left = (asyncio.Event() for _ in range(5))
    async with serving(echo_service(chat=hasty)) as (_, channel):
        call = chat(channel)(slow())
        assert await call.read() == message("one")
        await comes(suspended)
        if end == "cancelled":
            call.cancel()
        else:
            go_on.set()
        told = {"answered": "OK", "refused": "NOT_FOUND", "cancelled": "cancelled by its caller"}
        assert await end_of(call.read()) == told[end]
        await comes(left)
        over.set()  # as our callers do: gRPC goes on with an iterator whose call has ended
        await comes(closed)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def _next(requests: Requests) -> None:
    with suppress(StopAsyncIteration):
        await anext(requests)


async def test_within_the_process_an_iterator_is_closed_before_the_answer_comes() -> None:
    """Its servicer reads it, and leaves nothing to the loop."""

    async def first(requests: Requests, context: Context) -> StringValue:
        del context
        return await anext(requests)

    async with serving_by(echo_service(collect=first), transport="process") as (_, channel):
        words = messages("one", "two")
        assert await collect(channel)(words) == message("one")
        assert await anext(words, None) is None

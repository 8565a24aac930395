"""A call within the process goes as one over a socket does: what each test says, it says of both."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from grpc_health.v1 import health_pb2, health_pb2_grpc
from opentelemetry import trace

from parlando.fragmenter.v1 import fragmenter_pb2, fragmenter_service_pb2_grpc
from parlando.speech.v1 import speech_pb2, speech_service_pb2_grpc
from parlando_edge.ports import SpeechSettings
from parlando_edge.router_client import GrpcSpeaker
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.server import Server, Service
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

_FOR_EVER = 3600.0
_SECONDS = 10.0
"""So long something may take that comes at once: a bound, and no measure."""

_LONG = StringValue(value="x" * 16 * 1024)
_MOST_AHEAD = 32  # such messages that a transport may take of a side whose other side reads nothing
_TURNS = 200  # calls that go round the whole way: everybody had a turn, over and over


@pytest.fixture(autouse=True)
async def _nothing_is_left(caplog: pytest.LogCaptureFixture) -> AsyncIterator[None]:
    yield
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if left:
        _, left = await asyncio.wait(left, timeout=_SECONDS)
    assert left == set()
    gc.collect()  # whatever is destroyed while it waits is told now
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


def _word(word: str) -> StringValue:
    return StringValue(value=word)


async def _words(*words: str) -> AsyncIterator[StringValue]:
    for word in words:
        yield _word(word)


async def _write(call: Any, *words: str) -> None:
    for word in words:
        await call.write(_word(word))
    await call.done_writing()


async def _others_are_served(channel: grpc.aio.Channel) -> None:
    for turn in range(_TURNS):
        assert (await unary(channel)(_word(str(turn)))).value == str(turn)


async def _comes(event: asyncio.Event) -> None:
    async with asyncio.timeout(_SECONDS):
        await event.wait()


async def _end_of(call: Awaitable[Any]) -> str:
    """Return how a call ends of which nothing is expected any more."""
    try:
        async with asyncio.timeout(_SECONDS):
            answer = await call
    except grpc.aio.AioRpcError as error:
        return error.code().name
    except asyncio.CancelledError:
        return "cancelled by its caller"
    assert answer is grpc.aio.EOF
    return "OK"


async def _stops(server: Server) -> None:
    """Stop a server that has nothing to wait for."""
    async with asyncio.timeout(_SECONDS):
        await server.stop(_FOR_EVER)


class Lasting:
    """Methods that last until they are ended, each at another point, and note how they are left."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.left = asyncio.Event()
        self.how: list[str] = []

    async def _until_ended(self, lasting: Awaitable[object]) -> None:
        task = asyncio.current_task()
        self.begun.set()
        try:
            await lasting
        except BaseException as error:
            self.how.append(type(error).__name__)
            raise
        finally:
            await asyncio.sleep(0)  # leaving may wait
            if asyncio.current_task() is task:
                self.left.set()

    async def answers_never(self, request: StringValue, context: Context) -> StringValue:
        """Wait for what does not come."""
        del context
        await self._until_ended(asyncio.Event().wait())
        return request

    async def waits(self, requests: Requests, context: Context) -> AsyncIterator[StringValue]:
        """Wait for what does not come; read nothing."""
        del requests, context
        await self._until_ended(asyncio.Event().wait())
        yield StringValue()

    async def reads(self, requests: Requests, context: Context) -> AsyncIterator[StringValue]:
        """Wait for a message."""
        del context

        async def read_off() -> None:
            async for _ in requests:
                pass
            await asyncio.Event().wait()  # a reset ends the requests first

        await self._until_ended(read_off())
        yield StringValue()

    async def writes(self, requests: Requests, context: Context) -> None:
        """Write on and on."""
        del requests

        async def write_on() -> None:
            try:
                while True:
                    await context.write(_LONG)
            except grpc.aio.InternalError:
                await asyncio.Event().wait()  # the cancel may come after it

        await self._until_ended(write_on())


_POINTS = ["reads", "writes", "waits"]


# The four kinds of call


@pytest.mark.parametrize("written", [False, True], ids=["iterator", "written"])
async def test_a_caller_sends_a_stream_by_an_iterator_or_message_by_message(
    serving: Serving, *, written: bool
) -> None:
    async with serving(echo_service()) as (_, channel):
        if written:
            collecting, chatting = collect(channel)(), chat(channel)()
            await _write(collecting, "one", "two")
            for word in ("one", "two"):
                await chatting.write(_word(word))
                assert await chatting.read() == _word(word)
            await chatting.done_writing()
        else:
            collecting = collect(channel)(_words("one", "two"))
            chatting = chat(channel)(_words("one", "two"))
            for word in ("one", "two"):
                assert await chatting.read() == _word(word)
        assert await collecting == _word("onetwo")
        assert await chatting.read() is grpc.aio.EOF


async def test_a_stream_is_read_by_iterating_over_it(serving: Serving) -> None:
    async with serving(echo_service()) as (_, channel):
        assert [letter.value async for letter in stream(channel)(_word("abc"))] == ["a", "b", "c"]
        assert [word.value async for word in chat(channel)(_words("d", "e"))] == ["d", "e"]


async def test_what_was_written_before_the_end_is_read_to_the_end(serving: Serving) -> None:
    async def brief(request: StringValue, context: Context) -> AsyncIterator[StringValue]:
        del context
        for letter in request.value:
            yield _word(letter)
        ended.set()

    ended = asyncio.Event()
    async with serving(echo_service(stream=brief)) as (_, channel):
        call = stream(channel)(_word("ab"))
        await _comes(ended)
        await _others_are_served(channel)
        assert [await call.read(), await call.read()] == [_word("a"), _word("b")]
        assert [await _end_of(call.read()) for _ in range(3)] == ["OK"] * 3


# Statuses


async def test_an_error_follows_what_was_written_before_it_and_is_told_again(serving: Serving) -> None:
    async def failing(request: StringValue, context: Context) -> AsyncIterator[StringValue]:
        del request, context
        yield _word("first")
        yield _word("second")
        failed.set()
        raise ParlandoError(Reason.OVERLOADED, "too much", field="text", retry_after=2.5)

    failed = asyncio.Event()
    async with serving(echo_service(stream=failing)) as (_, channel):
        call = stream(channel)(StringValue())
        await _comes(failed)
        await _others_are_served(channel)
        assert [await call.read(), await call.read()] == [_word("first"), _word("second")]
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
        assert await _end_of(channel.unary_unary(method, *codec)(StringValue())) == "UNIMPLEMENTED"
        assert await _end_of(channel.stream_unary(method, *codec)(_words("a"))) == "UNIMPLEMENTED"
        assert await _end_of(channel.unary_stream(method, *codec)(StringValue()).read()) == "UNIMPLEMENTED"
        assert await _end_of(channel.stream_stream(method, *codec)().read()) == "UNIMPLEMENTED"


async def test_a_method_of_the_contract_that_is_left_out_is_unimplemented(serving: Serving) -> None:
    servicer = speech_service_pb2_grpc.SpeechServiceServicer()  # type: ignore[abstract]  # the point
    async with serving(_speech(servicer)) as (_, channel):
        stub = speech_service_pb2_grpc.SpeechServiceStub(channel)
        assert await _end_of(stub.ListVoices(speech_pb2.ListVoicesRequest())) == "UNIMPLEMENTED"
        assert await _end_of(stub.Say(speech_pb2.SayRequest()).read()) == "UNIMPLEMENTED"
        assert await _end_of(stub.Speak().read()) == "UNIMPLEMENTED"


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


# Cancels


@pytest.mark.parametrize("point", _POINTS)
async def test_a_cancel_finds_the_servicer_wherever_it_is(serving: Serving, point: str) -> None:
    lasting = Lasting()
    async with serving(echo_service(chat=getattr(lasting, point))) as (server, channel):
        call = chat(channel)()
        await _comes(lasting.begun)
        await _others_are_served(channel)  # a write waits for its reader by now
        assert server.live == 1
        call.cancel()
        await _comes(lasting.left)
        assert await _end_of(call.read()) == "cancelled by its caller"
        await _stops(server)
    assert lasting.how == ["CancelledError"]


@pytest.mark.parametrize("point", _POINTS)
async def test_a_call_may_be_cancelled_before_it_began(serving: Serving, point: str) -> None:
    lasting = Lasting()
    async with serving(echo_service(chat=getattr(lasting, point))) as (server, channel):
        calls = [chat(channel)(), chat(channel)(_words("a", "b"))]
        for call in calls:
            call.cancel()
        assert [await _end_of(call.read()) for call in calls] == ["cancelled by its caller"] * 2
        await _others_are_served(channel)
        await _stops(server)
    assert lasting.left.is_set() is lasting.begun.is_set()


async def test_who_waits_for_an_answer_is_told_of_a_cancel(serving: Serving) -> None:
    lasting = Lasting()
    async with serving(echo_service(unary=lasting.answers_never, chat=lasting.waits)) as (_, channel):
        streaming, single = chat(channel)(), unary(channel)(StringValue())

        async def answer() -> StringValue:
            return await single

        waiting = [asyncio.create_task(each) for each in (streaming.read(), answer())]
        await _comes(lasting.begun)
        await asyncio.sleep(0)
        streaming.cancel()
        single.cancel()
        assert [await _end_of(each) for each in waiting] == ["cancelled by its caller"] * 2


async def test_a_servicer_whose_caller_has_gone_cannot_write(serving: Serving) -> None:
    async def talks_on(request: StringValue, context: Context) -> None:
        await context.write(request)
        try:
            await asyncio.Event().wait()
        finally:
            with pytest.raises(grpc.aio.InternalError):
                await context.write(request)
            refused.set()

    refused = asyncio.Event()
    async with serving(echo_service(stream=talks_on)) as (_, channel):  # type: ignore[arg-type]  # it writes
        call = stream(channel)(_word("one"))
        assert await call.read() == _word("one")
        call.cancel()
        await _comes(refused)


@pytest.mark.parametrize("waits_for", ["answer", "read", "write"])
async def test_who_is_cancelled_while_it_waits_cancels_its_call(serving: Serving, waits_for: str) -> None:
    async def wait(channel: grpc.aio.Channel) -> None:
        if waits_for == "answer":
            await unary(channel)(StringValue())
        elif waits_for == "read":
            await chat(channel)().read()
        else:
            call = chat(channel)()
            while True:
                await call.write(_LONG)

    lasting = Lasting()
    async with serving(echo_service(unary=lasting.answers_never, chat=lasting.waits)) as (_, channel):
        caller = asyncio.create_task(wait(channel))
        await _comes(lasting.begun)
        for _ in range(_TURNS):  # it has come to wait by then
            assert await stream(channel)(_word("a")).read() == _word("a")
        caller.cancel()
        await _comes(lasting.left)
        await asyncio.wait({caller}, timeout=_SECONDS)
    assert lasting.how == ["CancelledError"]


async def test_a_caller_whose_messages_break_off_has_cancelled(
    serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken() -> AsyncIterator[StringValue]:
        yield _word("one")
        await _comes(lasting.begun)
        raise LookupError("of the caller's")

    lasting = Lasting()
    async with serving(echo_service(chat=lasting.reads)) as (_, channel):
        call = chat(channel)(broken())
        await _comes(lasting.left)
        assert await _end_of(call.read()) == "cancelled by its caller"
    assert lasting.how == ["CancelledError"]
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


# Deadlines


@pytest.mark.parametrize("point", _POINTS)
async def test_a_deadline_ends_a_call_wherever_its_servicer_is(serving: Serving, point: str) -> None:
    lasting = Lasting()
    async with serving(echo_service(chat=getattr(lasting, point))) as (server, channel):
        call = chat(channel)(timeout=0.5)
        await _comes(lasting.left)
        while (end := await _end_of_reading(call)) is None:
            pass
        assert end == "DEADLINE_EXCEEDED"
        await _stops(server)
    assert lasting.how == ["CancelledError"]


async def _end_of_reading(call: Any) -> str | None:
    """Return how a call has ended, or None where it is a message that was read."""
    try:
        async with asyncio.timeout(_SECONDS):
            if isinstance(await call.read(), StringValue):
                return None
    except grpc.aio.AioRpcError as error:
        return error.code().name
    return "OK"


async def test_a_deadline_ends_a_unary_call_on_both_sides(serving: Serving) -> None:
    lasting = Lasting()
    async with serving(echo_service(unary=lasting.answers_never)) as (_, channel):
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await unary(channel)(StringValue(), timeout=0.5)
        await _comes(lasting.left)
    assert from_rpc_error(ended.value).reason is Reason.TOO_LATE
    assert lasting.how == ["CancelledError"]


async def test_a_servicer_knows_how_long_its_caller_waits(serving: Serving) -> None:
    async def left(request: StringValue, context: Context) -> StringValue:
        del request
        return _word(str(context.time_remaining()))

    async with serving(echo_service(unary=left)) as (_, channel):
        assert await unary(channel)(StringValue()) == _word("None")
        seconds = float((await unary(channel)(StringValue(), timeout=_FOR_EVER)).value)
    assert _FOR_EVER / 2 < seconds <= _FOR_EVER + 60  # gRPC rounds deadlines up


async def test_a_call_that_ends_in_time_leaves_no_timer(serving: Serving) -> None:
    lasting = Lasting()
    loop: Any = asyncio.get_running_loop()
    late = loop.time() + _FOR_EVER / 2
    async with serving(echo_service(chat=lasting.waits)) as (_, channel):
        await unary(channel)(StringValue(), timeout=_FOR_EVER)
        assert [word async for word in stream(channel)(_word("a"), timeout=_FOR_EVER)] == [_word("a")]
        call = chat(channel)(timeout=_FOR_EVER)
        await _comes(lasting.begun)
        call.cancel()
        await _comes(lasting.left)
        timers = [timer for timer in loop._scheduled if timer.when() > late]  # asyncio does not tell
        assert [timer for timer in timers if not timer.cancelled()] == []


# Who reads slowly, and who writes too long


async def test_a_caller_that_reads_nothing_holds_its_servicer_up_and_nobody_else(serving: Serving) -> None:
    written = 0

    async def flood(request: StringValue, context: Context) -> AsyncIterator[StringValue]:
        nonlocal written
        del request, context
        while True:
            yield _LONG
            written += 1

    async with serving(echo_service(stream=flood)) as (_, channel):
        call = stream(channel)(StringValue())
        await _others_are_served(channel)
        assert 0 < written <= _MOST_AHEAD
        for _ in range(_MOST_AHEAD):
            assert await call.read() == _LONG
        await _others_are_served(channel)
        assert _MOST_AHEAD <= written <= 2 * _MOST_AHEAD
        call.cancel()


async def _end_of_writing(call: Any) -> str | None:
    """Return how a call has ended by a write, or None where nothing is told of an end."""
    try:
        await call.write(_LONG)
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
        written.append(_LONG)
        await asyncio.sleep(0)  # after a good end a write need not wait
    return end


@pytest.mark.parametrize("end", ["refused", "cancelled", "too late"])
async def test_who_writes_to_a_servicer_that_reads_nothing_waits_and_is_let_go(
    serving: Serving, end: str
) -> None:
    async def deaf(requests: Requests, context: Context) -> AsyncIterator[StringValue]:
        del requests, context
        yield _word("hello")
        await enough.wait()
        raise ParlandoError(Reason.VOICE_NOT_FOUND, "no such voice")

    enough = asyncio.Event()
    written: list[StringValue] = []
    async with serving(echo_service(chat=deaf)) as (_, channel):
        call = with_true_status(chat(channel)(timeout=2.0 if end == "too late" else None))
        writing = asyncio.create_task(_write_on(call, written))
        assert await call.read() == _word("hello")
        await _others_are_served(channel)
        assert 0 < len(written) <= _MOST_AHEAD
        if end == "refused":
            enough.set()
        elif end == "cancelled":
            call.cancel()
        told = await _end_of(call.read())
        assert (
            told
            == {
                "refused": "NOT_FOUND",
                "cancelled": "cancelled by its caller",
                "too late": "DEADLINE_EXCEEDED",
            }[end]
        )
        await asyncio.wait({writing}, timeout=_SECONDS)
        assert writing.result() in (told, "too late")


@pytest.mark.parametrize("refuses", [False, True])
async def test_who_writes_while_its_call_ends_reads_all_that_was_sent_and_how_it_ended(
    serving: Serving, *, refuses: bool
) -> None:
    async def hasty(requests: Requests, context: Context) -> AsyncIterator[StringValue]:
        del context
        await anext(requests)
        for number in range(30):
            yield _word(str(number))
        if refuses:
            raise ParlandoError(Reason.VOICE_NOT_FOUND, "no such voice")

    async with serving(echo_service(chat=hasty)) as (_, channel):
        for _ in range(20):
            call = with_true_status(chat(channel)())
            writing = asyncio.create_task(_write_on(call, []))
            words = [await call.read() for _ in range(30)]
            assert words == [_word(str(number)) for number in range(30)]
            assert await _end_of(call.read()) == ("NOT_FOUND" if refuses else "OK")
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
        await call.write(_word("one"))
        assert await call.read() == _word("one")
        told = await _end_of(call.read())
        assert told == ("NOT_FOUND" if refuses else "OK")
        for _ in range(2):
            assert await _end_of_writing(call) in (told if refuses else None, "too late")
        await call.done_writing()
        assert await _end_of(call.read()) == told


async def test_nothing_is_written_after_a_half_close(serving: Serving) -> None:
    async def patient(requests: Requests, context: Context) -> AsyncIterator[StringValue]:
        del context
        async for request in requests:
            yield request
        await go_on.wait()

    go_on = asyncio.Event()
    async with serving(echo_service(chat=patient)) as (_, channel):
        call = chat(channel)()
        await _write(call, "one")
        await call.done_writing()  # idempotent
        for _ in range(2):
            with pytest.raises(asyncio.InvalidStateError):
                await call.write(_word("two"))
        assert await call.read() == _word("one")
        go_on.set()
        assert await _end_of(call.read()) == "OK"


# What travels along


async def test_metadata_arrives(serving: Serving) -> None:
    async def told(request: StringValue, context: Context) -> StringValue:
        metadata = dict(context.invocation_metadata() or ())
        assert metadata["binary-bin"] == b"\x00\xff"
        return _word(str(metadata[request.value]))

    async with serving(echo_service(unary=told)) as (_, channel):
        metadata = (("tier", "gold"), ("binary-bin", b"\x00\xff"))
        assert await unary(channel)(_word("tier"), metadata=metadata) == _word("gold")


async def test_a_servicer_is_in_the_trace_of_its_caller(serving: Serving) -> None:
    async def traced(request: StringValue, context: Context) -> StringValue:
        del request, context
        return _word(f"{trace.get_current_span().get_span_context().trace_id:x}")

    caller = trace.NonRecordingSpan(trace.SpanContext(0xABCD, 0x12, is_remote=False))
    async with serving(echo_service(unary=traced), tracing=[TracingInterceptor()]) as (_, channel):
        with trace.use_span(caller):
            assert await unary(channel)(StringValue(), metadata=outgoing()) == _word("abcd")
            assert await unary(channel)(StringValue()) == _word("0")  # of itself it is in none
        assert outgoing() is None


_OWNER: ContextVar[str] = ContextVar("owner", default="nobody")


async def test_a_servicer_has_a_context_of_its_own(serving: Serving) -> None:
    async def owner(request: StringValue, context: Context) -> StringValue:
        del context
        before = _OWNER.get()
        _OWNER.set(request.value)
        return _word(before)

    async with serving(echo_service(unary=owner)) as (_, channel):
        _OWNER.set("the caller")
        for _ in range(2):
            assert await unary(channel)(_word("the servicer")) == _word("nobody")
        assert _OWNER.get() == "the caller"


# Iterators of requests that are left


async def test_an_iterator_that_is_read_half_is_closed(serving: Serving) -> None:
    async def many() -> AsyncIterator[StringValue]:
        try:
            while True:
                yield _word("more")
                await asyncio.sleep(0)
        finally:
            closed.set()

    async def first(requests: Requests, context: Context) -> StringValue:
        del context
        return await anext(requests)

    closed = asyncio.Event()
    async with serving(echo_service(collect=first)) as (_, channel):
        assert await collect(channel)(many()) == _word("more")
        await _comes(closed)


@pytest.mark.parametrize("end", ["answered", "refused", "cancelled"])
async def test_an_iterator_that_a_task_of_the_servicers_still_reads_makes_no_trouble(
    serving: Serving, end: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def slow() -> AsyncIterator[StringValue]:
        try:
            yield _word("one")
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
        assert await call.read() == _word("one")
        await _comes(suspended)
        if end == "cancelled":
            call.cancel()
        else:
            go_on.set()
        told = {"answered": "OK", "refused": "NOT_FOUND", "cancelled": "cancelled by its caller"}
        assert await _end_of(call.read()) == told[end]
        await _comes(left)
        over.set()  # as our callers do: gRPC goes on with an iterator whose call has ended
        await _comes(closed)
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
        words = _words("one", "two")
        assert await collect(channel)(words) == _word("one")
        assert await anext(words, None) is None


# Drains


async def _health(channel: grpc.aio.Channel) -> int:
    stub: Any = health_pb2_grpc.HealthStub(channel)
    return int((await stub.Check(health_pb2.HealthCheckRequest())).status)


async def test_a_drain_refuses_what_is_new_and_waits_for_what_is_under_way(serving: Serving) -> None:
    service = replace(echo_service(), answers_always=("Unary",))
    async with serving(service) as (server, channel):
        call = chat(channel)()
        await call.write(_word("one"))
        assert await call.read() == _word("one")
        assert server.live == 1
        drain = asyncio.create_task(server.stop(_FOR_EVER))
        await asyncio.sleep(0)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stream(channel)(_word("ab")).read()
        assert from_rpc_error(refused.value).reason is Reason.DRAINING
        assert await unary(channel)(_word("what is no work")) == _word("what is no work")
        assert await _health(channel) == health_pb2.HealthCheckResponse.NOT_SERVING
        assert not drain.done()
        assert server.live == 1
        await _write(call, "two")
        assert await call.read() == _word("two")
        assert await _end_of(call.read()) == "OK"
        await drain
        assert server.live == 0


@pytest.mark.parametrize("point", _POINTS)
async def test_what_is_under_way_when_the_grace_is_over_is_ended(serving: Serving, point: str) -> None:
    lasting = Lasting()
    async with serving(echo_service(chat=getattr(lasting, point))) as (server, channel):
        call = chat(channel)()
        await _comes(lasting.begun)
        await server.stop(0.01)
        assert lasting.left.is_set()
        assert server.live == 0
        while (end := await _end_of_reading(call)) is None:
            pass
        assert end == "UNAVAILABLE"
    assert lasting.how == ["CancelledError"]


async def test_what_is_no_work_holds_no_stop_up_and_is_ended(serving: Serving) -> None:
    lasting = Lasting()
    service = replace(echo_service(unary=lasting.answers_never), answers_always=("Unary",))
    async with serving(service) as (server, channel):
        call = unary(channel)(StringValue())
        await _comes(lasting.begun)
        assert server.live == 0
        await _stops(server)
        assert await _end_of(call) == "UNAVAILABLE"
        await _comes(lasting.left)

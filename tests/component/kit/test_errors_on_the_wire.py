import asyncio
import logging
import struct
from collections.abc import AsyncIterator

import grpc
import pytest
from google.protobuf import any_pb2
from google.protobuf.wrappers_pb2 import StringValue
from google.rpc import error_details_pb2, status_pb2

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.status import STATUS, from_rpc_error
from tests.component.kit.echo import (
    NAME,
    Context,
    Requests,
    Serving,
    Unary,
    chat,
    echo_service,
    stream,
    unary,
)
from tests.component.kit.echo import serving as serving_a_socket

_SPOKEN = "xylophone"  # stands for text that an exception happens to hold
# A StringValue of a lone surrogate, encoded as three bytes: not UTF-8.
_LONE_SURROGATE = b"\x0a\x03\xed\xa0\x80"


def _failing(error: Exception) -> Unary:
    async def method(request: StringValue, context: Context) -> StringValue:
        del request, context
        raise error

    return method


async def _answer(serving: Serving, error: Exception) -> grpc.aio.AioRpcError:
    """Return what a caller sees of an error that a servicer raises."""
    async with serving(echo_service(unary=_failing(error))) as (_, channel):
        with pytest.raises(grpc.aio.AioRpcError) as answered:
            await unary(channel)(StringValue())
        return answered.value


@pytest.mark.parametrize("reason", Reason)
async def test_every_domain_error_comes_back_as_it_was_raised(serving: Serving, reason: Reason) -> None:
    answer = await _answer(
        serving, ParlandoError(reason, "what to do — ここ", field="settings.voice", retry_after=1.5)
    )
    assert answer.code() is STATUS[reason]
    assert answer.details() == "what to do — ここ"
    error = from_rpc_error(answer)
    assert (error.reason, error.message) == (reason, "what to do — ここ")
    assert (error.field, error.retry_after) == ("settings.voice", 1.5)


async def test_an_error_without_field_and_retry_has_neither_on_the_other_side(serving: Serving) -> None:
    error = from_rpc_error(await _answer(serving, ParlandoError(Reason.STOPPED, "stopped")))
    assert (error.field, error.retry_after) == ("", None)


@pytest.mark.parametrize("length", [1_000, 5_000, 1_000_000])
@pytest.mark.parametrize("letter", ["x", "界", "\n"])
async def test_a_message_that_quotes_something_long_is_cut_and_arrives(
    serving: Serving, letter: str, length: int
) -> None:
    error = from_rpc_error(
        await _answer(
            serving, ParlandoError(Reason.VOICE_NOT_FOUND, f"no voice {letter * length}", field="voice")
        ),
    )
    assert (error.reason, error.field) == (Reason.VOICE_NOT_FOUND, "voice")
    assert error.message.startswith(f"no voice {letter * 100}")
    assert len(error.message.encode()) <= 1_030


async def test_a_lone_surrogate_in_a_message_does_not_undo_the_answer(serving: Serving) -> None:
    error = from_rpc_error(await _answer(serving, ParlandoError(Reason.VOICE_NOT_FOUND, "no voice \ud800")))
    assert (error.reason, error.message) == (Reason.VOICE_NOT_FOUND, "no voice ?")


async def test_a_domain_error_in_a_group_is_answered_and_the_rest_is_logged(
    serving: Serving,
    caplog: pytest.LogCaptureFixture,
) -> None:
    inner = ExceptionGroup("inner", [ParlandoError(Reason.TOO_LATE, "too late"), ValueError("a bug")])
    error = from_rpc_error(await _answer(serving, ExceptionGroup("outer", [KeyError("another"), inner])))
    assert (error.reason, error.message) == (Reason.TOO_LATE, "too late")
    assert "a bug" in caplog.text
    assert "another" in caplog.text


async def test_a_domain_error_is_no_fault_of_the_service(
    serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    await _answer(serving, ExceptionGroup("tasks", [ParlandoError(Reason.TOO_LATE, "too late")]))
    assert caplog.records == []


async def test_a_fault_that_is_known_is_logged_by_its_message(
    serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    await _answer(serving, ParlandoError(Reason.INTERNAL, "the map has a hole"))
    assert "the map has a hole" in caplog.text


@pytest.mark.parametrize("grouped", [False, True])
async def test_an_unexpected_exception_is_answered_with_one_sentence_and_logged_whole(
    serving: Serving, caplog: pytest.LogCaptureFixture, *, grouped: bool
) -> None:
    bug = ValueError(f"cannot handle {_SPOKEN}")
    answer = await _answer(serving, ExceptionGroup("tasks", [bug]) if grouped else bug)
    assert answer.code() is grpc.StatusCode.INTERNAL
    assert answer.details() == "an unexpected fault; the service has logged it"
    assert _SPOKEN not in repr(answer.trailing_metadata())
    assert from_rpc_error(answer).reason is Reason.INTERNAL
    logged = next(record for record in caplog.records if record.levelno == logging.ERROR)
    assert logged.exc_info is not None
    assert f"cannot handle {_SPOKEN}" in caplog.text


async def test_an_error_in_mid_stream_follows_what_was_sent(serving: Serving) -> None:
    async def failing(request: StringValue, context: Context) -> AsyncIterator[StringValue]:
        del request, context
        yield StringValue(value="first")
        raise ParlandoError(Reason.ENGINE_FAILED, "the engine failed")

    async with serving(echo_service(stream=failing)) as (_, channel):
        call = stream(channel)(StringValue())
        assert await call.read() == StringValue(value="first")
        with pytest.raises(grpc.aio.AioRpcError) as answered:
            await call.read()
    assert from_rpc_error(answered.value).reason is Reason.ENGINE_FAILED


async def test_an_error_before_a_stream_began_is_all_it_answers(serving: Serving) -> None:
    async def failing(requests: Requests, context: Context) -> AsyncIterator[StringValue]:
        del requests, context
        if _SPOKEN:
            raise ParlandoError(Reason.OUT_OF_ORDER, "configure first")
        yield StringValue()

    async with serving(echo_service(chat=failing)) as (_, channel):
        with pytest.raises(grpc.aio.AioRpcError) as answered:
            await anext(aiter(chat(channel)()))
    assert from_rpc_error(answered.value).reason is Reason.OUT_OF_ORDER


def _raw(message: bytes) -> bytes:
    return message


async def _send(channel: grpc.aio.Channel, method: str, *requests: bytes) -> bytes:
    """Call a method with bytes that need be no message; return its first response."""

    async def stream_of_requests() -> AsyncIterator[bytes]:
        for request in requests:
            yield request

    path = f"/{NAME}/{method}"
    if method == "Unary":
        return await channel.unary_unary(path, _raw, _raw)(requests[0])
    if method == "Collect":
        return await channel.stream_unary(path, _raw, _raw)(stream_of_requests())
    if method == "Stream":
        return await anext(aiter(channel.unary_stream(path, _raw, _raw)(requests[0])))
    return await anext(aiter(channel.stream_stream(path, _raw, _raw)(stream_of_requests())))


@pytest.mark.parametrize("method", ["Unary", "Stream", "Collect", "Chat"])
@pytest.mark.parametrize("request_bytes", [_LONE_SURROGATE, b"\x0a\xff", b"\xff\xff\xff"])
async def test_a_message_that_cannot_be_decoded_is_the_callers_fault(
    method: str, request_bytes: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving_a_socket(echo_service()) as (_, channel):
        with pytest.raises(grpc.aio.AioRpcError) as answered:
            await _send(channel, method, request_bytes)
        assert (await unary(channel)(StringValue(value="others go on"))).value == "others go on"
    assert answered.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert from_rpc_error(answered.value).reason is Reason.MALFORMED_MESSAGE
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_stream_keeps_what_came_before_the_message_that_cannot_be_decoded() -> None:
    good = StringValue(value="good").SerializeToString()
    async with serving_a_socket(echo_service()) as (_, channel):
        assert await _send(channel, "Chat", good, _LONE_SURROGATE) == good


async def test_a_method_left_to_the_generated_base_class_is_unimplemented(
    serving: Serving,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # What grpc's generated servicers do.
    def left_out(request: StringValue, context: Context) -> StringValue:
        del request
        context.set_code(grpc.StatusCode.UNIMPLEMENTED)
        context.set_details("Method not implemented!")
        raise NotImplementedError("Method not implemented!")

    async with serving(echo_service(unary=left_out)) as (_, channel):  # type: ignore[arg-type]  # as said
        with pytest.raises(grpc.aio.AioRpcError) as answered:
            await unary(channel)(StringValue())
    assert answered.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert caplog.records == []


async def test_what_a_servicer_forgot_to_implement_is_a_fault(serving: Serving) -> None:
    assert (await _answer(serving, NotImplementedError("a branch"))).code() is grpc.StatusCode.INTERNAL


# Answers of peers that are not ours


def _aborting(code: grpc.StatusCode, details: bytes | None) -> Unary:
    async def method(request: StringValue, context: Context) -> StringValue:
        del request
        metadata = () if details is None else (("grpc-status-details-bin", details),)
        await context.abort(code, f"cannot handle {_SPOKEN}", metadata)
        raise AssertionError("abort raises")

    return method


def _details(reason: str, domain: str) -> bytes:
    info = any_pb2.Any()
    info.Pack(error_details_pb2.ErrorInfo(reason=reason, domain=domain))
    status: bytes = status_pb2.Status(code=14, message=_SPOKEN, details=[info]).SerializeToString()
    return status


@pytest.mark.parametrize(
    "details",
    [None, b"", b"\xff\xff", _details("OVERLOADED", "example.com"), _details("FROM_THE_FUTURE", "parlando")],
    ids=["none", "empty", "garbage", "foreign", "unknown reason"],
)
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (grpc.StatusCode.UNAVAILABLE, Reason.DEPENDENCY_UNAVAILABLE),
        (grpc.StatusCode.DEADLINE_EXCEEDED, Reason.TOO_LATE),
        (grpc.StatusCode.CANCELLED, Reason.DEPENDENCY_UNAVAILABLE),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, Reason.OVERLOADED),
        (grpc.StatusCode.INVALID_ARGUMENT, Reason.MALFORMED_MESSAGE),
        (grpc.StatusCode.DATA_LOSS, Reason.INTERNAL),
    ],
)
async def test_a_strangers_status_becomes_the_nearest_reason_without_its_words(
    serving: Serving, code: grpc.StatusCode, reason: Reason, details: bytes | None
) -> None:
    async with serving(echo_service(unary=_aborting(code, details))) as (_, channel):
        with pytest.raises(grpc.aio.AioRpcError) as answered:
            await unary(channel)(StringValue())
    error = from_rpc_error(answered.value)
    assert error.reason is reason
    assert _SPOKEN not in str(error)
    assert code.name in str(error)


async def test_nobody_there_is_a_dependency_that_does_not_answer() -> None:
    async with grpc.aio.insecure_channel("127.0.0.1:1") as channel:
        with pytest.raises(grpc.aio.AioRpcError) as answered:
            await unary(channel)(StringValue())
    assert from_rpc_error(answered.value).reason is Reason.DEPENDENCY_UNAVAILABLE


def _frame(kind: int, stream_id: int, payload: bytes = b"", flags: int = 0) -> bytes:
    """Return a frame of HTTP/2 (RFC 9113, 4.1)."""
    return struct.pack("!BHBBI", 0, len(payload), kind, flags, stream_id) + payload


_SETTINGS, _RST_STREAM, _HEADERS, _END_HEADERS = 4, 3, 1, 4
_BEGUN = b"\x88\x5f\x10application/grpc"  # :status 200 and content-type, in HPACK


@pytest.mark.parametrize("code", [0, 2], ids=["NO_ERROR", "INTERNAL_ERROR"])
@pytest.mark.parametrize("begun", [False, True])
async def test_a_stream_that_a_proxy_resets_has_lost_its_peer_and_is_no_fault_of_ours(
    code: int, *, begun: bool
) -> None:
    """Envoy does so when who was behind it goes in the middle of an answer."""

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        writer.write(_frame(_SETTINGS, 0))
        kind = _SETTINGS
        while kind != _HEADERS:
            _, length, kind, _, stream_id = struct.unpack("!BHBBI", await reader.readexactly(9))
            await reader.readexactly(length)
        if begun:
            writer.write(_frame(_HEADERS, stream_id, _BEGUN, _END_HEADERS))
        writer.write(_frame(_RST_STREAM, stream_id, struct.pack("!I", code)))
        writer.close()
        await writer.wait_closed()
        closed.set()

    closed = asyncio.Event()
    async with await asyncio.start_server(proxy, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        async with grpc.aio.insecure_channel(f"{host}:{port}") as channel:
            with pytest.raises(grpc.aio.AioRpcError) as reset:
                await stream(channel)(StringValue()).read()
        await closed.wait()
    assert reset.value.code() is grpc.StatusCode.INTERNAL
    assert from_rpc_error(reset.value).reason is Reason.DEPENDENCY_UNAVAILABLE

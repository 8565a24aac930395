"""The interceptor every server has: errors leave as statuses with details, and nothing else leaves.

A domain error is answered by the table in `status`. A message that cannot be decoded is answered with
INVALID_ARGUMENT, where gRPC alone would say INTERNAL. Any other exception is logged whole and answered
with one fixed sentence.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import aclosing, nullcontext
from typing import Any, TypeAlias

import grpc
from google.protobuf.message import DecodeError

from parlando_kit.calls import CallsUnderWay
from parlando_kit.errors import CallerGoneError, ParlandoError, Reason
from parlando_kit.status import abort
from parlando_kit.tasks import letting_go

_log = logging.getLogger(__name__)

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"  # generic in its stub alone
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Behaviour = Callable[[Any, Context], Awaitable[Any]]
Decode = Callable[[bytes], Any]

# By (request_streaming, response_streaming).
_REBUILD: dict[tuple[bool, bool], Callable[[Any, Decode | None, Any], Handler]] = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}


def behaviour_of(handler: Handler) -> Any:
    """Return the one function a handler calls."""
    return handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream


def rebuilt(handler: Handler, behaviour: Any, decode: Decode | None) -> Handler:
    """Return a handler of the same kind that calls `behaviour` and decodes requests with `decode`."""
    rebuild = _REBUILD[handler.request_streaming, handler.response_streaming]
    return rebuild(behaviour, decode, handler.response_serializer)


_CANCEL_COMES_WITHIN = 10.0  # seconds; in truth it comes at once


class _Undecodable:
    """Stands for a request that could not be decoded, until the handler can answer for it."""


_UNDECODABLE = _Undecodable()


def _checked(request: Any) -> Any:
    if request is _UNDECODABLE:
        raise ParlandoError(
            Reason.MALFORMED_MESSAGE,
            "the message cannot be decoded: check its type, and that strings are UTF-8 without surrogates",
        )
    return request


class _CheckedStream:
    """The requests of a stream.

    Neither a generator nor on top of gRPC's own: what ends early leaves nothing behind to be closed. A read
    that is cancelled breaks the call, so reading has a task of its own wherever anything else is awaited.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    def __aiter__(self) -> _CheckedStream:
        return self

    async def __anext__(self) -> Any:
        request = await self._context.read()
        if request is grpc.aio.EOF:
            raise StopAsyncIteration
        return _checked(request)


def _lenient(decode: Decode | None) -> Decode | None:
    if decode is None:
        return None

    def attempt(data: bytes) -> Any:
        try:
            return decode(data)
        except (DecodeError, UnicodeDecodeError):
            return _UNDECODABLE

    return attempt


class ErrorInterceptor(grpc.aio.ServerInterceptor):
    """Turns exceptions of servicers into answers. Every handler it returns calls a coroutine function.

    Servicers of request streams read their iterator; `context.read` would go round the checks. A caller's
    reset ends the iterator as its half-close does, and cancels the servicer a moment later.

    Args:
        calls: counts the calls under way, and refuses them while the service drains.
        excepted: methods that are answered even then, and hold nothing up. Example:
            "/parlando.synth.v1.SynthService/StopSynthesis".
    """

    def __init__(self, calls: CallsUnderWay, excepted: Collection[str] = ()) -> None:
        self._calls = calls
        self._excepted = frozenset(excepted)

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """Wrap the handler that would serve the call."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        behaviour = behaviour_of(handler)
        if inspect.isasyncgenfunction(behaviour):  # health's Watch is a coroutine that writes
            behaviour = _writing(behaviour)
        request_streaming = handler.request_streaming
        # Health checks and reflection are answered to the end, too.
        method = handler_call_details.method
        own = not method.startswith("/grpc.") and method not in self._excepted

        async def call(request: Any, context: Context) -> Any:
            try:
                with letting_go(), self._calls.one() if own else nullcontext():
                    requests = _CheckedStream(context) if request_streaming else _checked(request)
                    return await behaviour(requests, context)
            except Exception as error:  # noqa: BLE001  # every failure is answered here, or nowhere
                return await _answer(context, error)

        return rebuilt(handler, call, _lenient(handler.request_deserializer))


def _writing(behaviour: Callable[[Any, Context], AsyncGenerator[Any, None]]) -> Behaviour:
    """Make a coroutine that writes out of a generator of responses.

    When the call is cancelled during a write, the servicer's generator is closed here and now, and its
    `finally` has run before the call ends.
    """

    async def write_all(request: Any, context: Context) -> None:
        async with aclosing(behaviour(request, context)) as responses:
            async for response in responses:
                try:
                    await context.write(response)
                except grpc.aio.InternalError:
                    # The caller has gone, and the cancel that says so is on its way. Were the generator
                    # closed before it comes, it would interrupt what the servicer does on leaving.
                    await asyncio.sleep(_CANCEL_COMES_WITHIN)
                    _log.error("a write failed, and no cancel followed")
                    return

    return write_all


async def _answer(context: Context, error: Exception) -> None:
    if isinstance(error, grpc.aio.AbortError):  # already answered
        raise error
    if isinstance(error, NotImplementedError) and context.code() == grpc.StatusCode.UNIMPLEMENTED:
        # A method of the contract that the servicer leaves to its generated base class.
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "this service does not offer the method")
    known, unknown = _sorted(error)
    if known is None and unknown is not None and _is_unwritable(unknown):
        _log.debug("a write failed: the caller has gone")
        return  # there is nobody to answer
    await abort(context, _told(known, unknown))


def told(error: Exception) -> ParlandoError:
    """Return what a caller is told of an error, as the interceptor answers it; what is our fault is logged.

    For a servicer that tells in its answer what came of each part of a request.
    """
    return _told(*_sorted(error))


def _told(known: ParlandoError | None, unknown: Exception | None) -> ParlandoError:
    if unknown is not None:
        _log.error("call failed unexpectedly", exc_info=unknown)
    if known is None:
        return ParlandoError(Reason.INTERNAL, "an unexpected fault; the service has logged it")
    if known.reason is Reason.INTERNAL:
        _log.error("call failed: %s", known.message)
    return known


def _sorted(error: Exception) -> tuple[ParlandoError | None, Exception | None]:
    """Return the domain error in `error`, the first if it is a group, and what else it holds."""
    if isinstance(error, ParlandoError):
        return error, None
    if not isinstance(error, ExceptionGroup):
        return None, error
    matching, rest = error.split(ParlandoError)
    leaf: Exception | None = matching
    while isinstance(leaf, ExceptionGroup):
        leaf = leaf.exceptions[0]
    return (leaf if isinstance(leaf, ParlandoError) else None), rest


_UNWRITABLE = (grpc.aio.InternalError, CallerGoneError)


def _is_unwritable(error: Exception) -> bool:
    """Whether an error, or all that a group holds, says that the caller cannot be written to."""
    if isinstance(error, ExceptionGroup):
        return error.split(_UNWRITABLE)[1] is None
    return isinstance(error, _UNWRITABLE)

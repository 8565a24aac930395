"""Calls of a service that is served in the caller's own process: no socket, and no bytes of messages.

A server's `channel()` is the way in. Stubs are made of it as of any other channel, and a call runs the
handler that one from outside would, behind the same interceptors, in a task and a context of its own. What
gRPC does between the two is done here as far as our services need it: metadata, deadlines, cancels, statuses
with details, and a servicer that waits for a caller who reads slowly.

Messages are handed over as they are, and are then the receiver's: no sender changes one any more.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from contextvars import Context
from types import AsyncGeneratorType
from typing import Any, NoReturn, Self, TypeAlias, cast

import grpc

from parlando_kit.interceptors import Handler, behaviour_of
from parlando_kit.queues import BoundedQueue, QueueClosed

_log = logging.getLogger(__name__)

_UNREAD = 2
"""Messages that may wait to be read: one is ready as soon as another was taken."""

_Code = grpc.StatusCode
_Metadata = Sequence[tuple[str, str | bytes]]
_Find: TypeAlias = "Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]]"


class LocalMethods:
    """What a server serves, for callers in its process. Services are registered here as with a gRPC server.

    Args:
        interceptors: the server's, the outermost first. Each is asked once for a method, not for each call.
    """

    def __init__(self, interceptors: Sequence[grpc.aio.ServerInterceptor]) -> None:
        self._interceptors = interceptors
        self._services: list[grpc.GenericRpcHandler] = []
        self._handlers: dict[str, Handler | None] = {}  # behind the interceptors
        self._calls: set[_Call] = set()

    def add_generic_rpc_handlers(self, handlers: Iterable[grpc.GenericRpcHandler]) -> None:
        """Take the methods of a service."""
        self._services.extend(handlers)

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Handler]) -> None:
        """Take nothing: in this way generated code gives the same methods once more."""

    def begun(self, call: _Call) -> None:
        """Keep a call, which nobody else may, until its servicer has left it."""
        self._calls.add(call)

    def left(self, call: _Call) -> None:
        """Let a call go."""
        self._calls.discard(call)

    async def handler(self, method: str) -> Handler | None:
        """Return what serves a method, "/package.Service/Method"; None where nothing does."""
        if method not in self._handlers:
            find: _Find = self._find
            for interceptor in reversed(self._interceptors):
                find = _asked(interceptor, find)
            self._handlers[method] = await find(_Details(method))
        return self._handlers[method]

    async def _find(self, details: grpc.HandlerCallDetails) -> Handler | None:
        found = (service.service(details) for service in self._services)
        return next(filter(None, found), None)

    def end(self) -> None:
        """End every call under way, as a server does that stops."""
        for call in list(self._calls):
            call.end(_Code.UNAVAILABLE, "the service has stopped")


def _asked(interceptor: grpc.aio.ServerInterceptor, find: _Find) -> _Find:
    return lambda details: interceptor.intercept_service(cast("Any", find), details)


class _Details(grpc.HandlerCallDetails):
    """What an interceptor is told of a method."""

    def __init__(self, method: str) -> None:
        self.method = method
        self.invocation_metadata = ()


class _Call:
    """One call: what its caller holds of it, and what its servicer says of it through a `_Context`.

    Args:
        methods: what is served.
        method: which of them.
        requests: the message; where the caller streams, an asynchronous iterator of them.
        timeout: seconds until the deadline; None: there is none.
        metadata: for the servicer.
    """

    def __init__(
        self,
        methods: LocalMethods,
        method: str,
        requests: Any,
        timeout: float | None,
        metadata: _Metadata | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        self._methods = methods
        self._method = method
        self._cancelled = False  # by its caller
        self.requests = requests
        self.metadata: _Metadata = metadata or ()
        self.until = math.inf if timeout is None else loop.time() + timeout
        """The deadline, by the loop's clock."""
        self.code: grpc.StatusCode | None = None
        """How it ended; until `answers` is closed, what its servicer has said of that."""
        self.details = ""
        self.trailing: _Metadata = ()
        self.answers = _queue()
        self._timer = None if timeout is None else loop.call_later(timeout, self._expire)
        # A context of its own: the span that its caller is in, for example, is not the servicer's.
        self._task: asyncio.Task[None] | None = loop.create_task(self._serve(), context=Context())
        self._task.add_done_callback(self._served)
        methods.begun(self)

    async def _serve(self) -> None:
        handler, context = await self._methods.handler(self._method), _Context(self)
        if handler is None:
            await context.abort(_Code.UNIMPLEMENTED, f"nothing serves {self._method}")
        try:
            answer = await behaviour_of(handler)(self.requests, context)
        finally:
            # Or it would be left to the loop to close. What a task still reads ends with that task.
            if isinstance(self.requests, AsyncGeneratorType) and not self.requests.ag_running:
                await self.requests.aclose()
        if not handler.response_streaming and not self.answers.closed:
            self.answers.put_nowait(answer)

    def _served(self, task: asyncio.Task[None]) -> None:
        self._task = None  # which has the error that ended it, and by that the frame of `_serve`, and this
        self._methods.left(self)
        error = None if task.cancelled() else task.exception()
        if self.answers.closed:  # ended before, from outside
            return
        if task.cancelled():
            self.code = _Code.CANCELLED
        elif error is None:
            self.code = _Code.OK
        elif not isinstance(error, grpc.aio.AbortError):  # no Exception: those are answered
            self.code = _Code.UNKNOWN
            _log.error("a servicer broke off", exc_info=error)
        self._over()

    def _over(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self.answers.close()
        if isinstance(self.requests, _Written):
            self.requests.close()

    def _expire(self) -> None:
        self.end(_Code.DEADLINE_EXCEEDED, "the deadline has passed")

    def end(self, code: grpc.StatusCode, details: str) -> None:
        """End it from outside, where it has not ended: its servicer is cancelled, its caller told."""
        if not self.answers.closed:
            self.code, self.details, self.trailing = code, details, ()
            self.answers.discard(lambda _: True)
            self._over()
            if self._task is not None:
                self._task.cancel()

    def cancel(self) -> None:
        """End it as its caller: a read, or the wait for its answer, ends with CancelledError."""
        if not self.answers.closed:
            self._cancelled = True
            self.end(_Code.CANCELLED, "the caller has cancelled")

    async def read(self) -> Any:
        """Return the next answer, or EOF. Who is cancelled meanwhile cancels the call.

        Raises:
            AioRpcError: it has ended otherwise than well.
        """
        try:
            return await self.answers.get()
        except QueueClosed:
            self._require_ok()
            return grpc.aio.EOF
        except asyncio.CancelledError:
            self.cancel()
            raise

    def _require_ok(self) -> None:
        if self._cancelled:
            raise asyncio.CancelledError
        if self.code is not None and self.code is not _Code.OK:
            trailing = grpc.aio.Metadata(*self.trailing)
            raise grpc.aio.AioRpcError(self.code, grpc.aio.Metadata(), trailing, details=self.details)

    def __aiter__(self) -> _Call:
        return self

    async def __anext__(self) -> Any:
        if (answer := await self.read()) is grpc.aio.EOF:
            raise StopAsyncIteration
        return answer

    def __await__(self) -> Generator[Any, None, Any]:
        """Wait for the one answer."""
        return self.read().__await__()

    async def write(self, request: Any) -> None:
        """Send a message, as fast as the servicer reads them; once the call has ended, nothing is sent.

        Who is cancelled meanwhile cancels the call.

        Raises:
            AioRpcError: it has ended otherwise than well.
            InvalidStateError: `done_writing` was called.
        """
        try:
            await self.requests.queue.put(request)
        except QueueClosed:
            if not self.answers.closed:
                raise asyncio.InvalidStateError("no message follows the half-close") from None
            self._require_ok()
        except asyncio.CancelledError:
            self.cancel()
            raise

    async def done_writing(self) -> None:
        """Half-close: no message follows."""
        self.requests.close()


def _queue() -> BoundedQueue[Any]:
    return BoundedQueue(unit="messages", high=_UNREAD, low=_UNREAD - 1, cost=lambda _: 1)


class _Written:
    """Requests that are written one by one."""

    def __init__(self) -> None:
        self.queue = _queue()

    def close(self) -> None:
        """End the stream after what waits."""
        self.queue.close()

    def __aiter__(self) -> _Written:
        return self

    async def __anext__(self) -> Any:
        try:
            return await self.queue.get()
        except QueueClosed:
            raise StopAsyncIteration from None


class _Context:
    """A call as its servicer has it: so much of gRPC's ServicerContext as our services use."""

    __slots__ = ("_call",)

    def __init__(self, call: _Call) -> None:
        self._call = call

    def invocation_metadata(self) -> _Metadata:
        """Return what the caller sent along."""
        return self._call.metadata

    def time_remaining(self) -> float | None:
        """Return the seconds until the deadline; None where there is none."""
        left = self._call.until - asyncio.get_running_loop().time()
        return None if left == math.inf else max(left, 0.0)

    async def read(self) -> Any:
        """Return the caller's next message, or EOF. A caller whose messages break off has cancelled."""
        try:
            return await anext(self._call.requests, grpc.aio.EOF)
        except Exception:  # noqa: BLE001  # whatever it is, it is the caller's
            _log.debug("the messages of a caller broke off", exc_info=True)
            self._call.cancel()
            return grpc.aio.EOF

    async def write(self, message: Any) -> None:
        """Send a message, as fast as the caller reads them.

        Raises:
            InternalError: the call has ended.
        """
        try:
            await self._call.answers.put(message)
        except QueueClosed:
            raise grpc.aio.InternalError("the call has ended") from None

    async def abort(
        self, code: grpc.StatusCode, details: str = "", trailing_metadata: _Metadata = ()
    ) -> NoReturn:
        """End the call with a status. It raises AbortError, which ends the servicer."""
        if not self._call.answers.closed:
            self._call.code, self._call.details = code, details
            self._call.trailing = trailing_metadata
        raise grpc.aio.AbortError("the servicer has ended the call")

    def set_code(self, code: grpc.StatusCode) -> None:
        """Say how the call will end: generated code does for a method that is not there."""
        self._call.code = code

    def set_details(self, details: str) -> None:
        """Say why, likewise."""
        self._call.details = details

    def code(self) -> grpc.StatusCode | None:
        """Return how the call ends, as far as that was said."""
        return self._call.code

    def details(self) -> str:
        """Return why."""
        return self._call.details


class LocalChannel(grpc.aio.Channel):
    """A channel to what is served in this process: always connected, and with nothing to close.

    Args:
        methods: what is served.
    """

    def __init__(self, methods: LocalMethods) -> None:
        self._methods = methods

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return

    async def close(self, grace: float | None = None) -> None:
        """Do nothing: calls end with their callers, or with the server."""

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:  # noqa: ARG002, FBT001, FBT002  # gRPC's
        """Return READY."""
        return grpc.ChannelConnectivity.READY

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Wait for as long as the state is another one: for ever, where it is READY."""
        if last_observed_state is grpc.ChannelConnectivity.READY:
            await asyncio.Event().wait()

    async def channel_ready(self) -> None:
        """Return at once."""

    def unary_unary(self, method: str, *_: object, **__: object) -> Any:
        """Return what begins calls of a method."""
        return self._one(method)

    def unary_stream(self, method: str, *_: object, **__: object) -> Any:
        """Return what begins calls of a method."""
        return self._one(method)

    def stream_unary(self, method: str, *_: object, **__: object) -> Any:
        """Return what begins calls of a method."""
        return self._many(method)

    def stream_stream(self, method: str, *_: object, **__: object) -> Any:
        """Return what begins calls of a method."""
        return self._many(method)

    def _one(self, method: str) -> Callable[..., _Call]:
        def begin(request: Any, timeout: float | None = None, metadata: _Metadata | None = None) -> _Call:
            return _Call(self._methods, method, request, timeout, metadata)

        return begin

    def _many(self, method: str) -> Callable[..., _Call]:
        def begin(
            requests: Any = None, timeout: float | None = None, metadata: _Metadata | None = None
        ) -> _Call:
            return _Call(self._methods, method, requests or _Written(), timeout, metadata)

        return begin

"""The one table between domain errors and gRPC: `ParlandoError` to a status with details, and back."""

from __future__ import annotations

from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from parlando_kit.errors import ParlandoError, Reason

DOMAIN = "parlando"
_DETAILS_KEY = "grpc-status-details-bin"

# A message quotes what it was sent (a voice, a path). It travels twice in the trailers, once in
# percent-encoding; beyond 8 KiB of trailers gRPC drops the answer and reports RESOURCE_EXHAUSTED instead.
_LONGEST_MESSAGE = 1024  # bytes of UTF-8

_Code = grpc.StatusCode

STATUS: dict[Reason, grpc.StatusCode] = {
    Reason.MALFORMED_MESSAGE: _Code.INVALID_ARGUMENT,
    Reason.FIELD_REQUIRED: _Code.INVALID_ARGUMENT,
    Reason.OUT_OF_RANGE: _Code.INVALID_ARGUMENT,
    Reason.TEXT_TOO_LONG: _Code.INVALID_ARGUMENT,
    Reason.BAD_MARKUP: _Code.INVALID_ARGUMENT,
    Reason.UNSUPPORTED_FORMAT: _Code.INVALID_ARGUMENT,
    Reason.FIELD_IMMUTABLE: _Code.INVALID_ARGUMENT,
    Reason.BAD_FIELD_MASK: _Code.INVALID_ARGUMENT,
    Reason.BAD_POLICY: _Code.INVALID_ARGUMENT,
    Reason.BAD_CLIP: _Code.INVALID_ARGUMENT,
    Reason.VOICE_NOT_FOUND: _Code.NOT_FOUND,
    Reason.ENGINE_NOT_FOUND: _Code.NOT_FOUND,
    Reason.LANGUAGE_NOT_FOUND: _Code.NOT_FOUND,
    Reason.SESSION_NOT_FOUND: _Code.NOT_FOUND,
    Reason.TURN_NOT_FOUND: _Code.NOT_FOUND,
    Reason.MODEL_NOT_FOUND: _Code.NOT_FOUND,
    Reason.OUT_OF_ORDER: _Code.FAILED_PRECONDITION,
    Reason.NOT_SUPPORTED: _Code.FAILED_PRECONDITION,
    Reason.ID_IN_USE: _Code.ALREADY_EXISTS,
    Reason.CONFLICT: _Code.ABORTED,
    Reason.POSITION_BEYOND_END: _Code.OUT_OF_RANGE,
    Reason.OVERLOADED: _Code.RESOURCE_EXHAUSTED,
    Reason.BUDGET_SPENT: _Code.RESOURCE_EXHAUSTED,
    Reason.RATE_LIMITED: _Code.RESOURCE_EXHAUSTED,
    Reason.SLOW_READER: _Code.RESOURCE_EXHAUSTED,
    Reason.QUOTA_SPENT: _Code.RESOURCE_EXHAUSTED,
    Reason.NO_ENGINE_AVAILABLE: _Code.UNAVAILABLE,
    Reason.DRAINING: _Code.UNAVAILABLE,
    Reason.DEPENDENCY_UNAVAILABLE: _Code.UNAVAILABLE,
    Reason.ENGINE_FAILED: _Code.UNAVAILABLE,
    Reason.TOO_LATE: _Code.DEADLINE_EXCEEDED,
    Reason.STOPPED: _Code.CANCELLED,
    Reason.ENGINE_KEY_REFUSED: _Code.UNAUTHENTICATED,
    Reason.TEXT_REFUSED: _Code.PERMISSION_DENIED,
    Reason.INTERNAL: _Code.INTERNAL,
}

# What a bare status means when a peer that is not ours, or gRPC itself, sent no ErrorInfo.
_BARE: dict[grpc.StatusCode, Reason] = {
    _Code.UNAVAILABLE: Reason.DEPENDENCY_UNAVAILABLE,
    _Code.DEADLINE_EXCEEDED: Reason.TOO_LATE,
    # A cancel of ours is never told back to us. A server that shuts down while a call arrives says this.
    _Code.CANCELLED: Reason.DEPENDENCY_UNAVAILABLE,
    _Code.RESOURCE_EXHAUSTED: Reason.OVERLOADED,
    _Code.INVALID_ARGUMENT: Reason.MALFORMED_MESSAGE,
}

_CODES: dict[int, grpc.StatusCode] = {code.value[0]: code for code in _Code}


_RESET = "RST_STREAM"
"""In what gRPC says of a stream that was reset: a proxy has lost whoever answered through it. gRPC calls it
INTERNAL on purpose (https://github.com/grpc/grpc/issues/9177), as a fault of ours, which has ErrorInfo."""


def _packed(detail: error_details_pb2.ErrorInfo | error_details_pb2.RetryInfo) -> any_pb2.Any:
    wrapped = any_pb2.Any()
    wrapped.Pack(detail)
    return wrapped


def to_status(error: ParlandoError) -> status_pb2.Status:
    """Return the `google.rpc.Status` of a domain error, with ErrorInfo and, where it has one, RetryInfo."""
    info = error_details_pb2.ErrorInfo(reason=error.reason.value, domain=DOMAIN)
    if error.field:
        info.metadata["field"] = _cut(error.field)
    details = [_packed(info)]
    if error.retry_after is not None:
        delay = duration_pb2.Duration()
        delay.FromNanoseconds(round(error.retry_after * 1e9))
        details.append(_packed(error_details_pb2.RetryInfo(retry_delay=delay)))
    number: int = STATUS[error.reason].value[0]
    return status_pb2.Status(code=number, message=_cut(error.message), details=details)


def _cut(message: str) -> str:
    # "replace": what a message quotes may hold a lone surrogate, which no status can carry.
    encoded = message.encode(errors="replace")
    if len(encoded) > _LONGEST_MESSAGE:
        encoded = encoded[:_LONGEST_MESSAGE] + "…".encode()
    return encoded.decode(errors="ignore")


async def abort(context: grpc.aio.ServicerContext[Any, Any], error: ParlandoError) -> NoReturn:
    """End the call with the error's status and details."""
    status = to_status(error)
    metadata = ((_DETAILS_KEY, status.SerializeToString()),)
    await context.abort(STATUS[error.reason], status.message, metadata)
    raise AssertionError("abort always raises")  # narrows the type: grpc's stub cannot say so


def from_rpc_error(error: grpc.aio.AioRpcError) -> ParlandoError:
    """Return the domain error a peer answered with.

    A status without our ErrorInfo becomes the nearest reason, with the peer's text left out: only our
    own messages are fit for callers.
    """
    known = _known(_sent(error))
    if known is not None:
        return known
    if error.code() is _Code.INTERNAL and _RESET in (error.details() or ""):
        return _bare(error.code(), Reason.DEPENDENCY_UNAVAILABLE)
    return _bare(error.code())


def from_status(status: status_pb2.Status) -> ParlandoError:
    """Return the domain error that a status within an answer is of, as `from_rpc_error` that of a call.

    Args:
        status: one whose code is not OK.
    """
    return _known(status) or _bare(_CODES.get(status.code, _Code.UNKNOWN))


def _bare(code: grpc.StatusCode, reason: Reason | None = None) -> ParlandoError:
    return ParlandoError(reason or _BARE.get(code, Reason.INTERNAL), f"a service answered {code.name}")


def _sent(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    """Return the status in a call's trailers; an empty one where there is none that can be read."""
    packed = (error.trailing_metadata() or grpc.aio.Metadata()).get(_DETAILS_KEY)
    try:
        return status_pb2.Status.FromString(packed if isinstance(packed, bytes) else b"")
    except DecodeError:  # a peer that is not ours
        return status_pb2.Status()


def _known(status: status_pb2.Status) -> ParlandoError | None:
    """Return the error that our own details in a status describe, if there are any."""
    info, retry = error_details_pb2.ErrorInfo(), None
    try:
        for detail in status.details:
            if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
                detail.Unpack(info)
            elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
                retry = error_details_pb2.RetryInfo()
                detail.Unpack(retry)
    except DecodeError:  # a peer that is not ours
        return None
    if info.domain != DOMAIN or info.reason not in Reason.__members__:
        return None
    return ParlandoError(
        Reason(info.reason),
        status.message,
        field=info.metadata.get("field", ""),
        retry_after=None if retry is None else retry.retry_delay.ToNanoseconds() / 1e9,
    )

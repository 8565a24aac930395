"""What a call can fail with."""

from __future__ import annotations

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

_DOMAIN = "parlando"


class SpeechError(Exception):
    """A call that failed, in words a program can act on.

    Attributes:
        reason: name of a `parlando.errors.v1.ErrorReason` without its prefix, such as "VOICE_NOT_FOUND";
            or, where the answer did not come from Parlando, the name of the gRPC status, such as
            "UNAVAILABLE".
        message: what is wrong and what to do, for people. Never holds the text that was to be spoken.
        field: path of the request's field at fault, or "".
        retry_after: seconds after which it is worth trying again, or None.
    """

    def __init__(
        self,
        reason: str,
        message: str,
        field: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.field = field
        self.retry_after = retry_after

    def __repr__(self) -> str:
        return f"SpeechError({self.reason!r}, {self.message!r}, field={self.field!r})"


def from_rpc_error(error: grpc.RpcError, address: str, *, begun: bool = False) -> SpeechError:
    """Return what a failed call to `address` means, ErrorInfo and RetryInfo decoded.

    Args:
        error: what gRPC raised.
        address: who was called.
        begun: whether there was an answer before the failure.
    """
    assert isinstance(error, grpc.Call | grpc.aio.AioRpcError)  # noqa: S101  # narrows: RpcError is a bare mark
    code = error.code()
    rich = rpc_status.from_call(error)  # type: ignore[arg-type]  # it reads three methods both have
    if rich is not None:
        info, retry_after = error_details_pb2.ErrorInfo(), None
        for detail in rich.details:
            if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
                detail.Unpack(info)
            elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
                retry = error_details_pb2.RetryInfo()
                detail.Unpack(retry)
                retry_after = retry.retry_delay.ToNanoseconds() / 1e9
        if info.domain == _DOMAIN:
            return SpeechError(info.reason, rich.message, info.metadata.get("field", ""), retry_after)
    details = error.details() or ""
    if begun and (code is grpc.StatusCode.UNAVAILABLE or _broke_off(code, details)):
        code = grpc.StatusCode.UNAVAILABLE
        message = f"{address} went away in the middle of the utterance"
    elif code is grpc.StatusCode.UNAVAILABLE:
        message = f"no answer from {address}: is the system up there? `parlando up` starts one"
    elif code is grpc.StatusCode.UNIMPLEMENTED:
        message = f"what listens at {address} does not answer such calls: is that another service's port?"
    else:
        message = f"{address} answered {code.name}: {details}"
    return SpeechError(code.name, message)


def _broke_off(code: grpc.StatusCode, details: str) -> bool:
    """Return whether a proxy has reset the stream because it lost whoever was behind it.

    gRPC says INTERNAL then, and so would a fault of Parlando's, which has details of its own.
    """
    return code is grpc.StatusCode.INTERNAL and "RST_STREAM" in details

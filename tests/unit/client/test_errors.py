"""What a call that failed without a word of Parlando's own is said to mean."""

from __future__ import annotations

import grpc
import pytest

from parlando_client.errors import from_rpc_error

_RESET = "Received RST_STREAM with error code 2"


@pytest.mark.parametrize(
    ("code", "details", "begun", "reason", "words"),
    [
        (grpc.StatusCode.UNAVAILABLE, "Socket closed", True, "UNAVAILABLE", "in the middle of the utterance"),
        (grpc.StatusCode.INTERNAL, _RESET, True, "UNAVAILABLE", "in the middle of the utterance"),
        (grpc.StatusCode.INTERNAL, _RESET, False, "INTERNAL", _RESET),
        (grpc.StatusCode.INTERNAL, "a bug", True, "INTERNAL", "a bug"),
        (grpc.StatusCode.UNAVAILABLE, "refused", False, "UNAVAILABLE", "is the system up"),
        (grpc.StatusCode.UNIMPLEMENTED, "no method", False, "UNIMPLEMENTED", "127.0.0.1:8080 does not"),
    ],
)
def test_a_stream_that_broke_off_is_told_from_a_fault(
    code: grpc.StatusCode,
    details: str,
    begun: bool,  # noqa: FBT001  # pytest passes by name
    reason: str,
    words: str,
) -> None:
    error = grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), details)
    told = from_rpc_error(error, "127.0.0.1:8080", begun=begun)
    assert told.reason == reason
    assert words in told.message

"""Calls that end as their peer ended them, also where a message of ours came too late for it.

A write to a call that its peer is ending fails. grpc.aio (1.78 and 1.85) then puts INTERNAL in place of the
peer's status, and drops what the peer had sent before that; a half-close that comes too late cancels the call
(https://github.com/grpc/grpc/issues/36066). Nothing brings back what was lost, so it is kept from being lost.

services/kit has the same, and the client needs nothing else of it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, TypeVar

import grpc

_Call = TypeVar("_Call")

_TOO_LATE = 'Failed "execute_batch"'
"""How gRPC's core says that an operation came to nothing; other words mean that it was never begun."""


def with_true_status(call: _Call) -> _Call:
    """Return a call that was just begun, so that what its peer sent, and how it ended, is read to its end.

    A write that comes too late then waits for that end, and returns or raises it as reading does. One task
    writes at a time. A call that is not grpc.aio's does so by itself.
    """
    if not isinstance(call, grpc.aio.StreamStreamCall):
        return call
    call._cython_call = _TrueEnd(call._cython_call)  # type: ignore[attr-defined]  # noqa: SLF001  # see above
    return call


class _TrueEnd:
    """gRPC's core behind a call, but for what would end it otherwise than its peer did."""

    __slots__ = ("_core",)

    def __init__(self, core: Any) -> None:
        self._core = core

    def __getattr__(self, name: str) -> Any:
        return getattr(self._core, name)

    def set_internal_error(self, why: str) -> None:
        if not why.startswith(_TOO_LATE):
            self._core.set_internal_error(why)

    async def send_receive_close(self) -> None:
        with suppress(grpc.aio.InternalError):
            await self._core.send_receive_close()

"""Deadlines of calls, as seconds left."""

from __future__ import annotations

from typing import Any

import grpc

from parlando_kit.errors import ParlandoError, Reason


def seconds_left(context: grpc.aio.ServicerContext[Any, Any], at_most: float) -> float:
    """Return how long this call may still take: its own deadline, or `at_most` where that is sooner.

    Raises:
        ParlandoError: TOO_LATE when the deadline has passed.
    """
    left: float | None = context.time_remaining()
    if left is None:
        return at_most
    if left <= 0:
        raise ParlandoError(Reason.TOO_LATE, "the deadline passed before the call began")
    return min(left, at_most)

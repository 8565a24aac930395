"""Time of day as an argument, and as messages have it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

Now: TypeAlias = Callable[[], float]
"""Returns Unix seconds. Replicas that share a store compare their readings: keep their clocks true."""

_NANOS = 1_000_000_000


def stamp(seconds: float) -> Timestamp:
    """Return a time of day, to the microsecond: a float holds no more of it."""
    made = Timestamp()
    made.FromMicroseconds(round(seconds * 1_000_000))
    return made


def seconds_of(duration: Duration) -> float:
    """Return a duration's seconds, whatever its caller wrote into it."""
    return duration.seconds + duration.nanos / _NANOS

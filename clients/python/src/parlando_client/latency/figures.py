"""Latencies, and what is told of many of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

PERCENTILES = (0.5, 0.95, 0.99)

TEXT = (
    "Early in the morning the harbour is quiet, and only the gulls are awake. A fisherman mends his net by "
    "the light of a lamp, slowly, knot after knot, without looking up. When the sun comes over the hill the "
    "first boats go out, one behind another, and their wakes cross. By noon they are back, and the town "
    "smells of salt, of tar and of frying fish."
)
"""What is spoken: longer than is sent ahead of playback, so that there is something to cancel."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What was measured.

    Attributes:
        figure: "first chunk", "cancel, last byte", "cancel, engine idle", or "cancel, engine time after":
            what the engine went on working once the stop had reached it.
        road: the protocol: "gRPC", "Realtime" or "HTTP".
        hop: who measured: "client" (its send until what it received), "edge", "router" or "worker".
        engine: the one that spoke.
    """

    figure: str
    road: str
    hop: str
    engine: str


@dataclass(frozen=True, slots=True)
class Latency:
    """One measurement."""

    kind: Kind
    seconds: float


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that so large a share of the values does not exceed.

    Args:
        ordered: at least one value, the smallest first.
        share: above 0, at most 1.
    """
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def by_kind(latencies: Iterable[Latency]) -> dict[Kind, list[float]]:
    """Return the seconds of each kind, the smallest first; kinds by figure, engine, road and hop."""
    found: dict[Kind, list[float]] = {}
    for latency in latencies:
        found.setdefault(latency.kind, []).append(latency.seconds)
    order = sorted(found, key=lambda kind: (kind.figure, kind.engine, kind.road, kind.hop))
    return {kind: sorted(found[kind]) for kind in order}

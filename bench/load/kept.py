"""What a Redis keeps of a load, and how much that may be: it forgets a session an hour after its last use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import mean
from typing import Any

import redis

from load import resting
from load.flat import Held
from load.watching import Sample
from parlando_session.checks import HOUR
from parlando_session.redis_store import CLIENT, CONNECTIONS

KEYS_A_SESSION = 3
"""Its documents, its turns, and their places: see `redis_scripts`."""

_KB = 1e3


@dataclass(frozen=True, slots=True)
class Kept:
    """What a Redis held at a moment.

    Attributes:
        keys: how many.
        lasting: those of them that it never forgets.
        data: bytes of what it was given, and not of what it needs besides.
        pool: connections that the session service has to it.
        opened: connections that callers had opened by then: each began a session, or came back to one.
        orders: what they had asked for by then: some of it is kept as a turn.
    """

    keys: int
    lasting: int
    data: int
    pool: int
    opened: int
    orders: int


def kept(store: redis.Redis, opened: int = 0, orders: int = 0) -> Kept:
    """Return what a Redis holds now.

    Args:
        store: it.
        opened: as in `Kept`.
        orders: likewise.
    """
    told: Any = store.info()
    keys = told.get("db0", {"keys": 0, "expires": 0})
    clients: Any = store.client_list()
    return Kept(
        keys=keys["keys"],
        lasting=keys["keys"] - keys["expires"],
        data=told["used_memory_dataset"],
        pool=sum(client["name"] == CLIENT for client in clients),
        opened=opened,
        orders=orders,
    )


Course = Sequence[tuple[float, Kept]]
"""What it held by the second, as a `Series` has it."""


def grown(course: Course) -> list[Held]:
    """Compare keys by connection, and data by order, in the second fifth of the time with the last.

    Args:
        course: at least five looks; what there was at the first was not asked for by this load.
    """
    before, fifth = course[0][1], len(course) // 5
    early, late = (
        (
            mean((point.keys - before.keys) / max(point.opened, 1) for _, point in part),
            mean((point.data - before.data) / _KB / max(point.orders, 1) for _, point in part),
        )
        for part in (course[fifth : 2 * fifth], course[-fifth:])
    )
    return [
        Held("redis", what, sooner, later, leeway=0.1 + sooner * 0.1)
        for what, sooner, later in zip(("keys by connection", "KB by order"), early, late, strict=True)
    ]


def beyond(course: Course, sessions: int) -> list[str]:
    """Return what was more than it may ever be, in words: no time is needed to tell that.

    Args:
        course: what it held; the first look is from before the load.
        sessions: those of callers that are open at a time: each was perhaps begun long ago, and used lately.
    """
    before, found = course[0][1], {}
    for at, point in course:
        lately = point.opened - _opened(course, at - HOUR) + sessions
        for what, many, most in (
            ("keys", point.keys, before.keys + KEYS_A_SESSION * lately),
            ("keys that are never forgotten", point.lasting, before.lasting),
            ("connections of the session service", point.pool, CONNECTIONS),
        ):
            if many > most:
                found[what] = f"redis: {many:,} {what} after {at:.0f} s; limit {most:,}"
    return list(found.values())


def _opened(course: Course, until: float) -> int:
    return max((point.opened for at, point in course if at <= until), default=0)


def without(point: Kept, services: Mapping[str, resting.Held]) -> dict[str, resting.Held]:
    """Return what services hold at rest, without what is bounded here: connections to Redis, and its data."""
    less = dict(services)
    for name, (data, pool) in _bounded(point).items():
        here = services[name]
        less[name] = replace(here, own=here.own - data, descriptors=here.descriptors - pool)
    return less


def _bounded(point: Kept) -> dict[str, tuple[int, int]]:
    """Return bytes and descriptors that are bounded here, by the service that has them."""
    return {"redis": (point.data, point.pool), "session": (0, point.pool)}


def besides(service: str, looks: Sequence[Sample], course: Course) -> list[Sample]:
    """Return looks at a service without that, likewise."""
    found = []
    for look, point in zip(looks, _at(looks, course), strict=True):
        data, pool = _bounded(point).get(service, (0, 0))
        found.append(replace(look, own=look.own - data, descriptors=look.descriptors - pool))
    return found


def _at(looks: Sequence[Sample], course: Course) -> Iterator[Kept]:
    """Yield what Redis held when each look was taken, or shortly before."""
    following = iter([*course[1:], (float("inf"), course[-1][1])])
    now, (until, after) = course[0][1], next(following)
    for look in looks:
        while look.at >= until:
            now, (until, after) = after, next(following)
        yield now

"""What a Redis may keep of a load, and what of it is taken for a leak."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from load.kept import KEYS_A_SESSION, Kept, besides, beyond, grown, without
from load.resting import Held
from load.watching import Sample

from parlando_session.checks import HOUR
from parlando_session.redis_store import CONNECTIONS

_SESSIONS = 100
_EVERY = 15.0
_ORDERS_A_SESSION, _BYTES_AN_ORDER = 10, 1_000


def _forgets(seconds: int, opened_a_look: int = 20) -> list[tuple[float, Kept]]:
    """Return what a Redis held that forgets an hour after a session was opened, and was used no more."""
    course: list[tuple[float, Kept]] = []
    lookback = round(HOUR / _EVERY)
    for look in range(round(seconds / _EVERY)):
        lately = opened_a_look * min(look, lookback)
        course.append(
            (
                look * _EVERY,
                Kept(
                    keys=50 + KEYS_A_SESSION * lately,
                    lasting=2,
                    data=300_000 + lately * _ORDERS_A_SESSION * _BYTES_AN_ORDER,
                    pool=5,
                    opened=opened_a_look * look,
                    orders=opened_a_look * look * _ORDERS_A_SESSION,
                ),
            )
        )
    return course


def _changed(
    course: Iterable[tuple[float, Kept]], change: Callable[[int, Kept], Kept]
) -> list[tuple[float, Kept]]:
    return [(at, change(number, point)) for number, (at, point) in enumerate(course)]


@pytest.mark.parametrize("seconds", [300, 3_600, 4 * 3_600])
def test_what_goes_an_hour_after_its_use_is_no_leak_however_much_more_it_becomes(seconds: int) -> None:
    course = _forgets(seconds)
    assert beyond(course, _SESSIONS) == []
    assert [each.what for each in grown(course) if each.grows] == []


def test_sessions_that_are_never_forgotten_are_noticed_as_soon_as_the_first_should_be() -> None:
    def keeps(number: int, point: Kept) -> Kept:
        return replace(point, keys=50 + KEYS_A_SESSION * 20 * number)

    assert beyond(_changed(_forgets(HOUR), keeps), _SESSIONS) == []
    (told,) = beyond(_changed(_forgets(2 * HOUR), keeps), _SESSIONS)
    assert told.startswith("redis: 28,790 keys after 7185 s; limit 14,750")


def test_a_key_that_has_no_end_is_noticed_at_once() -> None:
    course = _changed(_forgets(300), lambda number, point: replace(point, lasting=2 + (number == 7)))
    assert beyond(course, _SESSIONS) == ["redis: 3 keys that are never forgotten after 105 s; limit 2"]


def test_keys_that_are_more_than_those_of_a_session_are_noticed() -> None:
    course = _changed(_forgets(300), lambda number, point: replace(point, keys=point.keys + 200 * number))
    assert [told.split(" after")[0] for told in beyond(course, _SESSIONS)] == ["redis: 4,990 keys"]


def test_keys_that_each_session_has_more_of_are_noticed() -> None:
    course = _changed(_forgets(300), lambda number, point: replace(point, keys=50 + number**3))
    assert [each.what for each in grown(course) if each.grows] == ["keys by connection"]


def test_orders_of_which_ever_more_is_kept_are_noticed() -> None:
    course = _changed(_forgets(300), lambda number, point: replace(point, data=point.data * (10 + number)))
    assert [each.what for each in grown(course) if each.grows] == ["KB by order"]


def test_connections_beyond_their_pool_are_noticed_and_those_within_it_are_not() -> None:
    course = _changed(_forgets(300), lambda _, point: replace(point, pool=CONNECTIONS))
    assert beyond(course, _SESSIONS) == []
    course = _changed(_forgets(300), lambda number, point: replace(point, pool=CONNECTIONS + number))
    (told,) = beyond(course, _SESSIONS)
    assert told == f"redis: {CONNECTIONS + 19} connections of the session service after 285 s; limit 32"


def test_what_is_bounded_here_is_no_growth_of_the_services_and_all_else_is() -> None:
    course = _forgets(300)
    looks = [Sample(at + 1, 0.0, 0, 4_000_000 + point.data, 8, 20 + point.pool) for at, point in course]
    for service, own in (("redis", 4_000_000), ("session", looks[-1].own), ("edge", looks[-1].own)):
        here = besides(service, looks, course)[-1]
        pool = 0 if service == "edge" else course[-1][1].pool
        assert (here.own, here.descriptors) == (own, looks[-1].descriptors - pool)
    point = course[-1][1]
    rest = Held(None, threads=8, descriptors=40, own=9_000_000)
    assert without(point, {"redis": rest, "session": rest, "edge": rest}) == {
        "redis": replace(rest, own=rest.own - point.data, descriptors=35),
        "session": replace(rest, descriptors=35),
        "edge": rest,
    }

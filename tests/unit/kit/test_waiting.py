from __future__ import annotations

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.waiting import WaitingRoom


class _Clock:
    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


def _room(most: int) -> tuple[WaitingRoom, _Clock]:
    clock = _Clock()
    return WaitingRoom(most, clock), clock


def _refused(room: WaitingRoom) -> ParlandoError:
    with pytest.raises(ParlandoError) as refused:
        room.enter()
    assert refused.value.reason is Reason.OVERLOADED
    return refused.value


def test_one_more_than_may_wait_is_refused_and_takes_no_place() -> None:
    room, _ = _room(2)
    first, _ = room.enter(), room.enter()
    _refused(room)
    assert room.waiting == 2
    first.leave()
    room.enter()
    _refused(room)


def test_a_place_is_left_once() -> None:
    room, _ = _room(2)
    place = room.enter()
    room.enter()
    place.leave(served=True)
    place.leave()
    assert room.waiting == 1


def test_a_refusal_says_when_those_who_wait_will_have_been_served() -> None:
    room, clock = _room(4)
    places = [room.enter() for _ in range(4)]
    for place in places[:3]:
        clock.time += 0.5
        place.leave(served=True)
    for _ in range(3):
        room.enter()
    refusal = _refused(room)
    assert refusal.retry_after == pytest.approx(4 * 0.5)
    assert "in 2.0 s" in refusal.message


def test_times_to_retry_are_bounded() -> None:
    room, clock = _room(1)
    room.enter()
    assert _refused(room).retry_after == pytest.approx(0.1)
    room, clock = _room(2)
    first, second = room.enter(), room.enter()
    first.leave(served=True)
    clock.time += 1_000
    third = room.enter()
    second.leave(served=True)
    room.enter()
    assert _refused(room).retry_after == pytest.approx(30.0)
    third.leave()


def test_a_pause_in_which_nobody_waits_says_nothing() -> None:
    room, clock = _room(2)
    for _ in range(5):
        room.enter().leave(served=True)
        clock.time += 60
    room.enter()
    room.enter()
    assert _refused(room).retry_after == pytest.approx(0.1)


def test_who_gives_up_was_not_served() -> None:
    room, clock = _room(3)
    places = [room.enter() for _ in range(3)]
    places[0].leave(served=True)
    clock.time += 10
    places[1].leave()
    room.enter()
    room.enter()
    assert _refused(room).retry_after == pytest.approx(0.1)

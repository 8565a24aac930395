from __future__ import annotations

from bisect import insort
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from heapq import heappop, heappush
from operator import itemgetter
from random import Random
from statistics import quantiles

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.waiting import QUEUE_SECONDS, ROW, Place, WaitingRoom


class _Clock:
    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


def _room(most: int, queue_seconds: float = QUEUE_SECONDS) -> tuple[WaitingRoom, _Clock]:
    clock = _Clock()
    return WaitingRoom(most, clock, queue_seconds), clock


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


def _full_and_paced() -> tuple[WaitingRoom, _Clock]:
    """Return a room that is full with four, one of whom was served every half a second, and its clock."""
    room, clock = _room(4)
    places = [room.enter() for _ in range(4)]
    for place in places[:3]:
        clock.time += 0.5
        place.leave(served=True)
    for _ in range(3):
        room.enter()
    return room, clock


def test_a_refusal_says_when_those_who_wait_will_have_been_served() -> None:
    room, _ = _full_and_paced()
    refusal = _refused(room)
    assert refusal.retry_after == pytest.approx(4 * 0.5)
    assert "in 2.0 s" in refusal.message


def test_of_those_refused_in_one_moment_each_is_told_of_those_before_him() -> None:
    room, clock = _full_and_paced()
    assert [_refused(room).retry_after for _ in range(3)] == pytest.approx([2.0, 2.5, 3.0])
    clock.time += 0.25
    assert _refused(room).retry_after == pytest.approx(3.25)
    assert [_refused(room).retry_after for _ in range(1_000)][-1] == pytest.approx(30.0)
    clock.time += 30.0  # by when all of them may have come back
    assert _refused(room).retry_after == pytest.approx(2.0)


@pytest.mark.parametrize("burst", [200, 1_000])
def test_who_comes_back_when_he_was_told_is_not_refused_again_and_nobody_idles(burst: int) -> None:
    chance = Random(burst)
    room, clock = _room(64)
    counter = _Counter(room, clock, apart=0.014)
    counter.come(every=0.05, seconds=10.0, chance=chance)
    began = clock.time
    asking = [(began + number * 1e-5, 0) for number in range(burst)]
    asked = [0, 0]  # how often it was the first time, and again
    while asking:
        at, refused = heappop(asking)
        asked[min(refused, 1)] += 1
        for again in counter.come_at(at):
            heappush(asking, (again, refused + 1))
    counter.until_all_are_served()
    assert asked[0] == burst
    assert asked[1] == len(counter.refused) < burst
    assert len(counter.waits(began)) == burst
    assert clock.time - began < 1.15 * burst * 0.014


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


def test_a_time_to_retry_is_as_long_after_a_day_as_at_the_start() -> None:
    room, clock = _room(1)
    clock.time = 69_831.54
    room.enter()
    assert _refused(room).retry_after == 0.1


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


class _Counter:
    """Serves those in the room in order, for `apart` seconds each.

    In the order in which they came, or where nobody waits `in_turn`, in that in which they are ready.
    """

    def __init__(self, room: WaitingRoom, clock: _Clock, apart: float, *, in_turn: bool = True) -> None:
        self.waited: list[tuple[float, float]] = []  # when each came, and how long it waited
        self.refused: list[float] = []
        self._room = room
        self._clock = clock
        self._apart = apart
        self._in_turn = in_turn
        self._queue: list[tuple[float, int, Place]] = []  # when each is ready, its number, its place
        self._free_at = clock.time

    def come(
        self,
        every: float,
        seconds: float,
        takes: Callable[[], float] = lambda: 0.0,
        chance: Random | None = None,
    ) -> None:
        """Have one come `every` so many seconds, for so long; `takes` is what each waits for besides.

        With `chance` they come at random moments, as many on average.
        """
        until = self._clock.time + seconds
        at = self._clock.time
        while at < until:
            self.come_at(at, takes)
            at += chance.expovariate(1 / every) if chance else every
        self._serve(at)

    def come_at(self, at: float, takes: Callable[[], float] = lambda: 0.0) -> list[float]:
        """Have one come at a moment; return when it comes again, where it is told to."""
        self._serve(at)
        self._clock.time = at
        try:
            place = self._room.enter()
        except ParlandoError as refusal:
            self.refused.append(at)
            return [at + (refusal.retry_after or 0.0)]
        self._queue.append((at + takes(), len(self.waited), place))
        if not self._in_turn:
            self._queue.sort(key=itemgetter(0))
        self.waited.append((at, -1.0))
        return []

    def until_all_are_served(self) -> None:
        """Go on until nobody waits any more."""
        self._serve(float("inf"))

    def _serve(self, until: float) -> None:
        while self._queue:
            ready, number, place = self._queue[0]
            done = max(self._free_at, ready) + self._apart
            if done > until:
                return
            self._queue.pop(0)
            self._free_at = self._clock.time = done
            place.leave(served=True)
            self.waited[number] = (self.waited[number][0], done - self.waited[number][0])

    def waits(self, since: float) -> list[float]:
        """Return how long those waited who came since then and were served."""
        return [waited for came, waited in self.waited if came >= since and waited >= 0]


def test_of_a_queue_that_stands_those_are_refused_who_would_wait_too_long_and_nobody_idles() -> None:
    room, clock = _room(64)
    counter = _Counter(room, clock, apart=0.014)
    counter.come(every=0.040, seconds=2.0)
    assert not counter.refused
    began = clock.time
    counter.come(every=0.006, seconds=10.0)
    waits = counter.waits(began + 1.0)
    assert max(waits) < 2 * QUEUE_SECONDS
    assert len(counter.waits(began)) > 0.97 * 10.0 / 0.014
    fell = clock.time
    counter.come(every=0.040, seconds=5.0)
    assert not [at for at in counter.refused if at > fell + 1.0]


def test_a_queue_stands_for_as_long_as_too_many_come_though_nobody_is_refused_for_a_moment() -> None:
    chance = Random(1)
    room, clock = _room(64)
    counter = _Counter(room, clock, apart=0.008)
    counter.come(every=0.050, seconds=5.0, takes=lambda: 0.012, chance=chance)
    began = clock.time
    counter.come(every=0.004, seconds=120.0, takes=lambda: 0.012, chance=chance)
    waits = counter.waits(began + 2.0)
    assert len(waits) > 0.9 * 118.0 / 0.008
    assert max(waits) < 1.25 * QUEUE_SECONDS
    fell = clock.time
    counter.come(every=0.050, seconds=10.0, takes=lambda: 0.012, chance=chance)
    assert not [at for at in counter.refused if at > fell + 1.0]
    counter.come(every=0.0001, seconds=0.005)
    assert not [at for at in counter.refused if at > fell + 1.0]


def test_a_first_one_that_had_a_model_loaded_does_not_let_all_wait_as_long() -> None:
    room, clock = _room(64)
    for waited in (20.0, *[QUEUE_SECONDS / 4] * 3):
        place = room.enter()
        clock.time += waited
        place.leave(served=True)
    began = clock.time
    counter = _Counter(room, clock, apart=0.014)
    counter.come(every=0.006, seconds=10.0)
    assert max(counter.waits(began + 1.0)) < 2 * QUEUE_SECONDS


def test_one_alone_who_is_quick_for_once_does_not_make_a_queue_of_those_who_are_not() -> None:
    room, clock = _room(64)
    for waited in (1.0, 1.0, 0.01, 1.0, 0.01, 0.01, 1.0):
        place = room.enter()
        clock.time += waited
        place.leave(served=True)
    counter = _Counter(room, clock, apart=0.0)
    counter.come(every=0.1, seconds=20.0, takes=lambda: 1.0)
    assert not counter.refused


def test_a_burst_is_let_in_as_far_as_there_are_places() -> None:
    room, clock = _room(64)
    counter = _Counter(room, clock, apart=0.014)
    counter.come(every=0.040, seconds=2.0)
    counter.come(every=0.0001, seconds=0.005)
    assert not counter.refused


@pytest.mark.parametrize("seed", range(8))
def test_those_who_come_after_a_burst_wait_behind_it_and_are_let_in(seed: int) -> None:
    chance = Random(seed)
    room, clock = _room(64)
    counter = _Counter(room, clock, apart=0.04)
    counter.come(every=0.3, seconds=30.0, chance=chance)
    counter.come(every=0.001, seconds=0.03)
    began = clock.time
    counter.come(every=0.3, seconds=10.0, chance=chance)
    assert not counter.refused
    assert max(counter.waits(began)) > QUEUE_SECONDS


@pytest.mark.parametrize("share", [0.5, 1.0])
@pytest.mark.parametrize("seed", range(8))
def test_those_whom_a_peer_that_hung_has_let_go_are_not_taken_for_a_queue(seed: int, share: float) -> None:
    chance = Random(seed)
    room, clock = _room(64)
    counter = _Counter(room, clock, apart=0.05, in_turn=False)
    hangs_at, goes_at = clock.time + 20.0, clock.time + 33.0

    def takes() -> float:
        caught = hangs_at <= clock.time < goes_at and chance.random() < share
        return goes_at - clock.time if caught else chance.uniform(0.02, 0.08)

    counter.come(every=1 / 3, seconds=53.0, takes=takes, chance=chance)
    assert not counter.refused
    assert max(counter.waits(hangs_at)) > 10.0


def test_a_slow_engine_that_keeps_up_refuses_nobody() -> None:
    room, clock = _room(64)
    counter = _Counter(room, clock, apart=0.8)
    counter.come(every=0.85, seconds=100.0)
    assert not counter.refused


def test_those_who_wait_for_their_own_writers_are_not_taken_for_a_queue() -> None:
    room, clock = _room(64)
    chance = Random(1)
    counter = _Counter(room, clock, apart=0.001)
    counter.come(every=0.05, seconds=60.0, takes=lambda: chance.uniform(0.2, 0.6))
    assert not counter.refused
    assert min(counter.waits(0.0)) > 0.2


def test_a_standstill_that_is_over_makes_no_queue_that_stands() -> None:
    room, clock = _room(64)
    first, *late = [room.enter() for _ in range(2 + ROW)]
    clock.time += QUEUE_SECONDS / 4
    first.leave(served=True)
    clock.time += 60.0
    for place in late:
        place.leave(served=True)
    for _ in range(64):
        room.enter()
    _refused(room)


def test_a_standstill_does_not_keep_a_room_small_for_good() -> None:
    room, clock = _room(64)
    places = deque([room.enter()])
    for _ in range(200):  # twice as many as it takes to be told that it stands
        while room.waiting < 64 and not room.full:
            places.append(room.enter())
        clock.time += 0.014
        places.popleft().leave(served=True)
    clock.time += 60.0
    while places:
        places.popleft().leave(served=True)
    pair = [room.enter() for _ in range(2)]
    _refused(room)
    for _ in range(2 * ROW):
        for place in pair:
            clock.time += 0.014
            place.leave(served=True)
        pair = [room.enter() for _ in range(2)]
    for _ in range(62):
        room.enter()
    _refused(room)


def _p99(waits: list[float]) -> float:
    return quantiles(waits, n=100)[98]


@pytest.mark.parametrize("seed", range(5))
def test_by_the_shortest_queue_twice_the_load_takes_those_who_are_let_in_no_longer_than_twice(
    seed: int,
) -> None:
    chance = Random(seed)
    room, clock = _room(64, queue_seconds=0.0)
    counter = _Counter(room, clock, apart=0.008)
    began = clock.time
    counter.come(every=0.050, seconds=20.0, takes=lambda: chance.uniform(0.006, 0.030), chance=chance)
    calm = _p99(counter.waits(began))
    assert not counter.refused
    rose = clock.time
    counter.come(every=0.004, seconds=20.0, takes=lambda: chance.uniform(0.006, 0.030), chance=chance)
    loaded = counter.waits(rose)
    assert _p99(loaded) < 2 * calm
    assert len(loaded) > 0.85 * 20.0 / 0.008
    fell = clock.time
    counter.come(every=0.050, seconds=20.0, takes=lambda: chance.uniform(0.006, 0.030), chance=chance)
    assert not [at for at in counter.refused if at > fell + 1.0]


@pytest.mark.parametrize("seed", range(5))
def test_what_spares_refusals_is_no_wait_once_a_third_are_refused_all_the_same(seed: int) -> None:
    chance = Random(seed)
    room, clock = _room(64)
    counter = _Counter(room, clock, apart=0.008)
    began = clock.time
    counter.come(every=0.050, seconds=20.0, takes=lambda: chance.uniform(0.006, 0.030), chance=chance)
    calm = _p99(counter.waits(began))
    rose = clock.time
    counter.come(every=0.004, seconds=60.0, takes=lambda: chance.uniform(0.006, 0.030), chance=chance)
    assert max(counter.waits(rose)) > QUEUE_SECONDS
    settled = counter.waits(rose + 2.0)
    assert _p99(settled) < 2 * calm
    assert len(settled) > 0.85 * 58.0 / 0.008
    fell = clock.time
    counter.come(every=0.050, seconds=20.0, takes=lambda: chance.uniform(0.006, 0.030), chance=chance)
    assert not [at for at in counter.refused if at > fell + 1.0]
    burst = clock.time
    counter.come(every=0.0001, seconds=0.005)
    assert not [at for at in counter.refused if at > burst]


def test_a_little_too_many_wait_as_long_as_is_set_and_no_more_are_refused_than_must() -> None:
    chance = Random(3)
    room, clock = _room(64)
    counter = _Counter(room, clock, apart=0.008)
    counter.come(every=0.050, seconds=5.0, chance=chance)
    began = clock.time
    counter.come(every=0.007, seconds=60.0, chance=chance)
    waits = counter.waits(began + 5.0)
    assert len(waits) > 0.98 * 55.0 / 0.008
    assert QUEUE_SECONDS / 2 < _p99(waits) < 1.5 * QUEUE_SECONDS


@pytest.mark.parametrize(
    ("rate", "longer"),
    [(100.0, 0.4), (40.0, 0.5), (20.0, 0.4), (30.0, 1.5), (10.0, 2.0), (5.0, 1.0), (2.0, 4.0)],
)
@pytest.mark.parametrize("queue_seconds", [QUEUE_SECONDS, 0.0])
def test_an_engine_that_speaks_to_many_at_once_and_takes_longer_than_the_one_before_is_no_queue_for_long(
    rate: float, longer: float, queue_seconds: float
) -> None:
    chance = Random(1)
    room, clock = _room(64, queue_seconds)
    slower = clock.time + 20.0

    def takes() -> float:
        return (0.02 if clock.time < slower else longer) * chance.uniform(0.7, 1.3)

    refused = _refused_by_many_at_once(room, clock, chance, takes, rate, 88.0 + 12.0 * longer)
    assert slower < refused[0]
    assert refused[-1] < refused[0] + 8.0 + 5.0 * longer


def _overloaded(room: WaitingRoom, clock: _Clock) -> list[Place]:
    """Have so many more come than are served that it lasts; return the places of those who wait still."""
    places: list[Place] = []
    for _ in range(400):
        clock.time += 0.004
        with suppress(ParlandoError):
            places.append(room.enter())
        if len(places) > 1 and clock.time % 0.014 < 0.004:
            places.pop(0).leave(served=True)
    return places


@pytest.mark.parametrize(("refused_of_ten", "seconds"), [(4, QUEUE_SECONDS), (5, 2 * 0.014)])
def test_a_small_room_that_refuses_two_fifths_is_let_grow_again(refused_of_ten: int, seconds: float) -> None:
    room, clock = _room(64)
    places = deque(_overloaded(room, clock))
    longest = 0  # since it was tried what one alone takes
    for number in range(1_000):
        while not room.full:
            places.append(room.enter())
        if number > 100:
            longest = max(longest, room.waiting)
        if number % 10 < refused_of_ten:
            _refused(room)
        else:
            clock.time += 0.014
            places.popleft().leave(served=True)
    assert longest == int(seconds / 0.014)


def test_after_a_pause_a_burst_is_let_in() -> None:
    room, clock = _room(64)
    places = _overloaded(room, clock)
    while not room.full:
        places.append(room.enter())
    _refused(room)
    for place in places:
        place.leave(served=True)
    clock.time += 0.5
    places = [room.enter()]
    _refused(room)
    places[0].leave()
    clock.time += 5.0
    for _ in range(64):
        room.enter()


def test_one_who_hangs_while_others_are_let_in_one_at_a_time_does_not_keep_them_out_for_good() -> None:
    room, clock = _room(64)
    for place in _overloaded(room, clock):
        place.leave(served=True)
    room.enter()  # and is never served
    refused_at = clock.time
    while room.full:
        _refused(room)
        clock.time += 0.05
    assert 0 < clock.time - refused_at < 10.0
    for _ in range(60):
        room.enter()


def test_those_who_may_not_be_refused_do_not_keep_others_out_for_good() -> None:
    room, clock = _room(64)
    waiting = deque(_overloaded(room, clock))
    began = clock.time
    _refused(room)
    while room.full and clock.time < began + 60.0:
        _refused(room)
        waiting.append(room.enter(anyway=True))
        clock.time += 0.014
        waiting.popleft().leave(served=True)
    assert clock.time < began + 10.0


def _refused_by_many_at_once(
    room: WaitingRoom,
    clock: _Clock,
    chance: Random,
    takes: Callable[[], float],
    rate: float = 20.0,
    seconds: float = 120.0,
) -> list[float]:
    """Have so many a second come to engines that speak to all at once; return when any were refused."""
    ends: list[tuple[float, Place]] = []
    refused: list[float] = []
    at = clock.time
    until = at + seconds
    while at < until:
        at += chance.expovariate(rate)
        while ends and ends[0][0] <= at:
            clock.time, place = ends.pop(0)
            place.leave(served=True)
        clock.time = at
        try:
            insort(ends, (at + takes(), room.enter()), key=itemgetter(0))
        except ParlandoError:
            refused.append(at)
    return refused


@pytest.mark.parametrize("seed", range(12))
def test_an_engine_that_speaks_to_all_at_once_and_varies_is_not_taken_for_a_queue(seed: int) -> None:
    chance = Random(seed)
    room, clock = _room(64, queue_seconds=0.0)
    assert not _refused_by_many_at_once(room, clock, chance, lambda: chance.uniform(0.2, 0.6))


@pytest.mark.parametrize("seed", range(12))
def test_a_slow_engine_beside_a_quick_one_is_not_taken_for_a_queue(seed: int) -> None:
    chance = Random(seed)
    room, clock = _room(64)
    refused = _refused_by_many_at_once(room, clock, chance, lambda: chance.choice((0.05, 0.05, 0.4)))
    assert len(refused) <= 5


def test_more_who_ask_of_an_engine_that_can_are_no_queue() -> None:
    room, clock = _room(64, queue_seconds=0.0)
    counter = _Counter(room, clock, apart=0.0)
    counter.come(every=0.3, seconds=6.0, takes=lambda: 0.4)
    counter.come(every=0.01, seconds=6.0, takes=lambda: 0.4)
    assert not counter.refused

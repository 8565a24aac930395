from __future__ import annotations

from collections.abc import Sequence

from load.flat import Keys, held, keys_held, tasks_held
from load.gauges import Gauge
from load.watching import Sample


def _looks(memory: Sequence[float], threads: int = 8, descriptors: int = 100) -> list[Sample]:
    return [
        Sample(float(at), 0.0, 0, round(size * 1e6), threads, descriptors) for at, size in enumerate(memory)
    ]


def _grown(looks: list[Sample]) -> list[str]:
    return [each.what for each in held("edge", looks) if each.grows]


def test_what_stays_as_it_is_does_not_grow_whatever_warming_up_took() -> None:
    assert _grown(_looks([20, 40] + [100] * 8)) == []
    assert _grown(_looks([100, 104, 99, 103, 100] * 4)) == []


def test_memory_that_creeps_is_noticed() -> None:
    assert _grown(_looks([100 + look for look in range(50)])) == ["own MB"]


def test_threads_and_descriptors_that_are_left_are_noticed() -> None:
    looks = _looks([100] * 10) + _looks([100] * 10, threads=20, descriptors=300)
    assert _grown(looks) == ["threads", "descriptors"]


def test_early_is_the_second_fifth_and_late_the_last() -> None:
    memory, *_ = held("edge", _looks([0] * 2 + [10] * 2 + [0] * 4 + [30] * 2))
    assert (memory.early, memory.late) == (10, 30)


def test_tasks_that_are_left_are_noticed_and_those_of_more_callers_are_not() -> None:
    def grown(late: int) -> list[str]:
        looks = [{"edge": Gauge(0, 200), "router": Gauge(0, 100)}] * 8 + [
            {"edge": Gauge(0, late), "router": Gauge(0, 100)}
        ] * 2
        return [each.service for each in tasks_held(looks) if each.grows]

    assert grown(260) == []
    assert grown(300) == ["edge"]


def test_keys_may_be_more_with_more_sessions_but_not_more_for_each() -> None:
    assert not keys_held([Keys(3 * number, number) for number in range(1, 51)]).grows
    assert keys_held([Keys(number * number, 100) for number in range(1, 51)]).grows

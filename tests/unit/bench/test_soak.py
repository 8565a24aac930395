from __future__ import annotations

from collections.abc import Sequence

from load.figures import Figures
from load.flat import held, tasks_held
from load.gauges import Gauge, Series
from load.kept import Kept
from load.lag import Lag
from load.report import Report
from load.soak import Soaked
from load.watching import GENERATOR, Sample, Watch


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


def test_as_many_threads_as_at_the_start_are_no_growth() -> None:
    def grown(late: int) -> list[str]:
        start, middle = _looks([100] * 2, threads=42), _looks([100] * 6, threads=23)
        return _grown(start + middle + _looks([100] * 2, threads=late))

    assert grown(42) == []
    assert grown(43) == ["threads"]


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


def test_services_are_judged_and_the_generator_is_not() -> None:
    creeps = _looks([100 + look for look in range(50)])
    watch = Watch({}, samples={"edge": creeps, GENERATOR: creeps})
    kept = Kept(keys=1, lasting=0, data=1, pool=1, opened=1, orders=1)
    redis = Series(lambda: kept, 1.0)
    gauges = Series(lambda: {"edge": Gauge(0, 10)}, 1.0)
    redis.points = [(float(at), kept) for at in range(10)]
    gauges.points = [(float(at), {"edge": Gauge(0, 10)}) for at in range(10)]
    soaked = Soaked(Report({}, Figures(), Lag(), watch, {}), 1, redis, gauges, {}, {}, [])
    assert [(each.service, each.what) for each in soaked.compared() if each.grows] == [("edge", "own MB")]
    assert GENERATOR not in {each.service for each in soaked.compared()}

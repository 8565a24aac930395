from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import Sequence

import psutil
import pytest
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


def _soaked(looks: Sequence[Sample], seconds: float, said_until: float = float("inf")) -> Soaked:
    """Return a soak in which what Redis keeps and what services say was read each second."""
    watch = Watch({}, samples={"edge": list(looks), GENERATOR: list(looks)})
    kept = Kept(keys=1, lasting=0, data=1, pool=1, opened=1, orders=1)
    redis = Series(lambda: kept, 1.0)
    gauges = Series(lambda: {"edge": Gauge(0, 10)}, 1.0)
    redis.points = [(look.at, kept) for look in looks]
    gauges.points = [(look.at, {"edge": Gauge(0, 10)}) for look in looks if look.at <= said_until]
    report = Report({"seconds": seconds}, Figures(), Lag(), watch, {})
    return Soaked(report, 1, redis, gauges, {}, {}, [])


def test_services_are_judged_and_the_generator_is_not() -> None:
    soaked = _soaked(_looks([100 + look for look in range(50)]), seconds=49)
    assert [(each.service, each.what) for each in soaked.compared() if each.grows] == [("edge", "own MB")]
    assert GENERATOR not in {each.service for each in soaked.compared()}


def test_what_is_freed_once_the_last_order_was_due_is_not_judged() -> None:
    drained = _looks([100 + look for look in range(50)] + [100] * 10)
    held = {(each.service, each.what): each for each in _soaked(drained, seconds=49).compared()}
    assert held["edge", "own MB"].late == 144.5
    assert held["edge", "own MB"].grows


def test_what_was_not_looked_at_to_the_end_or_for_long_is_told() -> None:
    looks = _looks([100] * 60)
    assert _soaked(looks, seconds=49).unseen() == []
    assert _soaked(looks, seconds=49, said_until=40).unseen() == [
        "what services say: not looked at for 9 s; limit 5"
    ]
    assert _soaked([*looks[:20], looks[-1]], seconds=49).unseen()


async def _read_for_a_moment(series: Series[int]) -> None:
    async with series.running():
        await asyncio.sleep(0.1)


async def test_what_keeps_a_series_from_being_read_is_raised() -> None:
    def read() -> int:
        raise ConnectionRefusedError("nobody is scraped there")

    with pytest.raises(ConnectionRefusedError, match="scraped"):
        await _read_for_a_moment(Series(read, 0.01))


async def test_a_series_that_can_be_read_has_all_that_was_read() -> None:
    numbers = itertools.count()
    series = Series(lambda: next(numbers), 0.001)
    await _read_for_a_moment(series)
    assert [read for _, read in series.points][:3] == [0, 1, 2]


async def _end_while_watched(process: Process, watch: Watch) -> None:
    async with watch.running():
        await asyncio.sleep(0.1)
        await process.communicate(b"\n")
        await asyncio.sleep(0.2)
        watch.services = {}  # so that the look at the end sees nothing of it


async def test_a_process_that_ends_while_it_is_watched_is_raised() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=subprocess.PIPE)
    with pytest.raises(psutil.NoSuchProcess):
        await _end_while_watched(process, Watch({"edge": [psutil.Process(process.pid)]}, every=0.01))

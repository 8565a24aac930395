"""The load generator against a real system, for seconds: it does what it says, however fast that goes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from load import growth
from load.__main__ import is_here, load, main
from load.dispatch import connections
from load.plan import Conduct, Plan, Road
from load.report import Report

if TYPE_CHECKING:
    from tests.e2e.conftest import Mark
    from tests.e2e.through import Through

_PLAN = Plan(
    sessions=8,
    rate=10,
    seconds=4,
    words=(4, 8),
    roads={Road.REALTIME: 1, Road.HTTP: 1, Road.GRPC: 1},
    stall_seconds=0.5,
)


async def _loaded(through: Through, conducts: Mapping[Conduct, float], **changes: object) -> Report:
    services = {name: [through.service(name)] for name in ("edge", "router")}
    plan = replace(_PLAN, conducts=conducts, **changes)  # type: ignore[arg-type]
    return await load(plan, through.address, services, buffer=0.0, every=0.5)


async def test_every_order_of_every_road_is_spoken_to_its_end(
    espeak_through: Through, tmp_path: Path
) -> None:
    report = await _loaded(espeak_through, {})
    counts, latencies = report.figures.counts, report.figures.latencies
    assert not report.errors, counts
    assert counts["orders"] == counts["completed"] >= 20
    for road in Road:
        assert len(latencies[f"first chunk, {road}"])
    assert len(latencies["first chunk"]) == counts["orders"]
    assert report.figures.audio_seconds > counts["orders"]
    told = report.describe()
    assert told["services"]["router"]["cpu_seconds"] > 0
    assert told["services"]["generator"]["cpu_seconds"] > 0
    assert "first chunk" in report.table()
    assert all("<svg" in file.read_text() for file in report.draw(tmp_path))


async def test_sessions_are_opened_step_by_step_and_each_step_is_measured(espeak_through: Through) -> None:
    edge = espeak_through.service("edge")
    plan = replace(_PLAN, rate=0, seconds=0.5)
    first, then = await growth.measure(plan, espeak_through.address, {"edge": [edge]}, (40, 160))
    assert (first.sessions, then.sessions) == (40, 160)
    assert min(first.opening, then.opening) > 0
    assert set(first.bytes_each) == set(then.bytes_each) == {"edge"}
    heads, *rows, _ = growth.table([first, then]).splitlines()
    assert "edge kB" in heads
    assert [row.split()[0] for row in rows] == ["40", "160"]


async def test_cancels_stalls_and_reconnects_are_no_errors(espeak_through: Through) -> None:
    conducts = {Conduct.CANCEL: 0.4, Conduct.STALL: 0.1, Conduct.RECONNECT: 0.2}
    report = await _loaded(espeak_through, conducts, words=(25,), cancel_within=0.3)
    counts, latencies = report.figures.counts, report.figures.latencies
    assert not report.errors, counts
    assert len(latencies["cancel, answered"]) == counts["cancelled"] > 0
    assert counts["hung up"] > 0
    assert len(latencies["connect"]) == _PLAN.sessions < connections(report.figures)
    assert len(latencies["connect, later"]) > 0


async def test_every_cancel_is_made_and_counted_whether_all_had_been_sent_or_not(
    espeak_through: Through,
) -> None:
    changes = {"words": (10, 90), "seconds": 3, "sessions": 40, "roads": {Road.REALTIME: 1.0}}
    report = await _loaded(espeak_through, {Conduct.CANCEL: 1.0}, cancel_within=2.0, **changes)
    counts, latencies = report.figures.counts, report.figures.latencies
    assert not report.errors, counts
    made = counts["cancelled"] + counts["cancelled after the end"]
    assert made == counts["orders"] - counts["cancel came too late"]
    assert counts["cancelled"] <= len(latencies["cancel, last byte"]) < made
    # Ten words are sent long before they have been heard, ninety are not.
    assert counts["cancelled"] == len(latencies["cancel, answered"]) > 0
    assert counts["cancelled after the end"] == len(latencies["cancel after the end, answered"]) > 0


async def test_a_user_who_speaks_over_a_response_is_noticed_and_it_stops(espeak_through: Through) -> None:
    one_after_another = {"words": (90,), "rate": 2, "seconds": 2, "sessions": 1}
    report = await _loaded(espeak_through, {Conduct.BARGE_IN: 1.0}, **one_after_another)
    counts = report.figures.counts
    assert not report.errors, counts
    latencies = report.figures.latencies
    assert counts["cancelled"] == counts["orders"] == len(latencies["speech until noticed"])
    assert len(latencies["barge-in, answered"]) == counts["cancelled"]


def test_another_machine_is_loaded_only_where_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert is_here("127.0.0.1:8080")
    assert not is_here("127.0.0.1:8080@192.0.2.1")
    assert is_here("localhost:80")
    assert is_here("[::1]:80")
    assert not is_here("192.0.2.1:80")
    with pytest.raises(SystemExit):
        main(["idle", "--address", "192.0.2.1:80"])
    assert "not this machine" in capsys.readouterr().err


def test_sigterm_leaves_nothing_of_the_system_that_was_loaded(
    new_mark: Callable[[], Mark], environment: dict[str, str]
) -> None:
    mark = new_mark()
    command = [sys.executable, "-m", "load", "crowd", "--sessions", "2", "--rate", "1", "--seconds", "60"]
    told = {**environment, **mark.environment, "PYTHONPATH": "bench"}
    with subprocess.Popen(command, env=told, stderr=subprocess.PIPE, text=True) as loading:
        assert loading.stderr is not None
        said = ""
        while "router serves" not in said:
            line = loading.stderr.readline()
            assert line, said
            said += line
        loading.terminate()
        loading.stderr.read()  # to the end: services write there, too
    assert loading.returncode
    assert not mark.processes()

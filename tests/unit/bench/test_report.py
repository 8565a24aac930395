"""What a report says of what was used."""

from __future__ import annotations

import pytest
from load.figures import Figures
from load.lag import Lag
from load.report import Report
from load.watching import GENERATOR, Sample, Watch


def _looks(*cpu: float) -> list[Sample]:
    """Return a look each two seconds, the first of them three seconds after the watch began."""
    return [Sample(3.0 + 2 * at, 50 + used, 10_000_000, 0, 4, 20) for at, used in enumerate(cpu)]


def _report(lasts: float, **samples: list[Sample]) -> Report:
    figures = Figures()
    figures.audio_seconds = 100.0
    return Report({}, figures, Lag(), Watch({}, lasts=lasts, samples=samples), {})


# Full for four seconds, and idle for the six in which the last of what was said is listened to.
_DRAINS = _looks(0, 1.8, 3.6, 3.6, 3.6, 3.6)


def test_cores_are_those_that_were_used_while_orders_were_due() -> None:
    report = _report(4.0, edge=_DRAINS, router=_DRAINS, **{GENERATOR: _DRAINS})
    told = report.describe()["services"]["edge"]
    assert told["cores"] == pytest.approx(0.9)
    assert told["cpu_seconds"] == pytest.approx(3.6)
    assert told["cpu_ms_per_audio_second"] == pytest.approx(36)
    assert "generator used 90%" in report.bottleneck()
    (row,) = (line.split() for line in report.table().splitlines() if line.startswith("the mesh"))
    assert row == ["the", "mesh", "1.800", "72.00", "20", "→", "20"]


def test_what_was_used_between_two_looks_lies_between_them() -> None:
    watch = Watch({}, samples={"edge": _looks(0, 1, 4)})
    assert watch.cores("edge", 0, 1) == pytest.approx(0.5)
    assert watch.cores("edge", 1, 3) == pytest.approx((1 + 1.5 - 0.5) / 2)
    assert watch.cores("edge") == pytest.approx(1.0)
    assert watch.cores("edge", 4, 9) == 0.0


def test_a_system_whose_processes_are_not_known_has_no_row() -> None:
    table = _report(4.0, **{GENERATOR: _DRAINS}).table()
    assert "the mesh" not in table
    assert "generator " in table

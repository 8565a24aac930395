"""When an overload was borne as it must be, and when not."""

from __future__ import annotations

import pytest
from load.figures import Figures
from load.lag import TICK_SECONDS, Lag
from load.overload import Verdict, judge
from load.plan import Plan
from load.report import Report
from load.watching import GENERATOR, Sample, Watch

_PLAN = Plan(rate=100, seconds=4, calm_seconds=4, calm_rate=10)


def _figures(
    loaded: float, *, refuse_every: int = 2, late_until: float = 0.0, refused_until: float = 0.0
) -> Figures:
    """Return 50 ms without load and `loaded` seconds under it; after it as late, or refused, for a while."""
    figures = Figures()
    for place in range(40):
        figures.course.append((place / 10, 0.05))
        after = 8 + place / 10
        if after < refused_until:
            figures.refused.append(after)
        else:
            figures.course.append((after, loaded if after < late_until else 0.05))
    for place in range(400):
        due = 4 + place / 100
        if place % refuse_every:
            figures.refused.append(due)
        else:
            figures.course.append((due, loaded))
    return figures


def _judged(figures: Figures, plan: Plan = _PLAN) -> Verdict:
    return judge(plan, figures, lambda _since, _until: "")


def test_those_who_are_let_in_may_wait_twice_as_long_and_no_longer() -> None:
    kept = _judged(_figures(0.099))
    assert kept.broken == []
    assert kept.ratio == pytest.approx(1.98, rel=0.01)
    assert kept.times == pytest.approx(2.0, rel=0.05)
    assert (kept.before.refused, kept.loaded.refused, kept.after.refused) == (0, 200, 0)
    assert kept.back == 0.0
    assert "1.98 times" in kept.table()
    assert kept.describe()["overloaded"]["refused"] == 200
    (told,) = _judged(_figures(0.102)).broken
    assert told == "p99 is 2.04 times the unloaded one"


def test_a_calm_that_was_disturbed_does_not_make_the_load_look_better() -> None:
    figures = _figures(0.102)
    figures.course += [(at, 1.0) for at in (1.05, 2.05, 3.05)]
    verdict = _judged(figures)
    assert verdict.before.p99 == pytest.approx(1.0, rel=0.01)
    assert verdict.broken == ["p99 is 2.04 times the unloaded one"]


def test_what_is_let_in_before_the_load_is_told_counts_and_is_told_apart() -> None:
    figures = _figures(0.09)
    figures.course += [(4 + place / 100, 0.5) for place in range(20)]
    verdict = _judged(figures)
    assert (verdict.ratio, verdict.settled_ratio) == pytest.approx((10.0, 1.8), rel=0.01)
    assert verdict.broken[-1] == "p99 is 10.00 times the unloaded one"
    assert "without the first 2 s, when a burst is let in: 1.80 times" in verdict.table()
    assert verdict.describe()["settled"]["refused"] == 100


def test_who_is_due_under_load_and_heard_after_it_was_not_served_meanwhile() -> None:
    assert _judged(_figures(0.099)).loaded.served == pytest.approx(50, abs=2)
    assert _judged(_figures(2.0)).loaded.served == pytest.approx(25, abs=1)


def test_it_is_as_before_from_when_all_are_served_in_time() -> None:
    assert _judged(_figures(0.2, late_until=9.5)).back == 2.0
    assert _judged(_figures(0.09, refused_until=8.5)).back == 1.0
    never = _judged(_figures(0.09, refused_until=12.0))
    assert never.broken == ["not as before once the load had fallen"]


def test_one_good_second_between_bad_ones_is_not_yet_as_before() -> None:
    figures = _figures(0.09)
    figures.refused.append(9.5)
    assert _judged(figures).back == 2.0
    figures = _figures(0.09)
    figures.course.append((11.5, 0.2))
    assert _judged(figures).back is None


def _calm_of_400(*refused: float) -> Verdict:
    """Judge twenty seconds of 20 a second before a load and after it, with some refused besides."""
    figures = Figures()
    for place in range(400):
        figures.course += [(place / 20, 0.05), (40 + place / 20, 0.05)]
    for place in range(2_000):
        due = 20 + place / 100
        figures.course.append((due, 0.09))
        figures.refused += [due, due]
    figures.refused += refused
    return _judged(figures, Plan(rate=300, seconds=20, calm_seconds=20, calm_rate=20))


def test_a_few_who_meet_a_full_room_in_the_calm_are_no_fault() -> None:
    verdict = _calm_of_400(3.0, 3.01, 58.0, 58.01)
    assert (verdict.before.refused, verdict.after.refused) == (2, 2)
    assert verdict.broken == []
    assert verdict.back == 0.0


def test_more_than_one_in_a_hundred_refused_in_the_calm_is_one() -> None:
    (told,) = _calm_of_400(*(3 + place / 100 for place in range(5))).broken
    assert told == "5 were refused before the load: 1.2%; limit 1%"
    (told,) = _calm_of_400(*(59 + place / 100 for place in range(5))).broken
    assert told == "not as before once the load had fallen"


def test_who_serves_less_under_load_than_before_it_has_not_borne_it() -> None:
    figures = Figures()
    figures.course = [(place / 20, 0.02) for place in range(400)]
    figures.course += [(float(20 + second), 0.02) for second in range(20)]
    figures.refused = [20 + place / 249 for place in range(4_980)]
    figures.course += [(40 + place / 20, 0.02) for place in range(400)]
    verdict = _judged(figures, Plan(rate=250, seconds=20, calm_seconds=20, calm_rate=20))
    assert verdict.broken == ["only 1.0 a second were served under load, and 20.0 before it"]
    assert "1.0" in verdict.table().splitlines()[2]
    assert verdict.describe()["overloaded"]["served_per_second"] == 1.0


def _report(*, stalled: float = -1.0, busy: float = 0.3) -> Report:
    """Return a run whose generator stood still for a tenth of a second, or was busy under load."""
    lag = Lag()
    for tick in range(1_200):
        due = tick * TICK_SECONDS
        lag.ticked(due, due + (0.1 if due <= stalled < due + TICK_SECONDS else 0.0))
    used = [0.3 * min(at, 4) + busy * min(max(at - 4, 0), 4) + 0.3 * max(at - 8, 0) for at in range(14)]
    looks = [Sample(5.0 + at, 100 + cpu, 0, 0, 1, 1) for at, cpu in enumerate(used)]
    return Report({}, _figures(0.099), lag, Watch({}, samples={GENERATOR: looks}), {})


def test_where_the_generator_was_late_or_full_in_any_part_there_is_no_verdict() -> None:
    def broken(report: Report) -> list[str]:
        return judge(_PLAN, report.figures, report.bottleneck).broken

    assert broken(_report()) == []
    stalled = _report(stalled=2.0)
    (told,) = broken(stalled)
    assert told.startswith("no verdict, for the generator was measured: before, one tick in a hundred")
    assert not stalled.bottleneck()  # of the whole run it is too little to show
    (told,) = broken(_report(busy=0.9))
    assert "overloaded, the generator used 90%" in told


def test_less_than_twice_the_capacity_is_no_such_overload() -> None:
    (told,) = _judged(_figures(0.09, refuse_every=1)).broken
    assert "give a higher --rate" in told


def test_nothing_is_compared_with_nothing() -> None:
    with pytest.raises(ValueError, match="nobody was heard"):
        _judged(Figures())

"""When an overload was borne as it must be, and when not."""

from __future__ import annotations

import pytest
from load.figures import Figures
from load.overload import judge
from load.plan import Plan

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


def test_those_who_are_let_in_may_wait_twice_as_long_and_no_longer() -> None:
    kept = judge(_PLAN, _figures(0.099))
    assert kept.broken == []
    assert kept.ratio == pytest.approx(1.98, rel=0.01)
    assert kept.times == pytest.approx(2.0, rel=0.05)
    assert (kept.before.refused, kept.loaded.refused, kept.after.refused) == (0, 200, 0)
    assert kept.back == 0.0
    assert "1.98 times" in kept.table()
    assert kept.describe()["overloaded"]["refused"] == 200
    (told,) = judge(_PLAN, _figures(0.102)).broken
    assert told == "p99 is 2.04 times the unloaded one"


def test_who_is_due_under_load_and_heard_after_it_was_not_served_meanwhile() -> None:
    assert judge(_PLAN, _figures(0.099)).served == pytest.approx(50, abs=2)
    assert judge(_PLAN, _figures(2.0)).served == pytest.approx(25, abs=1)


def test_it_is_as_before_with_the_first_second_in_which_all_are_served_in_time() -> None:
    assert judge(_PLAN, _figures(0.2, late_until=9.5)).back == 2.0
    assert judge(_PLAN, _figures(0.09, refused_until=8.5)).back == 1.0
    never = judge(_PLAN, _figures(0.09, refused_until=12.0))
    assert never.broken == ["not as before once the load had fallen"]


def test_less_than_twice_the_capacity_is_no_such_overload() -> None:
    (told,) = judge(_PLAN, _figures(0.09, refuse_every=1)).broken
    assert "give a higher --rate" in told


def test_nothing_is_compared_with_nothing() -> None:
    with pytest.raises(ValueError, match="nobody was heard"):
        judge(_PLAN, Figures())

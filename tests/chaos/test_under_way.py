from __future__ import annotations

from tests.chaos.under_way import more, since


def test_what_is_more_than_before_is_left_behind() -> None:
    before = {"edge: calls": 0, "router: tasks": 9, "session: calls": 1}
    after = {"edge: calls": 1, "router: tasks": 9, "session: calls": 0}
    assert more(before, after) == ["edge: calls 1, before 0"]


def test_who_began_anew_has_counted_since_then() -> None:
    assert since({"router": 7, "envoy": 2}, {"router": 3, "envoy": 4, "router-2": 1}) == 3 + 2 + 1
    assert since({"router": 7}, {}) == 0

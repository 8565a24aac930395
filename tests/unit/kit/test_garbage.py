from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from parlando_kit.garbage import look_seldom


class _Ring:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def _as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def _searched(thing: object) -> bool:
    return any(each is thing for each in gc.get_objects())


@pytest.mark.usefixtures("_as_before")
def test_what_was_made_before_is_searched_no_more_and_later_cycles_still_go() -> None:
    before = _Ring()
    look_seldom()
    after = _Ring()
    assert not _searched(before)
    assert _searched(after)
    gone = weakref.ref(after)
    del after
    gc.collect()
    assert gone() is None


@pytest.mark.usefixtures("_as_before")
def test_all_is_searched_far_less_often_than_the_young() -> None:
    look_seldom()
    young, middle, old = gc.get_threshold()
    assert 0 < young * middle * old < 25_000_000
    assert old > middle

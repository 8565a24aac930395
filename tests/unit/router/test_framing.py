"""Samples cut into frames: small ones first, nothing lost, nothing beyond what may be sent."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlando_router.events import Frame, Samples
from parlando_router.framing import Framer

RATE = 8_000
FIRST, LONGEST = 240, 8_000  # 30 ms and a second


def _framer(rate: int = RATE) -> Framer:
    framer = Framer(rate)
    framer.mark(0, 0, "id")
    return framer


def _ramp(start: int, count: int) -> Samples:
    return np.arange(start, start + count, dtype=np.int16)


def _lengths(frames: list[Frame]) -> list[int]:
    return [len(frame.samples) for frame in frames]


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
def test_what_is_gathered_doubles_from_30_ms_to_a_second(rate: int) -> None:
    framer = _framer(rate)
    frames: list[Frame] = []
    for _ in range(200):
        framer.add(np.zeros(round(rate * 0.03), dtype=np.int16))
        frames += framer.cut(rate * 6, whole=False)
    lengths = [seconds * rate for seconds in (0.03, 0.06, 0.12, 0.24, 0.48, 0.96, 1.0)]
    assert _lengths(frames)[:7] == pytest.approx(lengths, abs=32)
    assert set(_lengths(frames)[6:]) == {rate}


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
def test_what_is_ready_leaves_in_few_frames_that_grow_fourfold(rate: int) -> None:
    framer = _framer(rate)
    framer.add(np.zeros(rate * 6, dtype=np.int16))
    frames = list(framer.cut(rate * 6, whole=False))
    lengths = [seconds * rate for seconds in (0.12, 0.48, 1.0, 1.0)]
    assert _lengths(frames)[:4] == pytest.approx(lengths, abs=32)


@given(parts=st.lists(st.integers(1, 3 * RATE), min_size=1, max_size=30))
def test_what_is_gathered_is_never_longer_than_what_was_sent_ahead_and_a_first_frame(
    parts: list[int],
) -> None:
    framer = _framer()
    made = sent = 0
    for count in parts:
        framer.add(np.zeros(count, dtype=np.int16))
        made += count
        sent += sum(_lengths(list(framer.cut(made, whole=False))))
        assert made - sent < min(sent + FIRST, LONGEST)


def test_a_frame_waits_until_it_is_full_unless_all_is_asked_for() -> None:
    framer = _framer()
    framer.add(_ramp(0, FIRST - 1))
    assert list(framer.cut(10_000, whole=False)) == []
    framer.add(_ramp(FIRST - 1, 2))
    assert _lengths(list(framer.cut(10_000, whole=False))) == [FIRST + 1]
    framer.add(_ramp(FIRST + 1, 1))
    assert list(framer.cut(10_000, whole=False)) == []
    [rest] = framer.cut(10_000, whole=True)
    assert (len(rest.samples), rest.first_sample) == (1, FIRST + 1)
    assert list(framer.cut(10_000, whole=True)) == []


def test_nothing_beyond_what_may_be_sent_is_cut() -> None:
    framer = _framer()
    framer.add(_ramp(0, 3_000))
    for until in (0, 100, FIRST - 1):
        assert list(framer.cut(until, whole=False)) == []
    assert _lengths(list(framer.cut(FIRST, whole=False))) == [FIRST]
    assert list(framer.cut(FIRST + 100, whole=False)) == []
    assert _lengths(list(framer.cut(FIRST + 100, whole=True))) == [100]
    assert list(framer.cut(FIRST, whole=True)) == []  # it has moved back: what is cut stays cut
    assert framer.next_sample == FIRST + 100


def test_after_a_restart_frames_are_small_again() -> None:
    framer = _framer()
    framer.add(_ramp(0, 5_000))
    assert _lengths(list(framer.cut(2_400, whole=False))) == [4 * FIRST, 2_400 - 4 * FIRST]
    framer.restart()
    assert _lengths(list(framer.cut(2_400 + FIRST, whole=False))) == [FIRST]


def test_after_a_discard_frames_go_on_at_the_sample_they_are_told() -> None:
    framer = _framer()
    framer.add(_ramp(0, 5_000))
    list(framer.cut(720, whole=False))
    assert framer.next_sample == 720
    framer.discard(500)
    framer.mark(500, 1, "other")
    assert list(framer.cut(5_000, whole=True)) == []
    framer.add(_ramp(0, 1_000))
    frames = list(framer.cut(1_500, whole=False))
    assert [(frame.first_sample, len(frame.samples)) for frame in frames] == [(500, 4 * FIRST)]
    assert frames[0].samples[0] == 0


def test_a_frame_belongs_to_whom_its_first_sample_belongs_to() -> None:
    framer = _framer()
    framer.mark(300, 0, "")  # silence
    framer.mark(310, 1, "next")
    framer.add(_ramp(0, 4_000))
    frames = [*framer.cut(240, whole=True), *framer.cut(720, whole=True), *framer.cut(4_000, whole=True)]
    owners = [(frame.first_sample, frame.fragment_index, frame.synthesis_id) for frame in frames]
    assert owners[:3] == [(0, 0, "id"), (240, 0, "id"), (720, 1, "next")]


def test_a_mark_takes_the_place_of_later_ones() -> None:
    framer = _framer()
    framer.mark(200, 0, "")
    framer.mark(240, 0, "silence")
    framer.mark(200, 1, "next")  # no silence came: the next fragment overlaps the end of the last
    framer.add(_ramp(0, 500))
    frames = [*framer.cut(200, whole=True), *framer.cut(500, whole=True)]
    assert [(frame.fragment_index, frame.synthesis_id) for frame in frames] == [(0, "id"), (1, "next")]


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 3_000), st.integers(0, 6_000), st.booleans(), st.booleans()), max_size=12
    )
)
def test_whatever_the_steps_every_sample_leaves_once_and_in_order(
    steps: list[tuple[int, int, bool, bool]],
) -> None:
    framer = _framer()
    made = 0
    frames: list[Frame] = []
    for count, until, whole, restart in steps:
        framer.add(_ramp(made, count))
        made += count
        if restart:
            framer.restart()
        cut = list(framer.cut(min(until, made), whole=whole))
        assert all(frame.end_sample <= until for frame in cut)
        assert all(0 < len(frame.samples) <= LONGEST for frame in cut)
        frames += cut
    frames += framer.cut(made, whole=True)
    assert [frame.first_sample for frame in frames] == [0, *(frame.end_sample for frame in frames)][:-1]
    heard = np.concatenate([_ramp(0, 0), *(frame.samples for frame in frames)])
    assert np.array_equal(heard, _ramp(0, made))

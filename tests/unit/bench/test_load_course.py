"""Whether the slow first chunks of a load come in bursts."""

from __future__ import annotations

from load.course import Second, bursts, by_second


def test_first_chunks_are_told_by_the_second_in_which_they_were_due() -> None:
    course = [(0.1, 0.020), (0.9, 0.040), (0.5, 0.030), (2.0, 0.5)]
    assert by_second(course) == [Second(0, 3, 30.0, 40.0), Second(2, 1, 500.0, 500.0)]


def test_a_burst_is_told_from_a_queue_that_is_there_all_along() -> None:
    quick = [(number / 100, 0.020) for number in range(10_000)]
    burst = [(due, 0.5 if 7.0 <= due < 8.0 else took) for due, took in quick]
    assert bursts(burst) == "half of the slowest hundredth of first chunks were due in 1 of 100 seconds"
    queue = [(due, 0.5 if due % 1 == 0 else took) for due, took in quick]
    assert bursts(queue) == "half of the slowest hundredth of first chunks were due in 50 of 100 seconds"
    assert bursts(quick[:99]) == ""

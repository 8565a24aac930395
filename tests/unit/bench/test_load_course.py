"""Whether the slow first chunks of a load come in bursts, and how a course is drawn."""

from __future__ import annotations

import re
from pathlib import Path

from load.course import Second, bursts, by_second
from load.report import draw


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


def test_a_drawing_has_its_points_to_a_tenth_of_a_pixel_and_its_labels_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "drawn.svg"
    draw(file, "of 1.2345", "s", "MB", {"a": [(at / 7, at / 3) for at in range(20)], "one": [(0, 1)]})
    svg = file.read_text()
    (path,) = re.findall(r' d="([^"]*)"', svg)
    assert len(path.split()) >= 40
    assert not re.search(r"\.\d\d", path)
    assert "of 1.2345" in svg

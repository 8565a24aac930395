"""What is told of many latencies, and drawn."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from parlando_client.latency.figures import Kind, Latency, by_kind, percentile
from parlando_client.latency.plots import draw

_LAST_BYTE = Kind("cancel, last byte", "gRPC", "client", "espeak")
_FIRST_CHUNK = Kind("first chunk", "HTTP", "client", "espeak")


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(value) for value in range(1, 101)]
    assert [percentile(values, share) for share in (0.01, 0.5, 0.95, 0.99, 1.0)] == [1, 50, 95, 99, 100]
    assert [percentile([7.0], share) for share in (0.5, 0.99)] == [7, 7]


def test_what_was_measured_is_sorted_by_what_it_is() -> None:
    latencies = [Latency(_FIRST_CHUNK, 2.0), Latency(_LAST_BYTE, 0.5), Latency(_FIRST_CHUNK, 1.0)]
    assert list(by_kind(latencies).items()) == [(_LAST_BYTE, [0.5]), (_FIRST_CHUNK, [1.0, 2.0])]


def test_each_figure_has_a_chart_of_its_kinds(tmp_path: Path) -> None:
    other = Kind("first chunk", "gRPC", "client", "espeak")
    files = draw({_FIRST_CHUNK: [0.001, 0.002], other: [0.004], _LAST_BYTE: [0.0, 0.0]}, tmp_path / "new")
    assert [file.name for file in files] == ["cancel-last-byte.svg", "first-chunk.svg"]
    drawn = files[1].read_text()
    ET.fromstring(drawn)  # noqa: S314  # our own
    assert "espeak, HTTP, client" in drawn
    assert "espeak, gRPC, client" in drawn

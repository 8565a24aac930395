"""Drawings of latencies: for each figure, what share of the measurements took at most so long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import leather

from parlando_client.latency.figures import Kind


def draw(measured: Mapping[Kind, Sequence[float]], folder: Path) -> list[Path]:
    """Draw a chart a figure as SVG, and return the files.

    Args:
        measured: seconds of each kind, the smallest first.
        folder: where they go; made if need be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    for figure in sorted({kind.figure for kind in measured}):
        chart = leather.Chart(figure)
        chart.add_x_axis(name="milliseconds")
        chart.add_y_axis(name="share of all that took no longer")
        for kind, seconds in measured.items():
            if kind.figure == figure:
                share = [(each * 1000, (rank + 1) / len(seconds)) for rank, each in enumerate(seconds)]
                chart.add_line([(share[0][0], 0.0), *share], name=f"{kind.engine}, {kind.road}, {kind.hop}")
        files.append(folder / f"{figure.replace(', ', '-').replace(' ', '-')}.svg")
        chart.to_svg(str(files[-1]))
    return files

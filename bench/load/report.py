"""A run told as a table, as JSON and as drawings."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import leather

from load.course import bursts, by_second
from load.figures import PERCENTILES, Figures
from load.lag import Lag
from load.watching import GENERATOR, Watch

# One for each service and the generator; the library's own are too few.
_COLOURS = (
    *("#e41a1c", "#377eb8", "#4daf4a", "#984ea3", "#ff7f00", "#a65628", "#f781bf", "#666666"),
    *("#17becf", "#bcbd22", "#1b1b1b", "#8da0cb"),
)
_PATH = re.compile(r' d="[^"]*"')
_BEYOND_A_TENTH = re.compile(r"(\.\d)\d+")  # of a pixel: the library writes 28 digits of each point
_DRAWN = ("first chunk", "cancel, last byte", "cancel, answered")


@dataclass(frozen=True)
class Report:
    """What came of a run.

    Attributes:
        plan: what was asked.
        sessions: bytes that each service took for each open session, before anything was asked.
    """

    plan: Mapping[str, Any]
    figures: Figures
    lag: Lag
    watch: Watch
    sessions: Mapping[str, float]

    def bottleneck(self, since: float = 0.0, until: float = math.inf) -> str:
        """Return why the generator, and not the system, was measured; "" where it was not so.

        Args:
            since: seconds into the run; what went on from then on is judged.
            until: and before then.
        """
        return self.lag.verdict(self.watch.cores(GENERATOR, since, until), since, until)

    @property
    def errors(self) -> int:
        """Orders that ended in an error; refusals are none."""
        return sum(count for name, count in self.figures.counts.items() if name.startswith("error"))

    def describe(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "plan": dict(self.plan),
            **self.figures.describe(),
            "first_chunk_by_second": [asdict(each) for each in by_second(self.figures.course)],
            "services": self.watch.describe(self.figures.audio_seconds),
            "bytes_per_open_session": {name: round(size) for name, size in self.sessions.items()},
            "generator_late_ms": self.lag.late.describe(),
            "generator_was_the_bottleneck": self.bottleneck() or None,
        }

    def table(self) -> str:
        """Return it as lines for people."""
        heads = "".join(f"{f'p{share:g}':>10}" for share in PERCENTILES)
        lines = [f"{'milliseconds':<32}{'count':>8}{heads}{'max':>10}"]
        named = {**self.figures.latencies, "the generator's own lateness": self.lag.late}
        for name in sorted(named):
            told = named[name].describe().values()
            count, *cuts = told
            lines.append(f"{name:<32}{count:>8}" + "".join(f"{cut:10.1f}" for cut in cuts))
        counts = ", ".join(f"{name} {count}" for name, count in sorted(self.figures.counts.items()))
        lines += ["", counts, f"sound: {self.figures.audio_seconds:.0f} s"]
        lines += [*filter(None, [bursts(self.figures.course)]), ""]
        lines += [f"{'service':<12}{'cores':>8}{'ms/audio s':>12}{'PSS MB':>18}{'threads':>12}{'files':>14}"]
        services = self.watch.describe(self.figures.audio_seconds)
        for name, used in services.items():
            cost = used["cpu_ms_per_audio_second"]
            spans = (
                f"{first:g} → {last:g}"
                for first, last in (used["pss_mb"], used["threads"], used["descriptors"])
            )
            memory, threads, files = spans
            told_cost = f"{cost:12.2f}" if cost is not None else f"{'':>12}"
            lines.append(f"{name:<12}{used['cores']:8.3f}{told_cost}{memory:>18}{threads:>12}{files:>14}")
        if mesh := [used for name, used in services.items() if name != GENERATOR]:
            lines.append(self._of_mesh(mesh))
        if self.sessions:
            held = ", ".join(f"{name} {size / 1000:.1f}" for name, size in self.sessions.items())
            lines += ["", f"kB for each open session: {held}"]
        if bottleneck := self.bottleneck():
            lines += ["", f"NOT the system's own figures: {bottleneck}"]
        return "\n".join(lines)

    def _of_mesh(self, services: Sequence[Mapping[str, Any]]) -> str:
        cores, used = (sum(each[what] for each in services) for what in ("cores", "cpu_seconds"))
        audio = self.figures.audio_seconds
        cost = f"{used * 1000 / audio:12.2f}" if audio else f"{'':>12}"
        sooner, later = (sum(each["pss_mb"][end] for each in services) for end in (0, 1))
        return f"{'the mesh':<12}{cores:8.3f}{cost}{f'{sooner:.0f} → {later:.0f}':>18}"

    def draw(self, folder: Path) -> list[Path]:
        """Draw latencies, their course and what the services used as SVG; return the files."""
        folder.mkdir(parents=True, exist_ok=True)
        files = [folder / "latencies.svg", folder / "course.svg", folder / "cpu.svg", folder / "memory.svg"]
        lines = {
            name: [
                (seconds * 1000, _nines(share)) for seconds, share in self.figures.latencies[name].shares()
            ]
            for name in _DRAWN
            if name in self.figures.latencies
        }
        draw(files[0], "how long it took", "ms", "nines (1: 90 %, 2: 99 %, 3: 99.9 %)", lines)
        course = {"first chunk": [(float(each.second), each.max) for each in by_second(self.figures.course)]}
        draw(files[1], "the slowest first chunk of each second", "s", "ms", course)
        cpu = {
            name: [
                (later.at, (later.cpu - sooner.cpu) / (later.at - sooner.at))
                for sooner, later in pairwise(looks)
            ]
            for name, looks in self.watch.samples.items()
        }
        draw(files[2], "CPU", "s", "cores", cpu)
        memory = {
            name: [(look.at, look.pss / 1e6) for look in looks] for name, looks in self.watch.samples.items()
        }
        draw(files[3], "memory", "s", "PSS, MB", memory)
        return [file for file in files if file.exists()]


def _nines(share: float) -> float:
    return -math.log10(max(1 - share, 1e-5))


def draw(file: Path, title: str, x: str, y: str, lines: Mapping[str, Sequence[tuple[float, float]]]) -> None:
    """Draw lines of points, each by its name, as SVG; those of one point are left out."""
    lines = {name: points for name, points in lines.items() if len(points) > 1}
    if not lines:
        return
    chart = leather.Chart(title)
    chart.add_x_axis(name=x)
    chart.add_y_axis(name=y)
    for (name, points), colour in zip(lines.items(), _COLOURS, strict=False):
        chart.add_line(points, name=name, stroke_color=colour)
    file.write_text(_PATH.sub(lambda path: _BEYOND_A_TENTH.sub(r"\1", path[0]), chart.to_svg()))

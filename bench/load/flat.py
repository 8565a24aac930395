"""Whether what is held grows: the second fifth of the time beside the last, for the first warms up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from load.gauges import Gauge
from load.watching import Sample


@dataclass(frozen=True, slots=True)
class Held:
    """What a service held, on average, early and late.

    Attributes:
        what: "own MB" (memory that is no file's), "threads", "descriptors", "tasks", "keys by connection" or
            "KB by order".
        leeway: by how much it may be more.
    """

    service: str
    what: str
    early: float
    late: float
    leeway: float

    @property
    def grows(self) -> bool:
        """Whether it holds more than before."""
        return self.late > self.early + self.leeway


def held(service: str, looks: Sequence[Sample]) -> list[Held]:
    """Compare the second fifth of the looks with the last: the first warms up.

    Args:
        service: its name.
        looks: at least five.
    """
    fifth = len(looks) // 5
    early, late = looks[fifth : 2 * fifth], looks[-fifth:]

    def both(of: str, unit: float = 1) -> tuple[float, float]:
        sooner, later = (mean(getattr(look, of) for look in part) / unit for part in (early, late))
        return sooner, later

    memory, threads, descriptors = both("own", 1e6), both("threads"), both("descriptors")
    return [
        Held(service, "own MB", *memory, leeway=3 + memory[0] * 0.05),
        # A worker opens all of its instances as it starts, a thread each, and again as many as are asked for.
        Held(service, "threads", *threads, leeway=max(2, looks[0].threads - threads[0])),
        Held(service, "descriptors", *descriptors, leeway=10 + descriptors[0] * 0.05),
    ]


def tasks_held(looks: Sequence[Mapping[str, Gauge]]) -> list[Held]:
    """Compare the services' tasks in the same way.

    Those of callers are among them, who are more or fewer by chance; what is left of each for good is noticed
    when all have gone, too.

    Args:
        looks: at least five.
    """
    fifth = len(looks) // 5
    found = []
    for name in looks[0]:
        early, late = (
            mean(look[name].tasks for look in part) for part in (looks[fifth : 2 * fifth], looks[-fifth:])
        )
        found.append(Held(name, "tasks", early, late, leeway=20 + early * 0.25))
    return found

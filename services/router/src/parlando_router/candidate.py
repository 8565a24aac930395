"""Who could speak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from parlando_router.ports import Worker
from parlando_router.replica import Replica


@dataclass(frozen=True, slots=True)
class Candidate:
    """A worker that could speak, and the voice it would use ("" is its own choice)."""

    engine: str
    voice: str
    replica: Replica = field(repr=False)
    place: str = ""  # why it stands where it does, for people

    @property
    def worker(self) -> Worker:
        """The worker."""
        return self.replica.worker


@dataclass(frozen=True, slots=True)
class Standing:
    """An engine, its workers, and why it stands where it does among the engines.

    Attributes:
        primary: it is the first to be asked, were it up.
        asked: False where it is not asked, whatever becomes of the others.
    """

    name: str
    replicas: Sequence[Replica]
    place: str
    primary: bool = False
    asked: bool = False

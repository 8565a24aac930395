"""Who could speak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from parlando_router.ports import Cost, Worker
from parlando_router.price import Price
from parlando_router.replica import Replica


@dataclass(frozen=True, slots=True)
class Candidate:
    """A worker that could speak, and the voice it would use ("" is its own choice).

    Attributes:
        place: why it stands where it does, for people.
        agreed: the price that the caller's policy sets in place of the engine's own.
    """

    engine: str
    voice: str
    replica: Replica = field(repr=False)
    place: str = ""
    agreed: Price | None = None

    @property
    def worker(self) -> Worker:
        """The worker."""
        return self.replica.worker

    def cost(self, characters: int) -> Cost | None:
        """Return what so many characters cost; None where nothing is charged."""
        about = self.replica.description
        price = self.agreed or (about.price if about is not None else None)
        return price.of(characters) if price is not None else None  # it may have said nothing yet


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

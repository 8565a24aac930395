"""What a session has spent."""

from __future__ import annotations

from dataclasses import dataclass

from parlando.session.v1 import session_pb2
from parlando_client.events import Money
from parlando_client.reading import money


@dataclass(frozen=True, slots=True)
class EngineSpending:
    """What went to one model of one engine; the model is "" where it has one only."""

    engine: str
    model: str
    cost: Money
    characters: int


@dataclass(frozen=True, slots=True)
class Spending:
    """What a session has spent on engines that have a price.

    Attributes:
        cost: in all.
        characters: that it was spent on.
        engines: what of it went where.
    """

    cost: Money
    characters: int
    engines: tuple[EngineSpending, ...]


def spending_from(said: session_pb2.Spending) -> Spending:
    """Return what a message says was spent."""
    return Spending(
        money(said.cost),
        said.characters,
        tuple(
            EngineSpending(each.engine, each.model, money(each.cost), each.characters)
            for each in said.engines
        ),
    )

"""What a speaker of one utterance works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from parlando_kit.clock import Clock
from parlando_router.budgets import Budgets
from parlando_router.engines import Engines
from parlando_router.playout import Playout
from parlando_router.tally import Tally
from parlando_router.track import Track


@dataclass(frozen=True, slots=True)
class Stand:
    """What a speaker works with.

    Attributes:
        budgets: pay for what costs something.
        seconds_left: returns how long the caller's deadline leaves; infinite without one.
    """

    engines: Engines
    clock: Clock
    track: Track
    playout: Playout
    tally: Tally
    budgets: Budgets
    seconds_left: Callable[[], float]

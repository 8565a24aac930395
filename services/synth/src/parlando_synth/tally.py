"""What a worker has done since its start."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from parlando_kit.errors import Reason


@dataclass(slots=True)
class Tally:
    """Counts since the start.

    Attributes:
        requests: syntheses asked for, those that were refused included.
        failures: those that were refused or failed, by reason. A stop is no failure.
        audio: seconds of audio made.
    """

    requests: int = 0
    failures: Counter[Reason] = field(default_factory=Counter)
    audio: float = 0.0

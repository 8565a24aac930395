"""What engines did since the router started. Pure counting."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from parlando_kit.errors import Reason
from parlando_kit.ledger import TimingQuality


@dataclass(slots=True)
class EngineFigures:
    """Figures of one engine.

    Attributes:
        requests: syntheses asked for.
        failures: by reason.
        failovers: utterances that moved away from it.
        seams: by timing quality, where it took over within a fragment.
        audio: seconds made by syntheses that were completed.
    """

    requests: int = 0
    failures: Counter[Reason] = field(default_factory=Counter)
    failovers: int = 0
    seams: Counter[TimingQuality] = field(default_factory=Counter)
    audio: float = 0.0


class Statistics:
    """Figures by engine."""

    def __init__(self) -> None:
        self.engines: dict[str, EngineFigures] = {}

    def asked(self, engine: str) -> None:
        """Count a synthesis."""
        self._of(engine).requests += 1

    def failed(self, engine: str, reason: Reason) -> None:
        """Count a synthesis that failed."""
        self._of(engine).failures[reason] += 1

    def left(self, engine: str) -> None:
        """Count an utterance that moved away from an engine, or from one of its workers to another."""
        self._of(engine).failovers += 1

    def seam(self, engine: str, quality: TimingQuality) -> None:
        """Count a seam within a fragment, by the engine that was broken off and the quality of its times."""
        self._of(engine).seams[quality] += 1

    def spoke(self, engine: str, audio: float) -> None:
        """Count seconds of audio."""
        self._of(engine).audio += audio

    def _of(self, engine: str) -> EngineFigures:
        return self.engines.setdefault(engine, EngineFigures())

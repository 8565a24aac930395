"""What an utterance has taken so far."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from parlando_router.events import Usage
from parlando_router.ports import Cost, SynthesisFinished


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks: an engine, its voice, and the address of the worker."""

    engine: str
    voice: str
    address: str

    @property
    def name(self) -> tuple[str, str]:
        """What a listener can tell: engine and voice."""
        return self.engine, self.voice


class Tally:
    """Counts what engines did for one utterance.

    Attributes:
        speaker: who spoke last, or None before the first.
        voices: by language, the voice that spoke it first, as "engine:voice"; others are to resemble it.
        received: code points of text that arrived.
        text_at: when the first of it arrived, or None.
        text_came: set from then on.
        engaged: by language, the engine that spoke it last: it goes on while it can.
        usage: by engine.
        real_time_factor: engine time per second of audio, so far; 0 while it is not known.
    """

    def __init__(self) -> None:
        self.speaker: Speaker | None = None
        self.voices: dict[str, str] = {}
        self.engaged: dict[str, str] = {}
        self.received = 0
        self.text_at: float | None = None
        self.text_came = asyncio.Event()
        self.usage: dict[str, Usage] = {}
        self.real_time_factor = 0.0
        self._audio = 0.0

    def text_arrived(self, code_points: int, now: float) -> None:
        """Count text that arrived."""
        self.received += code_points
        if self.text_at is None:
            self.text_at = now
            self.text_came.set()

    def add(self, engine: str, finished: SynthesisFinished, audio: float, model: str = "") -> None:
        """Count a synthesis of an engine's model that made `audio` seconds."""
        before = self.usage.get(engine, Usage())
        self.usage[engine] = Usage(
            characters=before.characters + finished.characters,
            engine_time=before.engine_time + finished.engine_time,
            cost=_sum(before.cost, finished.cost),
            model=model or before.model,
            words_missing=before.words_missing + finished.words_missing,
            words_added=before.words_added + finished.words_added,
        )
        self._audio += audio
        if self._audio:
            worked = sum(usage.engine_time for usage in self.usage.values())
            self.real_time_factor = worked / self._audio


def _sum(first: Cost | None, second: Cost | None) -> Cost | None:
    """Add two amounts; an engine charges in one currency, so the later one's is kept."""
    if first is None or second is None:
        return first or second
    return Cost(second.currency, first.nanos + second.nanos)

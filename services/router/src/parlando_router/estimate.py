"""What a text would cost, and how long it would be, without speaking it."""

from __future__ import annotations

from dataclasses import dataclass

from parlando_router.engines import Engines
from parlando_router.ports import Cost
from parlando_router.request import SpeechSettings

CODE_POINTS_PER_SECOND = 16.0
"""Code points of text in a second of speech: 175 words a minute of 5.5 code points, white space included."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a text would take. `audio` is in seconds."""

    engine: str
    voice: str
    characters: int
    cost: Cost | None
    audio: float
    model: str


def estimate(engines: Engines, text: str, settings: SpeechSettings) -> Estimate:
    """Return what the text would take with the engine that would be asked first.

    Raises:
        ParlandoError: as `Engines.candidates`.
    """
    first = engines.candidates(settings, settings.language)[0]
    said = first.replica.description
    characters = len(text)
    voice = first.voice or (said.default_voice if said is not None else "")
    return Estimate(
        engine=first.engine,
        voice=voice,
        characters=characters,
        cost=first.cost(characters),
        model=said.model if said is not None else "",
        audio=characters / CODE_POINTS_PER_SECOND / settings.speed,
    )

"""Feelings as a change of delivery: what engines can do that have rate, pitch, range and loudness alone.

The numbers follow the directions that studies of emotional speech agree on (Schröder, "Emotional Speech
Synthesis: A Review", Eurospeech 2001).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is changed: speed and range of pitch in proportion, semitones and decibels added."""

    speed: float = 1.0
    semitones: float = 0.0
    range: float = 1.0
    decibels: float = 0.0


_AT_FULL: Mapping[str, Delivery] = {
    "angry": Delivery(speed=1.1, semitones=1.0, range=1.6, decibels=3.0),
    "calm": Delivery(speed=0.9, semitones=-1.0, range=0.8, decibels=-2.0),
    "excited": Delivery(speed=1.2, semitones=3.0, range=1.8, decibels=2.0),
    "happy": Delivery(speed=1.1, semitones=2.0, range=1.5),
    "neutral": Delivery(),
    "sad": Delivery(speed=0.85, semitones=-2.0, range=0.6, decibels=-3.0),
    "serious": Delivery(speed=0.95, semitones=-1.0, range=0.8),
    "surprised": Delivery(speed=1.05, semitones=3.0, range=1.8),
}

EMOTIONS = tuple(_AT_FULL)
"""Names of the emotions there are, for every engine that has any."""


def delivery(emotion: str, intensity: float) -> Delivery:
    """Return what a feeling changes.

    Args:
        emotion: one of `EMOTIONS`; any other changes nothing.
        intensity: 0 to 1; what lies between is in proportion.
    """
    full = _AT_FULL.get(emotion, _AT_FULL["neutral"])
    return Delivery(
        speed=full.speed**intensity,
        semitones=full.semitones * intensity,
        range=full.range**intensity,
        decibels=full.decibels * intensity,
    )


_SLIGHT, _STRONG = 1 / 3, 2 / 3


def degree(intensity: float, slight: str, strong: str) -> str:
    """Return the word for an intensity, for engines that are told in words: `slight`, "" or `strong`."""
    if intensity < _SLIGHT:
        return slight
    return strong if intensity > _STRONG else ""

"""Feelings as a change of delivery: rate, pitch, range and loudness are all that the library has of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from parlando_espeak.manner import Manner


@dataclass(frozen=True, slots=True)
class _Change:
    """What full intensity changes: speed and range in proportion, semitones and decibels added."""

    speed: float = 1.0
    semitones: float = 0.0
    range: float = 1.0
    decibels: float = 0.0


_CHANGES: Mapping[str, _Change] = {
    "angry": _Change(speed=1.1, semitones=1.0, range=1.6, decibels=3.0),
    "calm": _Change(speed=0.9, semitones=-1.0, range=0.8, decibels=-2.0),
    "excited": _Change(speed=1.2, semitones=3.0, range=1.8, decibels=2.0),
    "happy": _Change(speed=1.1, semitones=2.0, range=1.5),
    "neutral": _Change(),
    "sad": _Change(speed=0.85, semitones=-2.0, range=0.6, decibels=-3.0),
    "serious": _Change(speed=0.95, semitones=-1.0, range=0.8),
    "surprised": _Change(speed=1.05, semitones=3.0, range=1.8),
}

EMOTIONS = tuple(_CHANGES)
"""Names of the emotions there are."""


def felt(manner: Manner, emotion: str, intensity: float) -> Manner:
    """Return a delivery with a feeling in it.

    Args:
        manner: the delivery without.
        emotion: one of `EMOTIONS`; any other changes nothing.
        intensity: 0 to 1.
    """
    change = _CHANGES.get(emotion, _CHANGES["neutral"])
    return Manner(
        speed=manner.speed * change.speed**intensity,
        semitones=manner.semitones + change.semitones * intensity,
        decibels=manner.decibels + change.decibels * intensity,
        range=manner.range * change.range**intensity,
    )

"""Feelings in what the library has of them: rate, pitch, range and loudness."""

from __future__ import annotations

from parlando_espeak.manner import Manner
from parlando_synth.feelings import delivery


def felt(manner: Manner, emotion: str, intensity: float) -> Manner:
    """Return a delivery with a feeling in it.

    Args:
        manner: the delivery without.
        emotion: one of `parlando_synth.feelings.EMOTIONS`; any other changes nothing.
        intensity: 0 to 1.
    """
    change = delivery(emotion, intensity)
    return Manner(
        speed=manner.speed * change.speed,
        semitones=manner.semitones + change.semitones,
        decibels=manner.decibels + change.decibels,
        range=manner.range * change.range,
    )

"""How speech is delivered: from speed, semitones and decibels to the library's parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

from parlando_espeak.library import LONGEST_PLAIN_RATE

USUAL_RATE = 175
"""Words a minute at speed 1."""

SLOWEST, FASTEST = 0.46, 4.0
"""Speeds within reach. The library stays at 80 words a minute below; measured speed is within 10 % of the one
asked for (en-US, fr, de)."""

FASTEST_MARKED = LONGEST_PLAIN_RATE / USUAL_RATE
"""Fastest speed of marked-up text: where the rate changes within a text, samples cannot be compressed."""

LOWEST, HIGHEST = -8.0, 9.0
"""Semitones within reach, from a voice's own pitch."""

SOFTEST, LOUDEST = -24.0, 12.0
"""Decibels within reach. Below, the library's own steps are coarser than 3 dB; above +3 dB it clips."""

_SILENT = -math.inf

# The library's pitch for each semitone from LOWEST on: fitted to the median fundamental of a paragraph in
# en-US, fr, de and two variants, with the pitch range scaled alike; it is within 0.3 semitones of each.
_PITCHES = (1, 8, 14, 22, 27, 33, 39, 44, 50, 56, 60, 66, 70, 76, 81, 86, 90, 95)

_AMPLITUDE_STEPS = 55  # what the library makes of volume 100, in whole steps
_MOST_RANGE = 99


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the library is set to."""

    rate: int
    volume: int
    pitch: int
    pitch_range: int


@dataclass(frozen=True, slots=True)
class Manner:
    """A delivery.

    Attributes:
        speed: in proportion to the voice's own.
        semitones: from the voice's own pitch.
        decibels: from the voice's own loudness; minus infinity is silence.
        range: how far the pitch moves, in proportion to the voice's own.
    """

    speed: float = 1.0
    semitones: float = 0.0
    decibels: float = 0.0
    range: float = 1.0

    def held(self, fastest: float = FASTEST) -> Manner:
        """Return what of it is within reach."""
        decibels = self.decibels
        if decibels != _SILENT:
            decibels = min(max(decibels, SOFTEST), LOUDEST)
        return replace(
            self,
            speed=min(max(self.speed, SLOWEST), fastest),
            semitones=min(max(self.semitones, LOWEST), HIGHEST),
            decibels=decibels,
        )

    def parameters(self) -> Parameters:
        """Return the library's parameters for a delivery within reach."""
        return Parameters(
            rate=round(USUAL_RATE * self.speed),
            volume=_volume(self.decibels),
            pitch=_pitch(self.semitones),
            pitch_range=min(round(50 * self.range * 2 ** (self.semitones / 12)), _MOST_RANGE),
        )


def _pitch(semitones: float) -> int:
    steps = list(pairwise(_PITCHES))
    index = min(int(semitones - LOWEST), len(steps) - 1)
    low, high = steps[index]
    return round(low + (high - low) * (semitones - LOWEST - index))


def _volume(decibels: float) -> int:
    if decibels in {0.0, _SILENT}:
        return 100 if decibels == 0 else 0
    # The library cuts the steps off to whole ones, and what it multiplies them with once more: up a little.
    steps = round(_AMPLITUDE_STEPS * 10 ** (decibels / 20) + 0.4)
    return math.ceil(steps * 100 / _AMPLITUDE_STEPS)

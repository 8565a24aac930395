"""How loud voices were lately that nobody has measured: those that no map of voices knows. Pure."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

from parlando_kit.clock import Clock
from parlando_router.loudness import loudness

ENOUGH_SECONDS = 12.0
"""Speech after which a voice is known: what more of it would change is less than one hears."""

FRESH_SECONDS = 600.0
"""How long it is known then: a worker may come back with another model."""

LEAST_SECONDS = 1.0
MOST_SECONDS = 4.0
"""Of one synthesis: less says too little, and more takes the time of others."""

_MOST_VOICES = 1_024


@dataclass(slots=True)
class _Heard:
    since: float
    seconds: float = 0.0
    power: float = 0.0  # times seconds

    def loudness(self) -> float | None:
        return 10 * math.log10(self.power / self.seconds) if self.seconds else None


class Sample:
    """What is kept of one synthesis, until it is measured: its first seconds."""

    def __init__(self, voice: str, rate: int) -> None:
        self.voice = voice
        self.rate = rate
        self.pcm = bytearray()

    @property
    def seconds(self) -> float:
        """How much there is."""
        return len(self.pcm) / 2 / self.rate

    def add(self, pcm: bytes) -> None:
        """Keep what there is room for."""
        room = round(MOST_SECONDS * self.rate) * 2 - len(self.pcm)
        self.pcm += pcm[: max(room, 0)]


class HeardVoices:
    """Loudness of voices by "engine:voice", as it was measured of what they said.

    Args:
        clock: ages what is known.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._voices: OrderedDict[str, _Heard] = OrderedDict()  # the latest heard last

    def listen(self, voice: str, rate: int) -> Sample | None:
        """Return what a synthesis is to be kept in; None where the voice is known well enough."""
        heard = self._voices.get(voice)
        known = heard is not None and heard.seconds >= ENOUGH_SECONDS and self._is_fresh(heard)
        return None if known else Sample(voice, rate)

    def take(self, sample: Sample) -> None:
        """Measure a synthesis. It takes about 0.1 ms for each second of it."""
        level = loudness(bytes(sample.pcm), sample.rate) if sample.seconds >= LEAST_SECONDS else None
        if level is None:
            return
        heard = self._voices.pop(sample.voice, None)
        if heard is None or not self._is_fresh(heard):
            heard = _Heard(self._clock.now())
        heard.seconds += sample.seconds
        heard.power += sample.seconds * 10 ** (level / 10)
        self._voices[sample.voice] = heard
        if len(self._voices) > _MOST_VOICES:
            self._voices.popitem(last=False)

    def loudness(self, voice: str) -> float | None:
        """Return how loud a voice was, in LUFS; None where it was not heard."""
        heard = self._voices.get(voice)
        return heard.loudness() if heard is not None else None

    def _is_fresh(self, heard: _Heard) -> bool:
        return self._clock.now() - heard.since < FRESH_SECONDS

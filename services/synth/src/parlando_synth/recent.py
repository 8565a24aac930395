"""How the last few syntheses went: what a worker tells those who choose between workers."""

from __future__ import annotations

from collections import deque
from statistics import fmean, median

from parlando_synth.rehearsal import Rehearsal

_WINDOW = 32  # syntheses


class Recent:
    """Figures of the last 32 syntheses. All times in seconds."""

    def __init__(self) -> None:
        self._first_chunks: deque[float] = deque(maxlen=_WINDOW)
        self._works: deque[tuple[float, float]] = deque(maxlen=_WINDOW)

    def begin(self, rehearsal: Rehearsal) -> None:
        """Know of what a rehearsal measured, until there are syntheses to know more of."""
        for part in rehearsal.parts:
            self.add_first_chunk(part.first_chunk)
            self.add_work(part.engine_time, part.audio)

    def add_first_chunk(self, after: float) -> None:
        """Note how long after its admission a synthesis had its first audio."""
        self._first_chunks.append(after)

    def add_work(self, engine_time: float, audio: float) -> None:
        """Note a synthesis that was completed: what the engine worked, and the audio it made."""
        self._works.append((engine_time, audio))

    @property
    def first_chunk(self) -> float | None:
        """Median time from admission to the first audio."""
        return median(self._first_chunks) if self._first_chunks else None

    @property
    def real_time_factor(self) -> float | None:
        """Engine time per second of audio."""
        audio = sum(audio for _, audio in self._works)
        return sum(engine_time for engine_time, _ in self._works) / audio if audio else None

    @property
    def duration(self) -> float | None:
        """Mean engine time of a synthesis."""
        return fmean(engine_time for engine_time, _ in self._works) if self._works else None

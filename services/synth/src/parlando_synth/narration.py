"""A reading as a network speaks it, piece by piece: samples, words once they are whole, how far it is."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from parlando_kit.ledger import SpokenWord, TimingQuality
from parlando_synth.events import Audio, EngineEvent, Progress, Words
from parlando_synth.reading import Reading


class Narration:
    """Gives out what is made of a reading, and says how urgent the next piece is.

    Args:
        reading: what is said.
        sample_rate: of all samples.
        quality: of the words' times, where no piece says otherwise.
        dry_at: when the listener has nothing left to hear, were nothing said, in seconds of any clock.
        emit: takes the events.

    Attributes:
        dry_at: when the listener has nothing left to hear; what is said later is heard from when it is said.
    """

    def __init__(
        self,
        reading: Reading,
        *,
        sample_rate: int,
        quality: TimingQuality,
        dry_at: float,
        emit: Callable[[EngineEvent], None],
    ) -> None:
        self._reading = reading
        self._sample_rate = sample_rate
        self._quality = quality
        self.dry_at = dry_at
        self._emit = emit
        self._words = deque(reading.words)
        self._edges = [0] * (len(reading.symbols) + 1)  # first sample of each symbol
        self._made = 0

    def place(self, first: int, edges: Sequence[int], quality: TimingQuality) -> None:
        """Take note of where symbols lie, before they are said.

        Args:
            first: the first of them in the reading.
            edges: first sample of each, and the end of the last, from the end of what has been said.
            quality: of the edges.
        """
        self._quality = quality
        self._edges[first:] = [self._made + edge for edge in edges] + [self._made + edges[-1]] * (
            len(self._edges) - first - len(edges)
        )

    def say(self, pcm: bytes, end: int, now: float) -> None:
        """Give out samples that follow, and the words that end with them.

        Args:
            pcm: as in `Audio`.
            end: symbols of the reading that have been said by the end of them.
            now: the time, on the clock of `dry_at`.
        """
        samples = len(pcm) // 2
        self._made += samples
        self.dry_at = max(self.dry_at, now) + samples / self._sample_rate
        self._emit(Audio(pcm))
        spoken: list[SpokenWord] = []
        while self._words and self._words[0].end <= end:
            word = self._words.popleft()
            first, last = self._edges[word.start], self._edges[word.end]
            spoken.append(SpokenWord(word.spoken, first, last - first, self._quality))
        self._emit(Words(tuple(spoken)))
        self._emit(Progress(end / len(self._reading.symbols)))

    def finish(self) -> None:
        """Give out the words that are left: those of which nothing can be spoken."""
        if self._words:
            left = (SpokenWord(word.spoken, self._made, 0, self._quality) for word in self._words)
            self._emit(Words(tuple(left)))

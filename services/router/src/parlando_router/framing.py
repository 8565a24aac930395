"""Samples cut into frames: small ones first, so that sound starts, then larger ones.

A message costs far more than a byte, so frames grow: by what is ready, and where that must still be
gathered, by what was sent and keeps playback busy meanwhile.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np

from parlando_router.events import Frame, Samples

FIRST_FRAME_SECONDS = 0.030
"""Length of the first frame, and of the first one after playback has caught up."""

LONGEST_FRAME_SECONDS = 1.0
"""No frame is longer."""

GROWTH = 4
"""A frame is at most so many times as long as the one before: over a thin line it takes long to come."""

_NOTHING: Samples = np.zeros(0, dtype=np.int16)


class Framer:
    """Cuts one utterance into frames.

    Args:
        rate: samples a second.
    """

    def __init__(self, rate: int) -> None:
        self._first = round(FIRST_FRAME_SECONDS * rate)
        self._longest = round(LONGEST_FRAME_SECONDS * rate)
        self._least = self._first  # worth a frame: as much as was sent ahead, and one first frame
        self._most = self._first * GROWTH
        self._waiting = _NOTHING
        self._next_sample = 0
        self._owners: deque[tuple[int, int, str]] = deque()  # first sample, fragment, synthesis

    @property
    def next_sample(self) -> int:
        """The first sample that is in no frame yet."""
        return self._next_sample

    @property
    def fresh(self) -> bool:
        """Whether no frame was cut yet, or since playback caught up: little of the next piece will stay."""
        return self._least == self._first

    def restart(self) -> None:
        """Make the next frame a small one: playback has caught up."""
        self._least, self._most = self._first, self._first * GROWTH

    def add(self, samples: Samples) -> None:
        """Take the utterance's next samples."""
        if len(samples):
            self._waiting = np.concatenate((self._waiting, samples)) if len(self._waiting) else samples

    def mark(self, first_sample: int, fragment: int, synthesis_id: str) -> None:
        """Say whose the samples from this one on are: a fragment's, of a synthesis or ("") of none."""
        while self._owners and self._owners[-1][0] >= first_sample:
            self._owners.pop()
        self._owners.append((first_sample, fragment, synthesis_id))

    def cut(self, until: int, *, whole: bool) -> Iterator[Frame]:
        """Yield frames of what may be sent: the samples before `until`. Its first sample says whose one is.

        Args:
            until: one past the last sample that may be sent.
            whole: True to leave nothing behind, even where the last frame is short.
        """
        while (ready := min(until - self._next_sample, len(self._waiting))) > 0:
            if ready < self._least and not whole:
                return
            take = min(ready, self._most)
            while len(self._owners) > 1 and self._owners[1][0] <= self._next_sample:
                self._owners.popleft()
            _, fragment, synthesis_id = self._owners[0]
            samples, self._waiting = self._waiting[:take], self._waiting[take:]
            if len(self._waiting):  # a view of both would hold the rest as long as the frame waits
                samples = samples.copy()
            frame = Frame(samples, self._next_sample, fragment, synthesis_id)
            self._next_sample += take
            self._least = min(self._least + take, self._longest)
            self._most = min(max(take * GROWTH, self._least), self._longest)
            yield frame

    def discard(self, next_sample: int) -> Samples:
        """Take out, and return, what is in no frame yet, and go on at `next_sample` with a small frame."""
        waiting, self._waiting = self._waiting, _NOTHING
        self._owners.clear()
        self._next_sample = next_sample
        self.restart()
        return waiting

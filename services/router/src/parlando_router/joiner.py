"""Fragments joined into one stream of samples, without clicks, at one rate.

Each fragment's own silence is trimmed at both ends. Between two fragments lies the pause that the
fragmenter states; where it states none, the end of one and the beginning of the next are cross-faded.
The whole runs through one resampler, so that a seam is no edge to it either.

An engine counts samples from the start of its synthesis, at its own rate. The joiner counts *joined*
samples at that rate across fragments, and from them the utterance's samples at the output rate.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

import numpy as np
import soxr
from numpy.typing import NDArray

from parlando_kit.ledger import SpokenWord
from parlando_router.events import Samples

SILENCE = 80
"""Samples no louder than this, of 32,767, are silence: 52 dB below full scale."""

MARGIN_SECONDS = 0.005
"""Silence kept at either end of a fragment, and the length of its fades."""

PIECE = 8_192
"""Samples that are resampled at once: soxr keeps room for the most it was ever given, several times over."""

_LOOK = 512
"""Samples looked at first for where sound ends: it is mostly no further from the end of a piece."""

_NOTHING: Samples = np.zeros(0, dtype=np.int16)


class Joiner:
    """Joins the fragments of one utterance.

    Args:
        rate: output rate, in samples a second.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._engine_rate = rate
        self._resampler: soxr.ResampleStream | None = None
        self._given = 0  # utterance samples given out
        self._base = 0  # utterance sample at which joined sample 0 lies
        self._joined = 0  # joined samples since the resampler began
        self._tail = _NOTHING  # faded end of the last fragment, not joined yet
        self._crossing = _NOTHING  # faded end of what was broken off, in utterance samples, to be mixed in
        self._owed = 0.0  # seconds of pause before the next fragment
        self._rested = (
            math.inf
        )  # seconds of pause joined since the last sound; before the first, none is owed
        self._begin()

    def _begin(self) -> None:
        self._start = self._joined  # joined sample of the fragment's first kept one
        self._skipped = 0  # engine samples trimmed from the front
        self._speaking = False  # a loud sample was seen
        self._held = _NOTHING  # may turn out to be the fragment's end
        self._words: deque[SpokenWord] = deque()

    @property
    def next_sample(self) -> int:
        """The utterance's sample at which the next fragment will begin."""
        if not self._owed:
            return self._in_utterance(self._joined)
        return self._in_utterance(self._joined + len(self._tail) + round(self._owed * self._engine_rate))

    @property
    def end_sample(self) -> int:
        """One past the utterance's last sample that a fragment made: silence may follow."""
        return self._in_utterance(self._joined + len(self._tail))

    def begin(self, engine_rate: int) -> Samples:
        """Begin a fragment, its samples at `engine_rate`; return utterance samples that are ready."""
        ready = [_NOTHING]
        if engine_rate != self._engine_rate:
            ready.append(self.settle())
            self._engine_rate = engine_rate
        if self._resampler is None and engine_rate != self._rate:
            self._resampler = soxr.ResampleStream(engine_rate, self._rate, 1, dtype="int16", quality="HQ")
        if self._owed:
            ready.append(self._join(self._tail))
            ready.append(self._join(np.zeros(round(self._owed * engine_rate), dtype=np.int16)))
            self._rested += self._owed
            self._tail, self._owed = _NOTHING, 0.0
        self._begin()
        return np.concatenate(ready)

    def feed(self, pcm: bytes) -> Samples:
        """Take the fragment's next samples, 16-bit little-endian; return utterance samples, shape [n]."""
        fresh: Samples = np.frombuffer(pcm, dtype="<i2")
        margin = self._margin
        if self._speaking:
            fresh = np.concatenate((self._held, self._over_tail(fresh)))
        else:
            fresh = np.concatenate((self._held, fresh))
            loud = _first_loud(fresh)
            silent = max((len(fresh) if loud is None else loud) - margin, 0)
            self._skipped += silent
            self._held = fresh = fresh[silent:]
            if loud is None or len(fresh) < margin:  # the fade is made in one piece
                return _NOTHING
            fresh = self._voiced(fresh)
        sure = max(_after_last_loud(fresh) - margin, 0)
        self._held = fresh[sure:]
        return self._join(fresh[:sure])

    def end(self, pause: float) -> Samples:
        """End the fragment, owing `pause` seconds before the next; return samples that are ready."""
        if not self._speaking:
            if _first_loud(self._held) is None:  # nothing was heard: the longer pause stands for both
                self.owe(pause)
                return _NOTHING
            self._held = self._voiced(self._held)
        margin = self._margin
        kept = self._held[: _after_last_loud(self._held) + margin]
        self._held = _NOTHING
        faded = max(len(kept) - margin, 0)
        ready = self._join(kept[:faded])
        self._tail = _faded(kept[faded:], len(kept) - faded, rising=False)
        self._owed = pause
        return ready

    def owe(self, pause: float) -> None:
        """Leave at least `pause` seconds between the last sound and the next fragment."""
        self._owed = max(self._owed, pause - self._rested)

    def time(self, words: Iterable[SpokenWord]) -> None:
        """Take words of the fragment, timed from the start of its synthesis at the engine's rate."""
        self._words.extend(words)

    def timed(self, *, ended: bool = False) -> list[SpokenWord]:
        """Return the words whose sound is joined, timed in samples of the utterance.

        After the fragment's end, `ended` also returns the rest, cut to the sound that was kept.
        """
        limit = self._joined + (len(self._tail) if ended and self._owed else 0)
        timed: list[SpokenWord] = []
        while self._words:
            word = self._words[0]
            start = max(word.first_sample - self._skipped, 0) + self._start
            end = max(word.end_sample - self._skipped, 0) + self._start
            if end > limit and not ended:
                break
            first = self._in_utterance(min(start, limit))
            last = self._in_utterance(min(end, limit))
            timed.append(SpokenWord(word.spoken, first, last - first, word.quality))
            self._words.popleft()
        return timed

    def settle(self) -> Samples:
        """Give out all that waits for a next fragment, because none is at hand. The pause stays owed."""
        ready = self._join(self._tail)
        self._tail = _NOTHING
        if self._resampler is not None:
            due = self._in_utterance(self._joined) - self._given
            rest = self._resampler.resample_chunk(_NOTHING, last=True)[:due]
            ready = np.concatenate((ready, rest, np.zeros(due - len(rest), dtype=np.int16)))
            self._given += due
            self._resampler = None
        self._given += len(self._crossing)
        ready, self._crossing = np.concatenate((ready, self._crossing)), _NOTHING
        self._base, self._joined = self._given, 0
        return ready

    def break_off(self) -> Samples:
        """End the fragment where it is, and return what was held back: it follows on what was given out."""
        if self._speaking:
            self._tail = self._over_tail(self._held)
        return self.settle()

    def resume(self, next_sample: int, unsent: Samples) -> Samples:
        """Go on at `next_sample` after a fragment was broken off there; return samples that are ready.

        The silence that would have come there is kept. Where sound would have, that fades out under the
        next sound.

        Args:
            next_sample: the utterance's sample at which the fragment was broken off.
            unsent: what would have come from there on.
        """
        rested, loud = self._rested, _first_loud(unsent)
        quiet = unsent if loud is None else unsent[:loud]
        self.discard(next_sample + len(quiet))
        self._rested = rested
        if not len(quiet):
            length = min(round(MARGIN_SECONDS * self._rate), len(unsent))
            self._crossing = _faded(unsent[:length], length, rising=False)
        return quiet

    def discard(self, next_sample: int) -> int:
        """Forget all that was not given out, and go on at `next_sample`; return how many samples it was."""
        waiting = self._joined + len(self._tail) + len(self._held)
        lost = max(self._in_utterance(waiting) - self._given, 0)
        self._resampler = None
        self._given = self._base = next_sample
        self._joined, self._tail, self._owed, self._rested = 0, _NOTHING, 0.0, math.inf
        self._crossing = _NOTHING
        self._begin()
        return lost

    @property
    def _margin(self) -> int:
        return round(MARGIN_SECONDS * self._engine_rate)

    def _in_utterance(self, joined: int) -> int:
        return self._base + round(joined * self._rate / self._engine_rate)

    def _voiced(self, samples: Samples) -> Samples:
        """Begin the fragment's sound: fade it in, over what is left of the one before."""
        self._speaking = True
        self._rested = 0.0
        return self._over_tail(_faded(samples, min(self._margin, len(samples)), rising=True))

    def _over_tail(self, samples: Samples) -> Samples:
        mixed, self._tail = _mixed(samples, self._tail)
        return mixed

    def _join(self, samples: Samples) -> Samples:
        self._joined += len(samples)
        if self._resampler is not None and len(samples):
            samples = _resampled(samples, self._resampler)
        self._given += len(samples)
        mixed, self._crossing = _mixed(samples, self._crossing)
        return mixed


def _resampled(samples: Samples, resampler: soxr.ResampleStream) -> Samples:
    pieces: list[Samples] = [
        resampler.resample_chunk(samples[at : at + PIECE]) for at in range(0, len(samples), PIECE)
    ]
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


def _mixed(samples: Samples, under: Samples) -> tuple[Samples, Samples]:
    """Return the samples with `under` mixed into their beginning, and what of that is left."""
    overlap = min(len(under), len(samples))
    if not overlap:
        return samples, under
    mixed = np.clip(samples[:overlap].astype(np.int32) + under[:overlap], -32768, 32767).astype(np.int16)
    return np.concatenate((mixed, samples[overlap:])), under[overlap:]


def _loud(samples: Samples) -> NDArray[np.bool_]:
    return (samples > SILENCE) | (samples < -SILENCE)


def _first_loud(samples: Samples) -> int | None:
    first = _loud(samples).tobytes().find(True)  # in an eighth of the time that argmax takes
    return None if first < 0 else first


def _after_last_loud(samples: Samples) -> int:
    looked = _LOOK
    while (backwards := _first_loud(samples[-looked:][::-1])) is None and looked < len(samples):
        looked *= 8
    return 0 if backwards is None else len(samples) - backwards


def _faded(samples: Samples, length: int, *, rising: bool) -> Samples:
    """Return the samples with their first (rising) or last (falling) `length` faded linearly."""
    ramp = np.linspace(0.0, 1.0, length, endpoint=False)
    faded = samples.copy()
    part = slice(0, length) if rising else slice(len(samples) - length, len(samples))
    faded[part] = faded[part] * (ramp if rising else ramp[::-1])
    return faded

"""The sound of a scripted engine: a sine per word, silence between, and how to hear it again.

A word's frequency follows from its letters, so that a test can tell from the audio alone which words
were said, in which order, across engines, seams and sample rates.
"""

from __future__ import annotations

import math
from array import array
from binascii import crc32
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

GAP_MS = 20
"""Silence after every word."""

AMPLITUDE = 8_000
_FADE_MS = 3
_STEPS = 48
_LOWEST_HZ = 300.0
_STEP = 2 ** (1 / 16)  # 48 steps of a sixteenth: 300 to 2,300 Hz, 4.4 % apart
_QUIET = AMPLITUDE // 50
_SPLIT_MS = 8


def frequency(word: str) -> float:
    """Return the frequency of a word in hertz, punctuation and letter case aside."""
    letters = "".join(character for character in word.casefold() if character.isalnum())
    return _LOWEST_HZ * _STEP ** (crc32(letters.encode()) % _STEPS)


@lru_cache(maxsize=4096)
def tone(hertz: float, samples: int, sample_rate_hz: int) -> bytes:
    """Return a sine with short fades: signed 16-bit little-endian samples, beginning and ending at 0."""
    fade = max(min(sample_rate_hz * _FADE_MS // 1000, samples // 2), 1)
    turn = 2 * math.pi * hertz / sample_rate_hz
    wave = [AMPLITUDE * math.sin(turn * n) for n in range(samples)]
    for n in range(min(fade, samples)):
        wave[n] *= n / fade
        wave[-1 - n] *= n / fade
    return array("h", map(round, wave)).tobytes()


def silence(samples: int) -> bytes:
    """Return `samples` samples of silence."""
    return bytes(2 * samples)


def hear(pcm: bytes, sample_rate_hz: int) -> list[float]:
    """Return the frequency of every tone in a recording, in order, within 1 % for tones over 60 ms.

    Args:
        pcm: signed 16-bit little-endian samples, one channel.
        sample_rate_hz: their rate.
    """
    samples = array("h", pcm)
    heard: list[float] = []
    start = last = -1
    for n, value in enumerate(samples):
        if abs(value) <= _QUIET:
            continue
        if start >= 0 and (n - last) * 1000 > _SPLIT_MS * sample_rate_hz:
            heard.append(_pitch(samples[start : last + 1], sample_rate_hz))
            start = n
        start = n if start < 0 else start
        last = n
    if start >= 0:
        heard.append(_pitch(samples[start : last + 1], sample_rate_hz))
    return heard


def _pitch(tone_samples: Iterable[int], sample_rate_hz: int) -> float:
    """Return the rate of rising zero crossings, each placed between its two samples."""
    rises = [
        n + before / (before - after)
        for n, (before, after) in enumerate(pairwise(tone_samples))
        if before < 0 <= after
    ]
    if len(rises) < 2:  # one period needs two crossings
        return 0.0
    return (len(rises) - 1) * sample_rate_hz / (rises[-1] - rises[0])


def said(pcm: bytes, sample_rate_hz: int, vocabulary: Sequence[str]) -> list[str]:
    """Return the words heard in a recording, each the one of `vocabulary` nearest in pitch.

    The words of a vocabulary must have frequencies of their own; see `distinct`.
    """
    return [
        min(vocabulary, key=lambda word: abs(math.log(max(pitch, 1.0) / frequency(word))))
        for pitch in hear(pcm, sample_rate_hz)
    ]


def distinct(words: Sequence[str]) -> list[str]:
    """Return those of `words` whose frequency none before them has: a vocabulary for `said`."""
    first: dict[float, str] = {}
    for word in words:
        first.setdefault(frequency(word), word)
    return list(first.values())

"""Loudness of voices that no map knows, as they were heard."""

from __future__ import annotations

import numpy as np
import pytest

from parlando_router.heard import ENOUGH_SECONDS, FRESH_SECONDS, MOST_SECONDS, HeardVoices
from parlando_router.loudness import loudness

RATE = 8_000


class _Clock:
    """Stands where it is put."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        """Return seconds."""
        return self.at

    async def sleep(self, seconds: float) -> None:
        """Move on."""
        self.at += seconds


def _speech(seconds: float, level: float) -> bytes:
    noise = np.random.default_rng(2).standard_normal(round(seconds * RATE)) * level
    return np.clip(np.rint(noise), -32_768, 32_767).astype("<i2").tobytes()


def _say(heard: HeardVoices, voice: str, pcm: bytes) -> bool:
    """Have a voice heard; return whether anybody listened."""
    sample = heard.listen(voice, RATE)
    if sample is None:
        return False
    for at in range(0, len(pcm), 3_200):
        sample.add(pcm[at : at + 3_200])
    heard.take(sample)
    return True


def test_a_voice_is_as_loud_as_what_it_said() -> None:
    heard, pcm = HeardVoices(_Clock()), _speech(3.0, 2_000)
    assert heard.loudness("a:x") is None
    assert _say(heard, "a:x", pcm)
    assert heard.loudness("a:x") == pytest.approx(loudness(pcm, RATE))
    assert heard.loudness("a:y") is None


def test_what_is_said_later_counts_by_its_length() -> None:
    heard = HeardVoices(_Clock())
    _say(heard, "a:x", _speech(3.0, 1_000))
    quiet = heard.loudness("a:x")
    _say(heard, "a:x", _speech(3.0, 2_000))
    assert quiet is not None
    # The mean of one and four times the power.
    assert heard.loudness("a:x") == pytest.approx(quiet + 10 * np.log10(2.5), abs=0.1)


def test_it_is_listened_to_until_it_is_known_and_again_when_that_is_long_ago() -> None:
    clock = _Clock()
    heard = HeardVoices(clock)
    listened = [_say(heard, "a:x", _speech(10.0, 1_000)) for _ in range(5)]
    assert listened.count(True) == round(ENOUGH_SECONDS / MOST_SECONDS)
    clock.at = FRESH_SECONDS
    known = heard.loudness("a:x")
    assert known is not None
    assert _say(heard, "a:x", _speech(4.0, 2_000))
    assert heard.loudness("a:x") == pytest.approx(known + 6.02, abs=0.1)


def test_silence_and_a_word_or_two_say_nothing() -> None:
    heard = HeardVoices(_Clock())
    assert _say(heard, "a:x", bytes(8 * RATE))
    assert _say(heard, "a:x", _speech(0.9, 1_000))
    assert heard.loudness("a:x") is None

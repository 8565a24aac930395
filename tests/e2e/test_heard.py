"""What was heard, against espeak-ng's own events and a forced alignment; bench/heard.py is the long form."""

from __future__ import annotations

import random

import pytest
from listening import RATE, TEXTS, away, by_alignment, by_events, is_right, said_for, speak, word_at

from parlando_kit.hearing import heard_of
from tests.e2e.conftest import System

_CUTS = 50
_NEAR = 80 * RATE // 1000  # samples


@pytest.mark.parametrize("text", TEXTS[:3])
def test_the_word_at_the_cut_is_right(system: System, text: str) -> None:
    spoken = speak(system.router, text)
    events, aligned = by_events(spoken), by_alignment(spoken, said_for(text))
    ours = [word.first_sample for word in spoken.words]
    count = len(spoken.samples)
    chance = random.Random(text)
    near = 0
    for position in (chance.randrange(count) for _ in range(_CUTS)):
        found = heard_of(spoken.words, position, sample_count=count, length=len(text), whole=True)
        assert is_right(len(found.words), events, position), position
        near += away(word_at(ours, position), aligned, position) <= _NEAR
    assert near >= 0.97 * _CUTS

"""What is wrong with a take."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from speech import speech

from parlando_chatterbox.takes import Fault, Take, faults
from parlando_chatterbox.wave import RATE

TEXT = "Every evening the old keeper climbed the hundred steps."
TOKENS = np.random.default_rng(0).integers(0, 6_000, 90)
GOOD = Take(list(TOKENS), [speech(1.8, 150), speech(1.8, 150)], ended=True, followed=True)


def with_pause(seconds: float) -> Take:
    return replace(
        GOOD, sound=[speech(1.8, 150), np.zeros(round(seconds * RATE), np.float32), speech(1.8, 150)]
    )


def repeating(period: int, tokens: int) -> Take:
    return replace(GOOD, tokens=[*TOKENS, *(TOKENS[-period:].tolist() * tokens)[:tokens]])


@pytest.mark.parametrize(
    ("take", "wrong"),
    [
        (GOOD, set()),
        (replace(GOOD, followed=None), set()),
        (replace(GOOD, ended=False), {Fault.DURATION}),
        (replace(GOOD, tokens=GOOD.tokens[:30]), {Fault.DURATION}),
        (replace(GOOD, followed=False), {Fault.ALIGNMENT}),
        (with_pause(1.0), set()),
        (with_pause(2.0), {Fault.SILENCE}),
        (replace(GOOD, sound=[speech(3.6, 150) / 1_000]), {Fault.SILENCE}),
        (replace(GOOD, sound=[np.append(speech(1, 150), np.zeros(3 * RATE, np.float32))]), {Fault.SILENCE}),
        (replace(GOOD, tokens=[], sound=[]), {Fault.DURATION, Fault.SILENCE}),
        (repeating(1, 10), set()),
        (repeating(1, 30), {Fault.REPETITION}),
        (repeating(7, 30), {Fault.REPETITION}),
        (repeating(20, 20), set()),
        (repeating(20, 40), {Fault.REPETITION}),
    ],
)
def test_what_is_wrong_is_named(take: Take, wrong: set[Fault]) -> None:
    assert faults(take, TEXT) == wrong


def test_a_short_answer_is_not_too_short() -> None:
    assert faults(replace(GOOD, tokens=GOOD.tokens[:6], sound=[speech(0.24, 150)]), "Yes.") == set()

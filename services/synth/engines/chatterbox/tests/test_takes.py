"""What is wrong with a take."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from speech import ONE, pcm, speak, speech

from parlando_chatterbox.engine import ChatterboxEngine
from parlando_chatterbox.models import Chatterbox
from parlando_chatterbox.settings import ChatterboxSettings
from parlando_chatterbox.takes import Fault, Take, faults
from parlando_chatterbox.voices import BUILT_IN
from parlando_chatterbox.wave import RATE
from parlando_synth.job import Job

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
    assert faults(take, ONE) == wrong


def test_a_short_answer_is_not_too_short() -> None:
    assert faults(replace(GOOD, tokens=GOOD.tokens[:6], sound=[speech(0.24, 150)]), "Yes.") == set()


def test_of_several_takes_the_first_without_fault_is_heard(
    english: Chatterbox, voices: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = ChatterboxSettings(voices=voices, threads=1, live=1, candidates=3)
    instance = ChatterboxEngine(settings, lambda _model: english).open()
    taken: list[Take] = []
    wrong: list[frozenset[Fault]] = []

    def judged(take: Take, text: str) -> frozenset[Fault]:
        taken.append(take)
        return wrong[len(taken) - 1] if wrong else faults(take, text)

    monkeypatch.setattr("parlando_chatterbox.speaking.faults", judged)
    heard = pcm(speak(instance, Job(ONE, BUILT_IN, seed=4)))
    assert len(taken) == 1, "what the small network says lasts as long as this text"
    assert len(heard) == sum(map(len, taken[0].sound))
    silent, both = frozenset({Fault.SILENCE}), frozenset({Fault.SILENCE, Fault.DURATION})
    for wrong[:], chosen in (([both, silent, frozenset()], 2), ([both, silent, silent], 1)):
        taken.clear()
        again = pcm(speak(instance, Job(ONE, BUILT_IN, seed=4)))
        assert len(taken) == 3
        expected = np.concatenate(taken[chosen].sound)
        assert np.corrcoef(again, expected)[0, 1] > 0.999
        assert np.corrcoef(again, np.concatenate(taken[0].sound))[0, 1] < 0.99
    instance.close()

"""Takes of a portion: what is wrong with one, as far as can be told without ears."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from parlando_chatterbox.pace import letters
from parlando_chatterbox.speech_tokens import RATE as TOKEN_RATE
from parlando_chatterbox.wave import RATE

_FASTEST_SPEECH = 30  # letters a second; people say about 15
_REPEATED = TOKEN_RATE  # tokens that repeat what was just before, on end
_LONGEST_PERIOD = 2 * TOKEN_RATE  # tokens of what is repeated
_FRAME = RATE * 3 // 100  # samples over which loudness is measured
_SILENT = 10 ** (-40 / 20)  # of the loudest frame
_INAUDIBLE = 10 ** (-50 / 20)  # RMS of full scale
_LONGEST_PAUSE = 1.5  # seconds
_MOST_SILENCE = 0.6  # share of a take


class Fault(Enum):
    """What is wrong with a take."""

    DURATION = "it is too long or too short for its text"
    ALIGNMENT = "it ended before its text"
    SILENCE = "it is silent, or pauses for too long"
    REPETITION = "it repeats itself"


@dataclass(frozen=True, slots=True)
class Take:
    """A portion, spoken.

    Attributes:
        tokens: of speech.
        sound: float32 in [-1, 1], in the pieces in which it was made.
        ended: the network found the end itself, and was not cut off.
        followed: it came to the end of its text; None where the network does not tell.
    """

    tokens: Sequence[int]
    sound: Sequence[NDArray[np.float32]]
    ended: bool
    followed: bool | None


def faults(take: Take, text: str) -> frozenset[Fault]:
    """Return what is wrong with a take of a text."""
    found = {
        Fault.DURATION: not take.ended
        or len(take.tokens) * _FASTEST_SPEECH < (letters(text) - 10) * TOKEN_RATE,
        Fault.ALIGNMENT: take.followed is False,
        Fault.SILENCE: _pauses(np.concatenate([*take.sound, np.empty(0, np.float32)])),
        Fault.REPETITION: _repeats(np.asarray(take.tokens)),
    }
    return frozenset(fault for fault, there in found.items() if there)


def _pauses(sound: NDArray[np.float32]) -> bool:
    frames = sound[: len(sound) // _FRAME * _FRAME].reshape(-1, _FRAME)
    loudness = np.sqrt((frames**2).mean(axis=1))
    loudest = loudness.max(initial=0.0)
    if loudest < _INAUDIBLE:
        return True
    silent = loudness < loudest * _SILENT
    return bool(silent.mean() > _MOST_SILENCE or _longest(silent) * _FRAME > _LONGEST_PAUSE * RATE)


def _repeats(tokens: NDArray[np.int64]) -> bool:
    periods = range(1, min(_LONGEST_PERIOD, len(tokens) // 2) + 1)
    return any(
        _longest(tokens[period:] == tokens[:-period]) >= max(_REPEATED, 2 * period) for period in periods
    )


def _longest(there: NDArray[np.bool_]) -> int:
    """Return the length of the longest run of what is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], there, [False]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))

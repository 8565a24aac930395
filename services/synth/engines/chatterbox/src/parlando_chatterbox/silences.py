"""How long the engine may be silent and be well, from what one sentence took."""

from __future__ import annotations

from parlando_chatterbox.portions import LONGEST
from parlando_chatterbox.settings import ChatterboxSettings
from parlando_chatterbox.speech_tokens import RATE as TOKEN_RATE
from parlando_chatterbox.windows import SIZES

_USUAL_SPEECH = 15  # letters a second


def longest_silence(settings: ChatterboxSettings, took: float, audio: float) -> float:
    """Return the longest time without audio of a synthesis that is well, in seconds.

    Before the first audio of a voice it is made ready, which has it speak a sentence to nobody where it is to
    be as loud as the others. After that the longest is the largest window, or all takes of the longest
    portion. Syntheses that go on at the same time slow one another down.

    Args:
        settings: of the engine.
        took: seconds that a sentence took.
        audio: seconds of audio that it made.
    """
    factor = took / max(audio, 1 / TOKEN_RATE)
    ready = 0.0 if settings.loudness == "own" else took
    takes = LONGEST / _USUAL_SPEECH * settings.candidates
    longest = SIZES[-1] / TOKEN_RATE if settings.candidates == 1 else takes
    return (ready + factor * longest) * settings.live

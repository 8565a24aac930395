"""Feelings as a sentence to a model that takes instructions."""

from __future__ import annotations

from collections.abc import Mapping

from parlando_synth.feelings import degree

SENTENCES: Mapping[str, str] = {
    "angry": "Sound {degree}angry.",
    "calm": "Sound {degree}calm.",
    "excited": "Sound {degree}excited.",
    "happy": "Sound {degree}happy.",
    "neutral": "Keep an even, neutral tone.",
    "sad": "Sound {degree}sad.",
    "serious": "Sound {degree}serious.",
    "surprised": "Sound {degree}surprised.",
}
"""What is said to the model; the degree is "slightly " below a third, "very " above two."""


def instructed(own: str, emotion: str, intensity: float) -> str:
    """Return instructions with a feeling in them.

    Args:
        own: the caller's, or the settings'; "" for none.
        emotion: a name in `SENTENCES`; any other adds nothing.
        intensity: 0 to 1; 0 adds nothing.
    """
    sentence = SENTENCES.get(emotion, "") if intensity else ""
    return " ".join(filter(None, (own, sentence.format(degree=degree(intensity, "slightly ", "very ")))))

"""Feelings as settings of the voice, or as a tag before the text where the model reads tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from parlando_synth.feelings import degree


@dataclass(frozen=True, slots=True)
class Expression:
    """How freely a voice speaks: less stability is a wider range, more style its own manner overdone."""

    stability: float
    style: float


USUAL = Expression(stability=0.5, style=0.0)
"""The service's own, of a voice for which nothing else is set."""

AT_FULL: Mapping[str, Expression] = {
    "angry": Expression(0.25, 0.7),
    "calm": Expression(0.8, 0.0),
    "excited": Expression(0.2, 0.8),
    "happy": Expression(0.35, 0.5),
    "neutral": USUAL,
    "sad": Expression(0.4, 0.5),
    "serious": Expression(0.7, 0.2),
    "surprised": Expression(0.25, 0.7),
}
"""At full intensity. Which feeling it is the model takes from the words; this is how strongly it is felt."""


def expression(before: Expression, emotion: str, intensity: float) -> Expression:
    """Return how a voice speaks with a feeling: in proportion, from `before` to what stands in `AT_FULL`."""
    full = AT_FULL[emotion]
    return Expression(
        round(before.stability + (full.stability - before.stability) * intensity, 3),
        round(before.style + (full.style - before.style) * intensity, 3),
    )


def tag(emotion: str, intensity: float) -> str:
    """Return what stands before a text for a model that reads tags, as "[very sad] "; "" for nothing."""
    if not emotion or not intensity:
        return ""
    much = "" if emotion == "neutral" else degree(intensity, "slightly ", "very ")
    return f"[{much}{emotion}] "

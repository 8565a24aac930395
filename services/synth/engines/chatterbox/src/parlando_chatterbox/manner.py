"""How a job is to be spoken: engine options and emotions as numbers for the networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.job import Job

USUAL_EXAGGERATION = 0.5

RANGES: Mapping[str, tuple[float, float]] = {
    "exaggeration": (0.25, 2.0),
    "cfg_weight": (0.0, 1.0),
    "temperature": (0.05, 5.0),
    "repetition_penalty": (1.0, 2.0),
    "min_p": (0.0, 1.0),
    "top_p": (0.01, 1.0),
    "top_k": (0.0, 8_000.0),
}
"""Engine options, and what each may be."""

EMOTIONS: Mapping[str, float] = {
    "angry": 1.2,
    "calm": 0.3,
    "excited": 1.2,
    "happy": 0.8,
    "neutral": USUAL_EXAGGERATION,
    "sad": 0.35,
    "serious": 0.4,
    "surprised": 1.0,
}
"""Exaggeration of an emotion at full intensity; at none it is the usual. It says how strongly something is
felt; which feeling it is the network takes from the words and from the voice's clip."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a voice speaks. Options as in `RANGES`; None is what a model does not know."""

    temperature: float
    repetition_penalty: float
    top_p: float
    min_p: float | None = None
    top_k: float | None = None
    cfg_weight: float | None = None
    exaggeration: float | None = None

    @property
    def options(self) -> tuple[str, ...]:
        """The names of the options there are."""
        return tuple(each.name for each in fields(self) if getattr(self, each.name) is not None)

    @property
    def emotions(self) -> tuple[str, ...]:
        """The names of the emotions there are."""
        return tuple(EMOTIONS) if self.exaggeration is not None else ()

    def of(self, job: Job) -> Manner:
        """Return how a job is spoken: as it says, and what it does not say as here.

        An option wins over an emotion.

        Raises:
            ParlandoError: OUT_OF_RANGE, an option is no number, or not in its range.
        """
        asked = {name: _number(name, job.options[name]) for name in self.options if name in job.options}
        if job.emotion in self.emotions:
            change = (EMOTIONS[job.emotion] - USUAL_EXAGGERATION) * job.emotion_intensity
            asked = {"exaggeration": USUAL_EXAGGERATION + change} | asked
        return replace(self, **asked)


def _number(name: str, text: str) -> float:
    least, most = RANGES[name]
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise ParlandoError(
            Reason.OUT_OF_RANGE,
            f"engine_options.{name} is a number from {least:g} to {most:g}",
            field=f"engine_options.{name}",
        )
    return value

"""What SSML's prosody and emphasis elements ask for, as a change of delivery."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace

from parlando_espeak.manner import Manner

_NUMBER = r"([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)"
_PERCENT = re.compile(_NUMBER + "%")
_PLAIN_NUMBER = re.compile(_NUMBER)
_SEMITONES = re.compile(_NUMBER + "st")
_DECIBELS = re.compile(_NUMBER + "dB")

_RATES = {"x-slow": 0.5, "slow": 0.75, "medium": 1.0, "default": 1.0, "fast": 1.4, "x-fast": 2.0}
_PITCHES = {"x-low": -6.0, "low": -3.0, "medium": 0.0, "default": 0.0, "high": 3.0, "x-high": 6.0}
_VOLUMES = {
    "silent": -math.inf,
    "x-soft": -12.0,
    "soft": -6.0,
    "medium": 0.0,
    "default": 0.0,
    "loud": 4.0,
    "x-loud": 8.0,
}
_EMPHASES = {  # speed in proportion, semitones, decibels
    "strong": (0.85, 2.0, 3.0),
    "moderate": (0.92, 1.0, 2.0),
    "reduced": (1.08, -1.0, -3.0),
    "none": (1.0, 0.0, 0.0),
}

UNDONE = ("contour", "range", "duration")
"""Attributes of prosody that the library cannot do."""


class BadValue(ValueError):  # noqa: N818  # it reads as what is wrong
    """An attribute has a value that it does not take; the message says which attribute and what it takes."""


def prosody(attributes: Mapping[str, str], around: Manner, usual: Manner) -> Manner:
    """Return the delivery inside a prosody element.

    Labels ("slow") are measured from the job's own delivery, numbers from that around the element.

    Args:
        attributes: of the element.
        around: the delivery around it.
        usual: the job's own.

    Raises:
        BadValue: an attribute cannot be read.
    """
    changed = around
    if (rate := attributes.get("rate")) is not None:
        changed = replace(changed, speed=_rate(rate.strip(), around.speed, usual.speed))
    if (pitch := attributes.get("pitch")) is not None:
        changed = replace(changed, semitones=_pitch(pitch.strip(), around.semitones, usual.semitones))
    if (volume := attributes.get("volume")) is not None:
        changed = replace(changed, decibels=_volume(volume.strip(), around.decibels, usual.decibels))
    return changed


def emphasis(level: str, around: Manner) -> Manner:
    """Return the delivery inside an emphasis element.

    Raises:
        BadValue: there is no such level.
    """
    if level not in _EMPHASES:
        raise BadValue("level of <emphasis> is strong, moderate, reduced or none")
    speed, semitones, decibels = _EMPHASES[level]
    return replace(
        around,
        speed=around.speed * speed,
        semitones=around.semitones + semitones,
        decibels=around.decibels + decibels,
    )


def _rate(value: str, around: float, usual: float) -> float:
    if value in _RATES:
        return usual * _RATES[value]
    if match := _PERCENT.fullmatch(value):
        percent = float(match[1])
        factor = (100 + percent if match[1][0] in "+-" else percent) / 100
    elif match := _PLAIN_NUMBER.fullmatch(value):
        factor = float(match[1])
    else:
        factor = 0.0
    if factor <= 0:
        raise BadValue("rate of <prosody> is a label such as slow, a percentage above 0 or a factor")
    return around * factor


def _pitch(value: str, around: float, usual: float) -> float:
    if value in _PITCHES:
        return usual + _PITCHES[value]
    if match := _SEMITONES.fullmatch(value):
        return around + float(match[1])
    if (match := _PERCENT.fullmatch(value)) and match[1][0] in "+-" and float(match[1]) > -100:  # noqa: PLR2004  # percent
        return around + 12 * math.log2(1 + float(match[1]) / 100)
    raise BadValue("pitch of <prosody> is a label such as high, or a change as in +2st or -10%")


def _volume(value: str, around: float, usual: float) -> float:
    if value in _VOLUMES:
        return usual + _VOLUMES[value]
    if match := _DECIBELS.fullmatch(value):
        return around + float(match[1])
    if (match := _PLAIN_NUMBER.fullmatch(value)) and 0 <= float(match[1]) <= 100:  # noqa: PLR2004  # SSML 1.0
        return usual + (20 * math.log10(float(match[1]) / 100) if float(match[1]) else -math.inf)
    raise BadValue("volume of <prosody> is a label such as soft, a change as in +6dB, or 0 to 100")

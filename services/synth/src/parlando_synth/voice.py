"""A voice as an engine describes it, and how a name finds one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Gender(Enum):
    """A voice's gender, as its maker states it."""

    UNSTATED = "unstated"
    FEMALE = "female"
    MALE = "male"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice. Fields as in `parlando.synth.v1.Voice`."""

    id: str
    name: str
    languages: tuple[str, ...]
    sample_rate_hz: int
    gender: Gender = Gender.UNSTATED
    age: int | None = None
    cloned: bool = False
    licence: str = ""
    description: str = ""
    aliases: tuple[str, ...] = ()
    consent_note: str = ""
    mix: str = ""
    revision: str = ""


def named_voice(name: str, voices: Iterable[Voice]) -> Voice | None:
    """Return the voice with this id or alias, letter case aside where nothing matches exactly."""
    folded: Voice | None = None
    for voice in voices:
        names = (voice.id, *voice.aliases)
        if name in names:
            return voice
        if folded is None and name.casefold() in (other.casefold() for other in names):
            folded = voice
    return folded


def revision_of(voices: Iterable[Voice]) -> str:
    """Return what tells whether voices have changed: 16 hexadecimal digits."""
    return hashlib.sha256(repr(list(voices)).encode()).hexdigest()[:16]

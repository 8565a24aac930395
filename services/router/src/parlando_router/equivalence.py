"""Which voice of another engine comes nearest to one. Pure.

What is known of a voice stands in `voices.json`, which `tools/voicemap.py` measures, and in files of the same
form that a deployment adds. A voice that stands in none is judged by what its engine lists. A variant that
stands there, such as "espeak:gmw/en-US+f3", may be chosen wherever its voice is listed.

The distance between two voices adds up, the parts that are not known of both left out:

- 4 for another gender, 2 where one of them is neutral;
- 1 for another variety of the language;
- 1 for every 20 years of age between them;
- 1 for every doubling of the rate of speech, in syllables or words alike: only the proportion counts;
- 0.05 for every decibel, since loudness is matched anyway.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from parlando_kit.errors import ParlandoError, Reason
from parlando_router.replica import KnownVoice

_GENDER = 4.0
_VARIETY = 1.0
_YEARS = 20.0
_DECIBEL = 0.05


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of a voice; None and "" are not known.

    Attributes:
        words_per_minute: of a plain text at speed 1.
        loudness: integrated, in LUFS (ITU-R BS.1770-4).
    """

    language: str = ""
    gender: str = ""
    age: int | None = None
    words_per_minute: float | None = None
    loudness: float | None = None


class VoiceMap:
    """What is known of voices.

    Args:
        known: by "engine:voice".
    """

    def __init__(self, known: Mapping[str, Traits]) -> None:
        self._known = known
        self._variants: dict[str, list[str]] = {}  # by "engine:voice", without the plus sign
        for key in known:
            voice, plus, variant = key.partition("+")
            if plus:
                self._variants.setdefault(voice, []).append(variant)

    def loudness(self, voice: str) -> float | None:
        """Return how loud a voice, as "engine:voice", was measured to be, in LUFS; None where it was not."""
        known = self._known.get(voice)
        return None if known is None else known.loudness

    def nearest(
        self,
        like: str,
        listed: KnownVoice | None,
        engine: str,
        voices: Sequence[KnownVoice],
        language: str,
        groups: Sequence[tuple[str, ...]] = (),
    ) -> str:
        """Return the id of the engine's voice that comes nearest; "" where it has none for the language.

        Args:
            like: the voice to resemble, as "engine:voice".
            listed: its listing, where it is known.
            engine: the engine to choose from.
            voices: that engine's.
            language: that is to be spoken; empty: the voice's own.
            groups: voices declared equal by a policy: they come before any distance.
        """
        wanted = self._traits(like, listed)
        language = language or wanted.language
        able = [voice for voice in voices if not language or voice.speaks(language)]
        ids = {voice.id for voice in able}
        for group in groups:
            if like in group:
                for member in group:
                    prefix, _, name = member.partition(":")
                    if prefix == engine and name in ids:
                        return name
        ranked = [
            (_distance(wanted, self._traits(f"{engine}:{name}", voice), language), name)
            for voice in able
            for name in self._with_variants(engine, voice.id)
        ]
        return min(ranked)[1] if ranked else ""

    def _with_variants(self, engine: str, voice: str) -> list[str]:
        return [voice, *(f"{voice}+{variant}" for variant in self._variants.get(f"{engine}:{voice}", ()))]

    def _traits(self, key: str, listed: KnownVoice | None) -> Traits:
        known = self._known.get(key)
        if listed is None:
            return known or Traits()
        return Traits(
            language=(known.language if known else "") or (listed.languages[0] if listed.languages else ""),
            gender=(known.gender if known else "") or listed.gender,
            age=known.age if known and known.age is not None else listed.age,
            words_per_minute=known.words_per_minute if known else None,
            loudness=known.loudness if known else None,
        )


def load_voice_map(extra: Iterable[Path] = ()) -> VoiceMap:
    """Return the map that is part of the package, with entries of further files over its own.

    Raises:
        ParlandoError: a file cannot be read; the message names it and the place.
    """
    known = _read(files(__package__).joinpath("voices.json").read_text(encoding="utf-8"), "voices.json")
    for path in extra:
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise _bad(str(path), error.strerror or "it cannot be read") from error
        known |= _read(text, str(path))
    return VoiceMap(known)


def _read(text: str, name: str) -> dict[str, Traits]:
    try:
        entries = json.loads(text)["voices"]
        return {key: _checked(key, entry, name) for key, entry in entries.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _bad(name, 'it is no JSON object with "voices"') from error


def _checked(key: str, entry: Mapping[str, object], name: str) -> Traits:
    try:
        traits = Traits(**entry)  # type: ignore[arg-type]  # checked below
    except TypeError as error:
        raise _bad(name, f'voices["{key[:64]}"] may have {", ".join(Traits.__slots__)}') from error
    numbers = (traits.age, traits.words_per_minute, traits.loudness)
    texts = (traits.language, traits.gender)
    if (
        ":" not in key
        or not all(number is None or isinstance(number, int | float) for number in numbers)
        or not all(isinstance(text, str) for text in texts)
        or (traits.words_per_minute is not None and traits.words_per_minute <= 0)
    ):
        raise _bad(name, f'voices["{key[:64]}"] has a value that cannot be')
    return traits


def _bad(name: str, what: str) -> ParlandoError:
    return ParlandoError(Reason.OUT_OF_RANGE, f"the voice map {name}: {what}")


def _distance(one: Traits, other: Traits, language: str) -> float:
    total = 0.0
    if one.gender and other.gender and one.gender != other.gender:
        total += _GENDER / 2 if "neutral" in (one.gender, other.gender) else _GENDER
    tag = (one.language if _same_tongue(one.language, language) else language).casefold()
    if tag and other.language and tag != other.language.casefold():
        total += _VARIETY
    if one.age is not None and other.age is not None:
        total += abs(one.age - other.age) / _YEARS
    if one.words_per_minute is not None and other.words_per_minute is not None:
        total += abs(math.log2(one.words_per_minute / other.words_per_minute))
    if one.loudness is not None and other.loudness is not None:
        total += _DECIBEL * abs(one.loudness - other.loudness)
    return total


def _same_tongue(one: str, other: str) -> bool:
    return one.partition("-")[0].casefold() == other.partition("-")[0].casefold()

"""The library's voices as the port names them: BCP 47 tags, aliases, variants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from parlando_espeak.library import SAMPLE_RATE, ListedVoice
from parlando_synth.voice import Gender, Voice

DEFAULT_VOICE = "gmw/en-US"

FEMALE_VARIANT = "f3"
"""The variant that speaks where markup asks for a woman: the voices are men's."""

LICENCE = "GPL-3.0-or-later"

# Voices whose dictionaries espeakng-loader 0.2.4 lacks: they are listed by the library, and silent.
_SILENT = frozenset({"gmq/fo", "trk/kaa", "art/xex"})

# Tags that BCP 47 reads as something else, or does not take.
_TAGS = {
    "ca-ba": "ca-x-balear",  # not Bosnia
    "ca-nw": "ca-x-nw",
    "ca-va": "ca-valencia",  # not the Vatican
    "chr-US-Qaaa-x-west": "chr-Qaaa-US-x-west",
    "en-us-nyc": "en-US-x-nyc",
    "piqd": "tlh-Piqd",
    "py": "art-x-pyash",
    "ru-cl": "ru-x-classic",  # not Chile
}

_GENDERS = {0: Gender.UNSTATED, 1: Gender.MALE, 2: Gender.FEMALE}
_REGION, _SCRIPT = 2, 4  # letters of a subtag
_DESCRIPTION = "A formant voice. Add a variant to its id for another speaker, as in {}+f3 or {}+whisper."


class VoiceTable:
    """All voices, by name.

    Args:
        voices: what the library lists.
        variants: likewise.

    Attributes:
        voices: those that can be heard, sorted by id.
    """

    def __init__(self, voices: Iterable[ListedVoice], variants: Iterable[ListedVoice]) -> None:
        listed = sorted(
            (voice for voice in voices if voice.identifier not in _SILENT), key=lambda voice: voice.identifier
        )
        self.voices: Sequence[Voice] = _named(listed)
        self._by_name = {
            name.casefold(): voice for voice in self.voices for name in (voice.id, *voice.aliases)
        }
        self._variants: dict[str, tuple[str, ListedVoice]] = {}
        for variant in variants:
            file = variant.identifier.rpartition("/")[2]
            self._variants[file.casefold()] = (file, variant)
            self._variants.setdefault(variant.name.casefold(), (file, variant))

    def find(self, name: str) -> Voice | None:
        """Return the voice of that id or alias, "+" and a variant after it or not; None when there is none.

        Letter case does not matter. A variant goes by the name of its file or its own: "f3", "female3".
        """
        wanted = name.casefold()
        if wanted in self._by_name:
            return self._by_name[wanted]
        base, _, variant = wanted.rpartition("+")
        if base not in self._by_name or variant not in self._variants:
            return None
        voice, (file, listed) = self._by_name[base], self._variants[variant]
        return replace(
            voice,
            id=f"{voice.id}+{file}",
            name=f"{voice.name}, {listed.name}",
            gender=_GENDERS[listed.gender],
            age=listed.age or None,
            aliases=(),
            description="",
        )


def tag(language: str) -> str:
    """Return the BCP 47 tag for a language as the library writes it, in its usual letter case.

    Examples: "en-gb" is "en-GB", "cmn-latn-pinyin" is "cmn-Latn-pinyin".
    """
    if language in _TAGS:
        return _TAGS[language]
    first, *rest = language.split("-")
    private = False
    subtags = [first.lower()]
    for subtag in rest:
        private = private or subtag == "x"
        if len(subtag) == _REGION and not private:
            subtags.append(subtag.upper())
        elif len(subtag) == _SCRIPT and subtag.isalpha() and not private:
            subtags.append(subtag.title())
        else:
            subtags.append(subtag.lower())
    return "-".join(subtags)


def _named(listed: Sequence[ListedVoice]) -> list[Voice]:
    """Return the voices. A name that several could have is the alias of the first that claims it.

    Claims are heard in turn: what follows the last "/" of the id, the first language, the name.
    """
    taken = {voice.identifier.casefold() for voice in listed}
    aliases: dict[str, list[str]] = {voice.identifier: [] for voice in listed}
    claims = [(voice.identifier, voice.identifier.rpartition("/")[2]) for voice in listed]
    claims += [(voice.identifier, voice.languages[0]) for voice in listed]
    claims += [(voice.identifier, voice.name) for voice in listed]
    for identifier, alias in claims:
        if alias.casefold() not in taken:
            taken.add(alias.casefold())
            aliases[identifier].append(alias)
    return [
        Voice(
            id=voice.identifier,
            name=voice.name,
            languages=tuple(dict.fromkeys(tag(language) for language in voice.languages)),
            sample_rate_hz=SAMPLE_RATE,
            gender=_GENDERS[voice.gender],
            age=voice.age or None,
            licence=LICENCE,
            description=_DESCRIPTION.format(voice.identifier, voice.identifier),
            aliases=tuple(aliases[voice.identifier]),
        )
        for voice in listed
    ]

"""Voices: those that OpenAI has, and those that other servers list, each in a form of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from parlando_synth.voice import Gender, Voice

_LICENCE = "proprietary"

# What OpenAI's guide names: the languages of Whisper.
LANGUAGES = (
    "en", "af", "ar", "az", "be", "bg", "bs", "ca", "cs", "cy", "da", "de", "el", "es", "et", "fa", "fi",
    "fr", "gl", "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "kk", "kn", "ko", "lt", "lv", "mi",
    "mk", "mr", "ms", "ne", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "sw", "ta", "th",
    "tl", "tr", "uk", "ur", "vi", "zh",
)  # fmt: skip

# Voices of Kokoro say by their first letters what they are: "bf_emma" is British and female.
_KOKORO = re.compile(r"([abefhijpz])([fm])_\w+")
_KOKORO_LANGUAGES = {
    "a": "en-US",
    "b": "en-GB",
    "e": "es",
    "f": "fr",
    "h": "hi",
    "i": "it",
    "j": "ja",
    "p": "pt-BR",
    "z": "zh",
}
_GENDERS = {"f": Gender.FEMALE, "m": Gender.MALE, "female": Gender.FEMALE, "male": Gender.MALE}
_PART = re.compile(r"([\w-]+)(\(\d+(\.\d+)?\))?")


def openai_voices(names: Iterable[str], rate: int) -> list[Voice]:
    """Return OpenAI's own voices of these names."""
    return [Voice(name, name.capitalize(), LANGUAGES, rate, licence=_LICENCE) for name in names]


def listed_voices(body: object, languages: Sequence[str], rate: int) -> list[Voice]:
    """Return the voices of a server's list: `{"voices": [name, or object with id or name and more]}`.

    Args:
        body: what the server answered; what is no such list has none.
        languages: of voices that say nothing of theirs.
        rate: of the server's sound, in hertz.
    """
    entries = body.get("voices") if isinstance(body, Mapping) else None
    found: dict[str, Voice] = {}
    for entry in entries if isinstance(entries, list) else []:
        about: Mapping[str, object] = entry if isinstance(entry, Mapping) else {"id": entry}
        name = about.get("id") or about.get("name") or about.get("voice_id")
        if isinstance(name, str) and name:
            found[name] = _voice(name, about, languages, rate)
    return list(found.values())


def plain_voices(names: Iterable[str], languages: Sequence[str], rate: int) -> list[Voice]:
    """Return voices of which only the names are known."""
    return [_voice(name, {}, languages, rate) for name in names]


def mixed(name: str, voices: Mapping[str, Voice]) -> Voice | None:
    """Return the voice that a name of Kokoro-FastAPI's mixes, as in "af_bella(2)+af_sky"; or None."""
    parts = [_PART.fullmatch(part) for part in name.split("+")]
    if len(parts) < 2:  # noqa: PLR2004  # one is no mix
        return None
    first = None
    for part in parts:
        voice = voices.get(part[1]) if part is not None else None
        if voice is None:
            return None
        first = first or voice
    return Voice(name, name, first.languages, first.sample_rate_hz) if first is not None else None


def _voice(name: str, about: Mapping[str, object], languages: Sequence[str], rate: int) -> Voice:
    language, gender = about.get("language"), Gender.UNSTATED
    spoken = (language.replace("_", "-"),) if isinstance(language, str) and language else tuple(languages)
    if kokoro := _KOKORO.fullmatch(name):
        spoken, gender = (_KOKORO_LANGUAGES[kokoro[1]],), _GENDERS[kokoro[2]]
    stated = about.get("gender")
    if isinstance(stated, str):
        gender = _GENDERS.get(stated.casefold(), gender)
    shown = about.get("name")
    return Voice(name, shown if isinstance(shown, str) and shown else name, spoken, rate, gender)

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


def listed_voices(body: object, model: str, languages: Sequence[str], rate: int) -> list[Voice]:
    """Return the voices of a server's list, whichever form it has.

    `{"voices": [...]}`, of names or of objects with an id or a name and more; the same of a model, below
    `{"data": [{"model": ..., "voices": [...]}]}` (LocalAI); or the bare list, of objects with a model_id
    (speaches, before 0.8). What is said of some voices in `uploaded_voices` is added (vLLM-Omni).

    Args:
        body: what the server answered; what is no such list has none.
        model: whose voices are wanted, where the list says whose each is.
        languages: of voices that say nothing of theirs.
        rate: of the server's sound, in hertz.
    """
    uploads = {
        str(about.get("name")).casefold(): about for about in _objects(_under(body, "uploaded_voices"))
    }
    found: dict[str, Voice] = {}
    for entry in _entries(body, model):
        about: Mapping[str, object] = entry if isinstance(entry, Mapping) else {"id": entry}
        if about.get("model_id", model) != model:
            continue
        # With a model_id, the id is both together, and what a request names is the voice_id.
        names = ("voice_id", "id", "name") if "model_id" in about else ("id", "name", "voice_id")
        name = next((about[key] for key in names if about.get(key)), None)
        if isinstance(name, str) and name:
            found[name] = _voice(name, about, languages, rate, uploads.get(name.casefold()))
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


def _entries(body: object, model: str) -> Iterable[object]:
    """Yield what a list has of a model."""
    if isinstance(body, list):
        yield from body
        return
    for about in _objects(_under(body, "data")):
        if about.get("model") == model:
            yield from _entries(about, model)
    voices = _under(body, "voices")
    yield from voices if isinstance(voices, list) else []


def _objects(found: object) -> list[Mapping[str, object]]:
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _under(body: object, key: str) -> object:
    return body.get(key) if isinstance(body, Mapping) else None


def _voice(
    name: str,
    about: Mapping[str, object],
    languages: Sequence[str],
    rate: int,
    upload: Mapping[str, object] | None = None,
) -> Voice:
    language, gender = about.get("language"), Gender.UNSTATED
    spoken = (language.replace("_", "-"),) if isinstance(language, str) and language else tuple(languages)
    if kokoro := _KOKORO.fullmatch(name):
        spoken, gender = (_KOKORO_LANGUAGES[kokoro[1]],), _GENDERS[kokoro[2]]
    stated = about.get("gender")
    if isinstance(stated, str):
        gender = _GENDERS.get(stated.casefold(), gender)
    shown = about.get("name")
    return Voice(
        name,
        shown if isinstance(shown, str) and shown else name,
        spoken,
        rate,
        gender,
        cloned=upload is not None,
        description=str((upload or {}).get("speaker_description") or ""),
        consent_note=str((upload or {}).get("consent") or ""),
        revision=str((upload or {}).get("created_at") or ""),  # another clip by the same name has another
    )

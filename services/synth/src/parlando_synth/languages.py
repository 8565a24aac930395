"""Languages as BCP 47 tags: which voice speaks which, and how well."""

from __future__ import annotations

from collections.abc import Sequence

from parlando_synth.voice import Voice


def speaks(voice: Voice, language: str) -> bool:
    """Return whether a voice is listed for a language: "en" also finds "en-GB"."""
    wanted = language.casefold()
    return any(
        tag == wanted or tag.startswith(wanted + "-") for tag in (tag.casefold() for tag in voice.languages)
    )


def best_voice(voices: Sequence[Voice], language: str, default: str) -> Voice | None:
    """Return the voice that speaks a language best, or None when none does.

    Best is the tag itself, then a variety of it, then what it is a variety of, then another variety of
    the same language; among equals the default voice, then one whose first language it is.
    """
    ranked = [
        (fit, voice.id != default, place, order)
        for order, voice in enumerate(voices)
        for place, tag in enumerate(voice.languages)
        if (fit := _fit(tag.casefold(), language.casefold())) is not None
    ]
    return voices[min(ranked)[-1]] if ranked else None


def understands(voice: Voice, language: str) -> bool:
    """Return whether a voice speaks any variety of a language."""
    return any(_fit(tag.casefold(), language.casefold()) is not None for tag in voice.languages)


def _fit(tag: str, wanted: str) -> int | None:
    """Return how far a voice's tag is from the one wanted, 0 being the same; None: another language."""
    if tag == wanted:
        return 0
    if tag.startswith(wanted + "-"):
        return 1
    if wanted.startswith(tag + "-"):
        return 2
    if tag.partition("-")[0] == wanted.partition("-")[0]:
        return 3
    return None

"""Which voice speaks a language, and how well."""

from __future__ import annotations

import pytest

from parlando_synth.languages import best_voice, speaks, understands
from parlando_synth.voice import Voice

VOICES = [
    Voice("british", "British", ("en-GB", "en"), 22_050),
    Voice("american", "American", ("en-US", "en"), 22_050),
    Voice("plain", "Plain", ("en",), 22_050),
    Voice("french", "French", ("fr-FR",), 22_050),
    Voice("both", "Both", ("de", "fr"), 22_050),
]


@pytest.mark.parametrize(
    ("language", "default", "expected"),
    [
        ("en-GB", "american", "british"),
        ("EN-gb", "american", "british"),
        ("en", "american", "american"),
        ("en", "none of them", "plain"),
        ("en-AU", "american", "american"),
        ("fr", "american", "both"),
        ("fr-CA", "american", "both"),
        ("fr-FR", "american", "french"),
        ("de-AT", "american", "both"),
        ("e", "american", None),
        ("eng", "american", None),
        ("xx", "american", None),
    ],
)
def test_the_best_voice(language: str, default: str, expected: str | None) -> None:
    voice = best_voice(VOICES, language, default)
    assert (voice and voice.id) == expected


def test_a_language_finds_its_varieties_and_not_the_other_way_round() -> None:
    assert [voice.id for voice in VOICES if speaks(voice, "fr")] == ["french", "both"]
    assert [voice.id for voice in VOICES if speaks(voice, "fr-FR")] == ["french"]
    assert [voice.id for voice in VOICES if speaks(voice, "EN-us")] == ["american"]


def test_a_voice_understands_any_variety() -> None:
    french = VOICES[3]
    assert understands(french, "fr-CA")
    assert not understands(french, "de")

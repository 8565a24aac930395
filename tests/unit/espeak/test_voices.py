"""Voices by identifier, alias, language and variant."""

from __future__ import annotations

import re

import pytest

from parlando_espeak.engine import EspeakEngine
from parlando_espeak.voices import tag
from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.job import Job
from parlando_synth.voice import Gender
from tests.unit.espeak.conftest import Perform, Speak

# language, then script, region, variants and private use (RFC 5646, the parts that occur here)
_BCP_47 = re.compile(
    r"[a-z]{2,3}(-[a-z]{3})?(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?(-([a-z0-9]{5,8}|\d[a-z0-9]{3}))*(-x(-[a-z0-9]{1,8})+)?"
)


def test_voices_are_sorted_and_carry_language_tags(engine: EspeakEngine) -> None:
    voices = engine.voices()
    assert len(voices) == 138  # of the 141 listed, three have no dictionary
    assert [voice.id for voice in voices] == sorted({voice.id for voice in voices})
    for voice in voices:
        assert voice.languages
        assert all(_BCP_47.fullmatch(language) for language in voice.languages), voice.languages
        assert voice.sample_rate_hz == 22_050


def test_no_name_means_two_voices(engine: EspeakEngine) -> None:
    names = [name.casefold() for voice in engine.voices() for name in (voice.id, *voice.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("gmw/en-US", "gmw/en-US"),
        ("en-us", "gmw/en-US"),
        ("EN-GB", "gmw/en"),
        ("English (America)", "gmw/en-US"),
        ("fr", "roa/fr"),
        ("fr-fr", "roa/fr"),
        ("en-us+f3", "gmw/en-US+f3"),
        ("gmw/en-US+F3", "gmw/en-US+f3"),
        ("de+female3", "gmw/de+f3"),
        ("German+Mr serious", "gmw/de+Mr serious"),
        ("nobody", None),
        ("en-us+nobody", None),
        ("+f3", None),
        ("en-us+", None),
        ("gmq/fo", None),
    ],
)
def test_a_voice_is_found_by_its_names(engine: EspeakEngine, name: str, found: str | None) -> None:
    voice = engine.find_voice(name)
    assert (None if voice is None else voice.id) == found


def test_a_variant_has_a_gender_and_an_age_of_its_own(engine: EspeakEngine) -> None:
    voice = engine.find_voice("en-us+grandma")
    assert voice is not None
    assert (voice.gender, voice.age, voice.languages) == (Gender.FEMALE, 90, ("en-US", "en"))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("en-gb", "en-GB"),
        ("cmn-latn-pinyin", "cmn-Latn-pinyin"),
        ("vi-vn-x-central", "vi-VN-x-central"),
        ("en-gb-x-rp", "en-GB-x-rp"),
        ("es-419", "es-419"),
        ("ca-va", "ca-valencia"),
        ("ru-cl", "ru-x-classic"),
    ],
)
def test_languages_are_written_as_bcp_47_has_them(written: str, expected: str) -> None:
    assert tag(written) == expected


def test_every_voice_can_be_heard(speak: Speak, engine: EspeakEngine) -> None:
    silent = [voice.id for voice in engine.voices() if max(map(abs, speak("a 1 2 3", voice.id).pcm)) < 1_000]
    assert silent == []


@pytest.mark.parametrize("variant", ["f3", "m7", "whisper", "klatt4", "Mr serious", "grandma", "Storm"])
def test_variants_can_be_heard(speak: Speak, variant: str) -> None:
    spoken = speak("one two", f"gmw/en-US+{variant}")
    assert spoken.started.voice == f"gmw/en-US+{variant}"
    assert max(map(abs, spoken.pcm)) > 1_000


def test_an_unknown_voice_is_refused(perform: Perform) -> None:
    with pytest.raises(ParlandoError) as refused:
        perform(Job(text="a", voice="nobody"))
    assert (refused.value.reason, refused.value.field) == (Reason.VOICE_NOT_FOUND, "voice")

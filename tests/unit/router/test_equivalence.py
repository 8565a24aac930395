"""Which voice comes nearest to another, and how much louder it must be."""

from __future__ import annotations

from pathlib import Path

import pytest

from parlando_kit.errors import ParlandoError
from parlando_router.equivalence import Traits, VoiceMap, load_voice_map
from parlando_router.replica import KnownVoice


def _voice(name: str, *languages: str, gender: str = "", age: int | None = None) -> KnownVoice:
    return KnownVoice(name, frozenset({name}), languages, said=name, gender=gender, age=age)


BELLA = _voice("af_bella", "en-US", gender="female")
OTHERS = (
    _voice("he-us", "en-US", gender="male"),
    _voice("she-gb", "en-GB", gender="female"),
    _voice("she-fr", "fr", gender="female"),
)


def test_the_language_comes_first_then_the_gender_then_the_variety() -> None:
    plain = VoiceMap({})
    assert plain.nearest("kokoro:af_bella", BELLA, "e", OTHERS, "en") == "she-gb"
    assert plain.nearest("kokoro:af_bella", BELLA, "e", OTHERS, "en-US") == "he-us"  # who speaks just that
    assert plain.nearest("kokoro:af_bella", BELLA, "e", OTHERS, "fr") == "she-fr"
    assert plain.nearest("kokoro:af_bella", BELLA, "e", OTHERS, "de") == ""
    assert plain.nearest("kokoro:af_bella", BELLA, "e", OTHERS, "") == "he-us"


def test_age_rate_and_loudness_decide_among_the_rest() -> None:
    voices = tuple(_voice(name, "en", gender="female") for name in ("a", "b", "c"))
    known = {
        "k:x": Traits("en", "female", 30, 160.0, -20.0),
        "e:a": Traits("en", "female", 60, 160.0, -20.0),
        "e:b": Traits("en", "female", 30, 320.0, -20.0),
        "e:c": Traits("en", "female", 30, 160.0, -30.0),
    }
    assert VoiceMap(known).nearest("k:x", None, "e", voices, "en") == "c"
    assert VoiceMap(known).nearest("k:x", None, "e", voices[:2], "en") == "b"


def test_a_policys_own_word_comes_before_any_distance() -> None:
    groups = [("k:other", "e:she-gb"), ("kokoro:af_bella", "e:gone", "e:he-us", "e:she-gb")]
    assert VoiceMap({}).nearest("kokoro:af_bella", BELLA, "e", OTHERS, "en", groups) == "he-us"
    assert VoiceMap({}).nearest("kokoro:af_bella", BELLA, "e", OTHERS, "fr", groups) == "she-fr"


def test_a_variant_that_the_map_knows_may_come_nearest() -> None:
    known = {"e:he-us+f": Traits("en-US", "female"), "e:gone+f": Traits("en-US", "female", 30)}
    assert VoiceMap(known).nearest("kokoro:af_bella", BELLA, "e", OTHERS, "en-US") == "he-us+f"
    assert VoiceMap(known).nearest("kokoro:am_adam", None, "e", OTHERS, "en-US") == "he-us"


def test_a_womans_voice_of_kokoro_or_piper_is_followed_by_a_womans_of_espeak() -> None:
    espeak = tuple(
        _voice(name, tag, gender="male") for name, tag in (("gmw/en-US", "en-US"), ("gmw/de", "de"))
    )
    shipped = load_voice_map()
    adam = _voice("am_adam", "en-US", gender="male")
    lessac = _voice("en_US-lessac-medium", "en-US")  # which lists none
    for like, listed, expected in (
        ("kokoro:af_bella", BELLA, "gmw/en-US+f3"),
        ("kokoro:am_adam", adam, "gmw/en-US"),
        ("piper:en_US-lessac-medium", lessac, "gmw/en-US+f3"),
    ):
        assert shipped.nearest(like, listed, "espeak", espeak, "en") == expected


def test_the_map_that_is_shipped_can_be_read_and_extended(tmp_path: Path) -> None:
    shipped = load_voice_map()
    american, german = (shipped.loudness(f"espeak:gmw/{name}") for name in ("en-US", "de"))
    assert american is not None
    assert german is not None
    assert abs(american - german) < 6
    assert shipped.loudness("mine:one") is None
    extra = tmp_path / "extra.json"
    extra.write_text('{"voices": {"mine:one": {"language": "en", "loudness": -40}}}')
    extended = load_voice_map([extra])
    assert extended.loudness("mine:one") == -40.0
    assert extended.loudness("espeak:gmw/en-US") == american


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"voices": {"no-engine": {}}}',
        '{"voices": {"a:b": {"pitch": 1}}}',
        '{"voices": {"a:b": {"loudness": "loud"}}}',
        '{"voices": {"a:b": {"words_per_minute": 0}}}',
        '{"voices": {"a:b": 1}}',
    ],
)
def test_a_bad_map_is_refused_by_name(tmp_path: Path, text: str) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text(text)
    with pytest.raises(ParlandoError, match=r"bad\.json"):
        load_voice_map([bad])
    with pytest.raises(ParlandoError, match="none"):
        load_voice_map([tmp_path / "none"])

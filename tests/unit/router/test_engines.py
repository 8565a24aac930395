"""Who speaks: by engine, by voice, by language, by load, and what is said when nobody can."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_router.engines import Engines
from parlando_router.replica import SLOW_START_SECONDS, KnownVoice
from parlando_router.request import SpeechSettings
from parlando_router.voice_filter import VoiceFilter
from parlando_scripted.clock import ManualClock
from tests.unit.router.cast import description, idle_worker, voice

_ESPEAK = (
    voice("gmw/en-US", "en-US", "en", aliases=("en-us",)),
    voice("gmw/de", "de"),
    voice("roa/fr", "fr"),
)
_KOKORO = (voice("af_bella", "en-US"), voice("af_sky", "en-US"), voice("bf_emma", "en-GB"))


def _engines(*, espeak: bool = True, kokoro: bool = True, clock: ManualClock | None = None) -> Engines:
    """Return kokoro on one worker, and espeak, which is asked second, on two."""
    engines = Engines(clock or ManualClock())
    for address, name, voices, ready in (
        ("k:1", "kokoro", _KOKORO, kokoro),
        ("e:1", "espeak", _ESPEAK, espeak),
        ("e:2", "espeak", _ESPEAK, espeak),
    ):
        engines.add(address, idle_worker())
        engines.answered(address, description(name, ready=ready, detail="it loads"), voices)
    return engines


def _who(engines: Engines, language: str = "", **settings: str) -> list[tuple[str, str]]:
    """Return addresses and voices of the candidates, in order."""
    found = engines.candidates(SpeechSettings(**settings), language)  # type: ignore[arg-type]  # all are texts
    return [(candidate.replica.address, candidate.voice) for candidate in found]


def _refused(engines: Engines, language: str = "", **settings: str) -> ParlandoError:
    with pytest.raises(ParlandoError) as caught:
        _who(engines, language, **settings)
    return caught.value


@pytest.mark.parametrize(
    ("settings", "language", "expected"),
    [
        ({}, "", [("k:1", ""), ("e:1", ""), ("e:2", "")]),
        ({}, "en", [("k:1", ""), ("e:1", ""), ("e:2", "")]),
        ({}, "en-US", [("k:1", ""), ("e:1", ""), ("e:2", "")]),
        ({}, "EN-us", [("k:1", ""), ("e:1", ""), ("e:2", "")]),
        ({}, "de", [("e:1", ""), ("e:2", "")]),
        ({}, "de-AT", [("e:1", ""), ("e:2", "")]),
        ({"engine": "espeak"}, "", [("e:1", ""), ("e:2", "")]),
        ({"engine": "kokoro"}, "en", [("k:1", "")]),
        # A named voice decides; who has none of that name follows, with the nearest.
        ({"voice": "af_bella"}, "", [("k:1", "af_bella"), ("e:1", "gmw/en-US"), ("e:2", "gmw/en-US")]),
        ({"voice": "AF_Bella"}, "", [("k:1", "AF_Bella"), ("e:1", "gmw/en-US"), ("e:2", "gmw/en-US")]),
        ({"voice": "en-us"}, "", [("e:1", "en-us"), ("e:2", "en-us"), ("k:1", "af_bella")]),
        ({"voice": "gmw/en-US"}, "", [("e:1", "gmw/en-US"), ("e:2", "gmw/en-US"), ("k:1", "af_bella")]),
        ({"voice": "gmw/de"}, "", [("e:1", "gmw/de"), ("e:2", "gmw/de")]),
        # Its owner speaks whatever the language, and only that.
        ({"voice": "roa/fr"}, "en", [("e:1", "roa/fr"), ("e:2", "roa/fr"), ("k:1", "af_bella")]),
        # Variants and mixes of a voice that is there.
        ({"voice": "en-us+f3"}, "", [("e:1", "en-us+f3"), ("e:2", "en-us+f3"), ("k:1", "af_bella")]),
        (
            {"voice": "af_bella(2)+af_sky(1)"},
            "en-US",
            [("k:1", "af_bella(2)+af_sky(1)"), ("e:1", "gmw/en-US"), ("e:2", "gmw/en-US")],
        ),
        # "engine:voice", and a voice with its engine: nobody else will do.
        ({"voice": "en-us", "engine": "espeak"}, "", [("e:1", "en-us"), ("e:2", "en-us")]),
        ({"voice": "espeak:en-us"}, "", [("e:1", "en-us"), ("e:2", "en-us")]),
        ({"voice": "kokoro:bf_emma"}, "", [("k:1", "bf_emma")]),
        ({"voice": "espeak:"}, "", [("e:1", ""), ("e:2", "")]),
    ],
)
def test_who_is_asked(settings: dict[str, str], language: str, expected: list[tuple[str, str]]) -> None:
    assert _who(_engines(), language, **settings) == expected


def test_an_unknown_voice_is_told_the_near_ones() -> None:
    error = _refused(_engines(), voice="af_bela")
    assert (error.reason, error.field) == (Reason.VOICE_NOT_FOUND, "settings.voice")
    assert "af_bella" in error.message
    assert "did you mean" not in _refused(_engines(), voice="xyzzyx").message


def test_a_voice_of_another_engine_is_unknown_to_the_one_asked_for() -> None:
    assert _refused(_engines(), voice="af_bella", engine="espeak").reason is Reason.VOICE_NOT_FOUND
    assert _refused(_engines(), voice="espeak:af_bella").reason is Reason.VOICE_NOT_FOUND


def test_an_unknown_engine_is_told_those_there_are() -> None:
    error = _refused(_engines(), engine="kokro")
    assert (error.reason, error.field) == (Reason.ENGINE_NOT_FOUND, "settings.engine")
    assert "kokoro" in error.message
    assert "espeak" in error.message
    assert _refused(_engines(), voice="kokro:af_bella").reason is Reason.VOICE_NOT_FOUND


def test_a_language_nobody_speaks_is_named() -> None:
    error = _refused(_engines(), "xx")
    assert (error.reason, error.field) == (Reason.LANGUAGE_NOT_FOUND, "settings.language")
    assert _refused(_engines(), "e").reason is Reason.LANGUAGE_NOT_FOUND  # a tag is no mere prefix


def test_who_is_down_is_not_asked() -> None:
    assert _who(_engines(kokoro=False)) == [("e:1", ""), ("e:2", "")]
    engines = _engines()
    engines.failed("e:1", "it does not answer")
    assert _who(engines, engine="espeak") == [("e:2", "")]


def test_a_voice_whose_engine_is_down_has_the_nearest_in_its_place() -> None:
    assert _who(_engines(kokoro=False), voice="af_bella") == [("e:1", "gmw/en-US"), ("e:2", "gmw/en-US")]
    error = _refused(_engines(kokoro=False), voice="kokoro:af_bella")
    assert error.reason is Reason.NO_ENGINE_AVAILABLE
    assert error.retry_after is not None


def test_while_nobody_has_answered_nothing_is_unknown() -> None:
    engines = Engines(ManualClock())
    engines.add("k:1", idle_worker())
    for settings in ({}, {"voice": "af_bella"}, {"engine": "kokoro"}):
        assert _refused(engines, **settings).reason is Reason.NO_ENGINE_AVAILABLE
    assert _refused(Engines(ManualClock())).reason is Reason.NO_ENGINE_AVAILABLE


def test_a_worker_that_answers_again_is_asked_again() -> None:
    engines = _engines()
    engines.failed("k:1", "it does not answer")
    assert _who(engines, voice="en-us")[0][0] == "e:1"
    assert _who(engines)[0][0] == "e:1"
    engines.answered("k:1", description("kokoro"), _KOKORO)
    assert _who(engines)[0] == ("k:1", "")


# Load


def test_the_least_loaded_worker_is_asked_first() -> None:
    engines = _engines()
    engines.answered("e:1", description("espeak", load=3), _ESPEAK)
    engines.answered("e:2", description("espeak", load=1), _ESPEAK)
    assert _who(engines, engine="espeak") == [("e:2", ""), ("e:1", "")]


def test_what_we_have_given_a_worker_counts_before_it_says_so() -> None:
    engines = _engines()
    first, second = engines.candidates(SpeechSettings(engine="espeak"), "")
    with engines.engaged(first):
        assert _who(engines, engine="espeak")[0][0] == second.replica.address
        with engines.engaged(second), engines.engaged(second):
            assert _who(engines, engine="espeak")[0][0] == first.replica.address
    assert first.replica.engaged == second.replica.engaged == 0


def test_load_does_not_change_the_order_of_engines() -> None:
    engines = _engines()
    engines.answered("k:1", description("kokoro", load=50), _KOKORO)
    assert _who(engines)[0] == ("k:1", "")


def test_of_two_workers_taken_at_random_the_less_loaded_is_asked() -> None:
    clock = ManualClock()
    engines = Engines(clock, chance=Random(5))
    for number in range(5):
        engines.add(str(number), idle_worker())
        engines.answered(str(number), description("espeak", load=number), _ESPEAK)
    asked = Counter(_who(engines)[0][0] for _ in range(1_000))
    assert asked["0"] > asked["1"] > asked["2"] > asked["3"] > 0
    assert asked["4"] == 0  # any other is less loaded
    assert asked["0"] < 500  # nor does everybody go to the first


def test_a_worker_that_is_new_is_asked_less_at_first() -> None:
    clock = ManualClock()
    engines = Engines(clock)
    engines.add("e:1", idle_worker())
    engines.answered("e:1", description("espeak", load=3), _ESPEAK)
    clock.advance(100)
    engines.add("e:2", idle_worker())
    engines.answered("e:2", description("espeak", load=0), _ESPEAK)
    assert _who(engines)[0][0] == "e:1"
    clock.advance(SLOW_START_SECONDS)
    assert _who(engines)[0][0] == "e:2"


def test_who_drains_is_given_nothing_new_and_keeps_what_it_has() -> None:
    engines = _engines()
    [first, *_] = engines.candidates(SpeechSettings(engine="espeak"), "")
    with engines.engaged(first):
        address = first.replica.address
        engines.answered(address, description("espeak", ready=False, detail="it drains"), _ESPEAK)
        assert address not in {each for each, _ in _who(engines, engine="espeak")}
        assert first.replica.engaged == 1


# Breakers


_FAILURE = ParlandoError(Reason.ENGINE_FAILED, "no")


def _fails(engines: Engines, engine: str, times: int = 3) -> None:
    [candidate, *_] = engines.candidates(SpeechSettings(engine=engine), "")
    for _ in range(times):
        engines.report_failure(candidate, _FAILURE)
        engines.report_loss(candidate, _FAILURE)


def test_what_a_breaker_keeps_work_from_is_asked_when_nobody_else_can() -> None:
    engines = _engines()
    _fails(engines, "kokoro")
    assert [address for address, _ in _who(engines)] == ["e:1", "e:2", "k:1"]
    assert _who(engines, voice="kokoro:af_bella") == [("k:1", "af_bella")]
    [first, *_] = engines.standings()
    assert first.name == "espeak"
    assert engines.primary == "kokoro"
    assert "breaker is open" in engines.why_not(
        engines.candidates(SpeechSettings(engine="kokoro"), "")[0].replica
    )


def test_a_primary_is_taken_back_when_it_has_proved_itself_or_by_hand() -> None:
    clock = ManualClock()
    engines = _engines(clock=clock)
    _fails(engines, "kokoro")
    clock.advance(2.0)
    for _ in range(5):
        [candidate, *_] = engines.candidates(SpeechSettings(), "")
        assert candidate.engine == "kokoro"
        with engines.engaged(candidate):
            assert engines.candidates(SpeechSettings(), "")[0].engine == "espeak"  # one at a time
            engines.report_success(candidate, 1.0)
    assert engines.why_not(candidate.replica) == ""
    _fails(engines, "kokoro")
    assert engines.candidates(SpeechSettings(), "")[0].engine == "espeak"
    assert engines.reset_breakers("kokoro", "") == 2
    assert engines.candidates(SpeechSettings(), "")[0].engine == "kokoro"


def test_one_bad_worker_does_not_take_its_engine_with_it() -> None:
    engines = _engines(kokoro=False)
    [candidate, *_] = engines.candidates(SpeechSettings(engine="espeak"), "")
    for _ in range(10):
        engines.report_failure(candidate, _FAILURE)
    address = candidate.replica.address
    assert [each for each, _ in _who(engines)][-1] == address
    assert [engines.why_not(each.replica) == "" for each in engines.candidates(SpeechSettings(), "")] == [
        True,
        False,
    ]
    assert engines.reset_breakers("", address) == 1


def test_an_administrator_may_treat_an_engine_as_failed() -> None:
    engines = _engines()
    engines.trip("kokoro", 60.0)
    assert _who(engines)[0][0] == "e:1"
    for name, reason in (("kokro", Reason.ENGINE_NOT_FOUND), ("", Reason.FIELD_REQUIRED)):
        with pytest.raises(ParlandoError) as caught:
            engines.trip(name, 60.0)
        assert caught.value.reason is reason


# Failures


@pytest.mark.parametrize(
    "reason", [Reason.DEPENDENCY_UNAVAILABLE, Reason.DRAINING, Reason.NO_ENGINE_AVAILABLE]
)
def test_who_is_gone_is_passed_over_until_it_answers(reason: Reason) -> None:
    engines = _engines()
    engines.report_failure(engines.candidates(SpeechSettings(), "")[0], ParlandoError(reason, "it is gone"))
    assert [address for address, _ in _who(engines)] == ["e:1", "e:2"]
    engines.answered("k:1", description("kokoro"), _KOKORO)
    assert _who(engines)[0] == ("k:1", "")


@pytest.mark.parametrize("reason", [Reason.OVERLOADED, Reason.ENGINE_FAILED])
def test_who_is_full_or_failed_once_is_asked_again(reason: Reason) -> None:
    engines = _engines()
    engines.report_failure(engines.candidates(SpeechSettings(), "")[0], ParlandoError(reason, "not now"))
    assert _who(engines)[0] == ("k:1", "")


# The order of engines


def test_engines_are_asked_in_the_order_they_were_configured_in_whoever_comes_first() -> None:
    engines = Engines(ManualClock())
    engines.add("e:1", idle_worker(), rank=1)
    engines.answered("e:1", description("espeak"), _ESPEAK)
    engines.add("k:1", idle_worker(), rank=0)  # its name was not resolved before
    engines.answered("k:1", description("kokoro"), _KOKORO)
    assert [each.name for each in engines.standings()] == ["kokoro", "espeak"]
    engines.remove("k:1")
    engines.add("k:2", idle_worker(), rank=0)  # its workers were replaced
    engines.answered("k:2", description("kokoro"), _KOKORO)
    assert [each.name for each in engines.standings()] == ["kokoro", "espeak"]
    assert _who(engines)[0] == ("k:2", "")


def test_workers_that_never_answered_stand_last_and_together() -> None:
    engines = _engines()
    engines.add("?:1", idle_worker())
    engines.add("?:2", idle_worker())
    assert [(each.name, len(each.replicas)) for each in engines.standings()] == [
        ("kokoro", 1),
        ("espeak", 2),
        ("", 2),
    ]


# Voices


def _listed(voices: list[KnownVoice]) -> list[str]:
    return [each.id for each in voices]


def test_voices_are_listed_once_sorted_by_engine_and_id() -> None:
    assert _listed(_engines().voices()) == [
        "gmw/de",
        "gmw/en-US",
        "roa/fr",
        "af_bella",
        "af_sky",
        "bf_emma",
    ]


def test_voices_are_listed_by_engine_and_language() -> None:
    engines = _engines()
    assert _listed(engines.voices(VoiceFilter(engine="kokoro", language="en-GB"))) == ["bf_emma"]
    assert _listed(engines.voices(VoiceFilter(language="en"))) == [
        "gmw/en-US",
        "af_bella",
        "af_sky",
        "bf_emma",
    ]
    assert _listed(engines.voices(VoiceFilter(engine="kokoro", language="de"))) == []
    assert _listed(_engines(kokoro=False).voices(VoiceFilter(language="en"))) == ["gmw/en-US"]
    with pytest.raises(ParlandoError) as caught:
        engines.voices(VoiceFilter(engine="kokro"))
    assert (caught.value.reason, caught.value.field) == (Reason.ENGINE_NOT_FOUND, "engine")


# A name may be of any length


@pytest.mark.parametrize(
    ("settings", "language"),
    [
        ({"voice": "v" * 3_000_000}, ""),
        ({"voice": "a" * 3_000_000 + ":b"}, ""),
        ({"voice": "en-us" * 500_000}, ""),
        ({"engine": "e" * 3_000_000}, ""),
        ({}, "x" * 3_000_000),
    ],
)
def test_a_name_of_megabytes_is_refused_without_being_repeated(
    settings: dict[str, str], language: str
) -> None:
    assert len(_refused(_engines(), language, **settings).message) < 300


@pytest.mark.parametrize(
    ("asked", "guessed", "expected"),
    [
        ("", "en", ("gmw/en-US", "en")),  # the default voice goes on where it knows the language
        ("", "de", ("", "de")),
        ("gmw/en-US", "en", ("gmw/en-US", "en")),
        ("gmw/en-US", "de", ("gmw/en-US", "")),  # it was asked for, and is not told what it does not speak
        ("nobody", "de", ("nobody", "")),  # a mixture, say: it speaks what it speaks
    ],
)
def test_a_guessed_language_changes_no_voice_that_speaks_it(
    asked: str, guessed: str, expected: tuple[str, str]
) -> None:
    engines = Engines(ManualClock())
    engines.add("e:1", idle_worker())
    said = replace(description("espeak"), default_voice="gmw/en-US")
    engines.answered("e:1", said, _ESPEAK)
    (candidate,) = engines.candidates(SpeechSettings(), guessed)
    assert candidate.replica.cast_guess(asked, guessed, asked=bool(asked)) == expected


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("af_bella(2)+af_sky(1)", True),
        ("af_bella(3)-af_sky(1)", True),
        ("af_bella-af_sky", True),
        ("af_bella-nobody", False),
        ("gmw/en-US+f3", True),
        ("gmw/en", False),
    ],
)
def test_a_mix_is_spoken_by_who_has_the_voices(name: str, *, known: bool) -> None:
    engines = _engines()
    if known:
        assert engines.candidates(SpeechSettings(voice=name), "")[0].voice == name
    else:
        with pytest.raises(ParlandoError, match=name):
            engines.candidates(SpeechSettings(voice=name), "")


def test_voices_stand_until_a_worker_is_asked_for_them_again() -> None:
    engines = Engines(ManualClock())
    engines.add("one", idle_worker())
    engines.answered("one", description("one"), (voice("alto"),))
    engines.answered("one", description("one"), (voice("alto"), voice("anna")))  # it was made just now
    engines.answered("one", replace(description("one"), ready=False, detail="the engine is still loading"))
    owners = [name for name, workers in engines.groups() for each in workers if each.voice("anna")]
    assert owners == ["one"]
    engines.answered("one", description("one"), ())
    assert [known for _, workers in engines.groups() for each in workers for known in each.voices] == []

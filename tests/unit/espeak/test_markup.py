"""SSML: what is spoken, what is left out, what is refused."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parlando_espeak.manner import FASTEST_MARKED, Manner
from parlando_espeak.markup import LONGEST_BREAK
from parlando_espeak.prosody import BadValue, emphasis, prosody
from parlando_kit.errors import ParlandoError, Reason
from tests.unit.espeak.conftest import Speak, Spoken
from tests.unit.espeak.sound import RATE, fundamental, loudness


def _word(spoken: Spoken, number: int) -> array[int]:
    timed = spoken.words[number]
    return spoken.pcm[timed.first_sample : timed.end_sample]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<speak>Hello there</speak>", ["Hello", "there"]),
        ("no root <s>at all</s>", ["no", "root", "at", "all"]),
        ('<?xml version="1.0"?><!-- c --><speak>one</speak>', ["one"]),
        ("AT&amp;T caf&#233; &lt;b&gt;", ["AT&amp;T", "caf&#233;", "&lt;b&gt;"]),
        ("a<mark name='m'/>b", ["a", "b"]),
        ("<![CDATA[one <b> & two]]> three", ["one", "<b>", "&", "two", "three"]),
        ('the <sub alias="World Wide Web">WWW</sub> now', ["the", "WWW", "now"]),
        ('<sub alias="World Wide Web"/> now', ['<sub alias="World Wide Web"/>', "now"]),
        ("<say-as interpret-as='characters'>abc</say-as> end", ["abc", "end"]),
        ("one.<p>two</p><p><s>three</s><s>four</s></p>", ["one.", "two", "three", "four"]),
        ("é𝒳 <emphasis>世界</emphasis>\r\nword", ["é𝒳", "世界", "word"]),
        ("line\none\n\ntwo", ["line", "one", "two"]),
    ],
)
def test_words_are_found_in_the_markup(speak: Speak, text: str, said: list[str]) -> None:
    spoken = speak(text, ssml=True)
    assert (spoken.said, spoken.started.ignored) == (said, ())


def test_a_break_is_a_silence_of_its_length(speak: Speak) -> None:
    for text, seconds in (
        ('a<break time="1.5s"/>b', 1.5),
        ('a<break time="200ms"/><break time="1s"/>b', 1.2),
    ):
        a, b = speak(text, ssml=True).words
        assert b.first_sample - a.end_sample == pytest.approx(seconds * RATE, abs=RATE * 0.02)
    without = speak("a b", ssml=True).samples
    assert speak("a<break strength='none'/> b", ssml=True).samples == pytest.approx(without, rel=0.05)


def test_a_break_may_be_all_there_is(speak: Speak) -> None:
    spoken = speak('<break time="3s"/>', ssml=True)
    assert (spoken.samples, spoken.words, any(spoken.pcm)) == (3 * RATE, [], False)


def test_prosody_changes_what_is_inside_it_alone(speak: Speak) -> None:
    text = "seven <prosody {}>seven</prosody> seven and more"
    plain, slow, soft = (speak(text.format(how), ssml=True) for how in ("", "rate='50%'", "volume='-12dB'"))
    counts = [word.sample_count for word in slow.words]
    assert counts[1] > 1.6 * plain.words[1].sample_count
    assert counts[2] == pytest.approx(plain.words[2].sample_count, rel=0.25)
    assert loudness(_word(soft, 1)) < loudness(_word(plain, 1)) / 3
    assert loudness(_word(soft, 2)) == pytest.approx(loudness(_word(plain, 2)), rel=0.2)


def test_emphasis_is_louder(speak: Speak) -> None:
    plain = speak("I said now please", ssml=True)
    strong = speak("I said <emphasis level='strong'>now</emphasis> please", ssml=True)
    assert loudness(_word(strong, 2)) > 1.2 * loudness(_word(plain, 2))


def test_spelling_takes_longer_than_reading(speak: Speak) -> None:
    read = speak("unesco", ssml=True)
    assert speak("<say-as interpret-as='characters'>unesco</say-as>", ssml=True).samples > 1.5 * read.samples
    assert speak("<say-as interpret-as='digits'>12</say-as>", ssml=True).said == ["12"]


@pytest.mark.parametrize(
    ("text", "ignored"),
    [
        ("<voice xml:lang='fr'>oui</voice> yes", ()),
        ("<voice name='de+m3'>ja</voice> yes", ()),
        ("<voice gender='female'>yes</voice>", ()),
        ("<speak xml:lang='en-GB'>yes</speak>", ()),
        ("<voice name='nobody'>yes</voice>", ("text",)),
        ("<lang xml:lang='zxx'>yes</lang>", ("text",)),
        ("<audio src='/etc/hostname'>yes</audio>", ("text",)),
        ("<phoneme ph='x'>yes</phoneme>", ("text",)),
        ("<say-as interpret-as='date'>2024</say-as>", ("text",)),
        ("<prosody contour='(0%,+20Hz)'>yes</prosody>", ("text",)),
        ("<prosody rate='9'>yes</prosody>", ("text",)),
        ("<metadata>hidden</metadata>yes", ("text",)),
    ],
)
def test_what_cannot_be_done_is_left_out_and_noted(speak: Speak, text: str, ignored: tuple[str, ...]) -> None:
    spoken = speak(text, ssml=True)
    assert spoken.started.ignored == ignored
    assert spoken.words
    assert "hidden" not in spoken.said


def test_the_voice_changes_and_comes_back(speak: Speak) -> None:
    spoken = speak("yellow lemon <voice gender='female'>yellow lemon</voice> yellow lemon", ssml=True)
    assert spoken.started.voice == "gmw/en-US"
    before, between, after = (
        fundamental(_word(spoken, number) + _word(spoken, number + 1)) for number in (0, 2, 4)
    )
    assert between > 1.5 * before
    assert after == pytest.approx(before, rel=0.2)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("<speak>one <b>two</b></speak>", 1, 12),
        ("é <foo/>", 1, 3),
        ("one\n two <prosody rate='x'>three</prosody>", 2, 6),
        ("<speak>a < b</speak>", 1, 11),
        ("<break time='11s'/>", 1, 1),
        ("<break time='soon'/>", 1, 1),
        ("<break strength='huge'/>", 1, 1),
        ("<emphasis level='wild'>a</emphasis>", 1, 1),
        ("<prosody pitch='120Hz'>a</prosody>", 1, 1),
        ("<prosody volume='+101'>a</prosody>", 1, 1),
        ("fine &nbsp; not", 1, 6),
        ("secretword<p>", 1, 16),
        ('<?xml version="1.0"?><!DOCTYPE s [<!ENTITY e "x">]><speak>&e;</speak>', 1, 34),
    ],
)
def test_what_cannot_be_read_is_refused_by_line_and_column(
    speak: Speak, text: str, line: int, column: int
) -> None:
    with pytest.raises(ParlandoError) as refused:
        speak(text, ssml=True)
    error = refused.value
    assert (error.reason, error.field) == (Reason.BAD_MARKUP, "text")
    assert f"at line {line}, column {column}:" in error.message
    assert "secretword" not in error.message


@pytest.mark.parametrize(
    "text",
    [
        "<p>" * 400 + "deep" + "</p>" * 400,
        "<voice xml:lang='fr'>" * 60 + "oui" + "</voice>" * 60,
        "<prosody rate='slow'>" * 60 + "slow" + "</prosody>" * 60,
        "<!-- -->" * 370,
        "<break/>" * 370,
        "a<break strength='x-weak'/>" * 100,
        "<sub alias='" + "x" * 2_900 + "'>y</sub>",
    ],
    ids=lambda text: text[:12],
)
def test_markup_of_any_depth_and_number_is_spoken(speak: Speak, text: str) -> None:
    speak(text, ssml=True)


_TAGS = (
    "p",
    "s",
    "mark",
    "emphasis",
    "w",
    "speak",
    "break",
    "metadata",
    "sub alias='b c'",
    "prosody rate='slow' pitch='+2st'",
    "prosody volume='soft'",
    "voice xml:lang='fr'",
    "say-as interpret-as='characters'",
)
_LEAF = st.text("ab1 .,&<é世界😀\n\x01", max_size=12).map(
    lambda text: text.replace("\x01", " ").replace("&", "&amp;").replace("<", "&lt;")
)
_TREE = st.recursive(
    _LEAF,
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag.split()[0]}>",
        st.sampled_from(_TAGS),
        st.lists(inner, max_size=3),
    ),
    max_leaves=12,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=_TREE)
def test_any_markup_is_spoken_in_order(speak: Speak, text: str) -> None:
    speak(text, ssml=True)


def test_numbers_build_on_what_is_around_and_labels_on_the_job() -> None:
    usual, around = Manner(speed=1.2, semitones=1.0), Manner(speed=2.0, semitones=2.0, decibels=-3.0)
    assert prosody({"rate": "50%"}, around, usual).speed == 1.0
    assert prosody({"rate": "+10%"}, around, usual).speed == pytest.approx(2.2)
    assert prosody({"rate": "1.5"}, around, usual).speed == 3.0
    assert prosody({"rate": "medium"}, around, usual).speed == 1.2
    assert prosody({"pitch": "+2st"}, around, usual).semitones == 4.0
    assert prosody({"pitch": "+100%"}, around, usual).semitones == pytest.approx(14.0)
    assert prosody({"pitch": "medium"}, around, usual).semitones == 1.0
    assert prosody({"volume": "+6dB"}, around, usual).decibels == 3.0
    assert prosody({"volume": "50"}, around, usual).decibels == pytest.approx(-6.02, abs=0.01)
    assert prosody({"volume": "silent"}, around, usual).held().parameters().volume == 0
    assert emphasis("none", around) == around
    for attributes in ({"rate": "-100%"}, {"rate": "0"}, {"pitch": "2"}, {"pitch": "-100%"}, {"volume": "x"}):
        with pytest.raises(BadValue):
            prosody(attributes, around, usual)


def test_marked_text_is_not_sped_up_beyond_what_can_change_within_it(speak: Speak) -> None:
    text = "one two three four five six seven eight nine ten eleven twelve"
    fast = speak(text, ssml=True, speed=4.0)
    assert fast.started.ignored == ("prosody.speed",)
    usual = speak(text, ssml=True)
    assert usual.samples / fast.samples == pytest.approx(FASTEST_MARKED, rel=0.15)
    assert LONGEST_BREAK == 10

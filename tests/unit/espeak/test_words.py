"""Which words are timed, in real speech."""

# ruff: noqa: RUF001  # typographic marks are what is tested
from __future__ import annotations

from array import array
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parlando_kit.ledger import TimingQuality
from tests.unit.espeak.conftest import Speak
from tests.unit.espeak.sound import RATE

TEXTS = {
    "gmw/en-US": (
        "The end of the day, in the house. It costs $12.50 and 1234567 at 3.14!",
        "Dr. Smith arrived at 10:45 a.m. on 3/4/2024 (really!).",
        "Hello 😀 world 👍🏽 and 👨‍👩‍👧 end.",
        "\"I'm sure,\" she said—'it's fine'—and left.",
        "Well-known e-mail user@example.com, see https://example.com/a?b=1.",
        "wait…what ... really -- yes – no — maybe",
        "NASA, the U.S.A. and the EU's IT dept. e.g. this",
        "rock 'n' roll, don't, o'clock, the '90s",
        "50% of £5 is €2.50; -5 + 3 = -2",
        "(a) [b] {c} <d> & e / f * g # h",
        "A single line\nand another\n\nparagraph\ttab",
        "1st 2nd 3rd 4th XIV ½ x² №5 C++ C#",
        "of the of the of the to be or not to be",
        "I I I a a a",
        "“Smart quotes” ‘single’ «guillemets»",
        "Wi-Fi 802.11ac at 5GHz 10km/h 20°C",
        "I. J. K. Rowling vs. Mr. & Mrs. Jones",
        "Привет the world 你好 end",
        "12,345.67 1.2.3.4 192.168.0.1 v2.0",
        "What?! No way!!! Hmm... ok?",
        "Phone +1-800-555-1234 now",
        "x",
        "... — !",
        " \n ",
        "THIS IS ALL CAPS, OK? iPhone eBay McDonald",
        "co-operate re-enter twenty-one forget-me-not",
    ),
    "roa/fr": (
        "L'homme n'a pas d'argent ; c'est aujourd'hui « vrai » : 1 234,5 €.",
        "Où est-il ? À Paris, le 14/07/1789 à 12h30 !",
        "M. Dupont et Mme Durand n° 5, p. ex. ceci",
        "J'ai vu 3 chats 🐱 et 2 chiens.",
        "Qu'est-ce que c'est ? Ça va… bien.",
    ),
    "gmw/de": (
        "Die Straße kostet 12,50 €, z. B. am 3. Mai.",
        "Dr. Müller sagt: „Guten Tag!“ und geht.",
        "Am 24.12.2023 um 18:30 Uhr gab's 1.000 Gäste.",
        "Donaudampfschifffahrtsgesellschaftskapitän d. h. so",
        "Er/sie wohnt in der Hauptstr. 5a – usw.",
    ),
    "inc/hi": ("नमस्ते दुनिया, आप कैसे हैं? 25 लोग 3.5 किलो।",),
    "sem/ar": ("مرحبا بالعالم، كيف حالك؟ 123 كتاب.",),
    "zle/ru": ("Привет, мир! Это стоит 25 рублей. Hello там.",),
    "ko": ("안녕하세요 세계, 25 명",),
}


@pytest.mark.parametrize(
    ("voice", "text"), [(voice, text) for voice, texts in TEXTS.items() for text in texts], ids=ascii
)
def test_each_token_with_a_letter_or_digit_is_one_word(speak: Speak, voice: str, text: str) -> None:
    said = speak(text, voice).said
    worded = [token for token in text.split() if any(character.isalnum() for character in token)]
    assert [token for token in said if any(character.isalnum() for character in token)] == worded


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hello 😀 world 👍🏽 and 👨‍👩‍👧 end.", ["Hello", "😀", "world", "👍🏽", "and", "👨‍👩‍👧", "end."]),
        ("yes -- no – & … maybe", ["yes", "no", "&", "maybe"]),
        ("2 + 2 = 4", ["2", "+", "2", "=", "4"]),
    ],
)
def test_symbols_are_words_where_they_are_spoken(speak: Speak, text: str, said: list[str]) -> None:
    assert speak(text).said == said


@pytest.mark.parametrize(
    ("voice", "text", "said"),
    [
        ("sit/cmn", "你好,世界。今天是2024年", ["你好,", "世", "界。", "今", "天", "是", "2024", "年"]),
        ("jpx/ja", "こんにちは、世界。テスト", ["こんにちは、", "世界。", "テスト"]),
        ("tai/th", "สวัสดีครับ วันนี้อากาศดี", ["สวัสดีครับ", "วันนี้", "อากาศดี"]),
    ],
)
def test_where_no_spaces_divide_words_each_that_is_reported_is_one(
    speak: Speak, voice: str, text: str, said: list[str]
) -> None:
    assert speak(text, voice).said == said


def test_words_that_the_library_fuses_share_their_time_by_length(speak: Speak) -> None:
    of, the, day = speak("of the day").words
    assert [word.quality for word in (of, the, day)] == [
        TimingQuality.ESTIMATED,
        TimingQuality.ESTIMATED,
        TimingQuality.EXACT,
    ]
    assert (of.first_sample, of.end_sample, the.end_sample) == (0, the.first_sample, day.first_sample)
    assert of.sample_count == pytest.approx(the.sample_count * 2 / 3, abs=2)


@pytest.mark.parametrize("speed", [0.5, 1.0, 2.5, 4.0])
def test_words_begin_and_end_with_their_sound(speak: Speak, speed: float) -> None:
    # Each word is a sentence: it begins and ends at silence, which the audio shows.
    spoken = speak("Man. Road. Lake. Moon. Rain. Wind. Lion. Nine. Ruin. Yarn.", speed=speed)
    assert len(spoken.words) == 10
    tolerance = RATE // 200
    for word, following in pairwise(spoken.words):
        pause = spoken.pcm[word.end_sample + tolerance : following.first_sample]
        assert len(pause) > tolerance
        assert _peak(pause) < 100
        assert _peak(spoken.pcm[word.first_sample : word.end_sample]) > 3_000


def test_pauses_between_clauses_belong_to_no_word(speak: Speak) -> None:
    hello, there = speak("Hello. There.").words
    assert there.first_sample - hello.end_sample > RATE // 5


@pytest.mark.parametrize("text", ["!", "... — !", "\n", "?!", "“”", "(…)", "。！"])
def test_marks_alone_are_not_read_out(speak: Speak, text: str) -> None:
    assert (speak(text).samples, speak(text).words) == (0, [])


@pytest.mark.parametrize(
    "text", ["[[h@l'oU]] there", "<b>bold</b> there", "AT&amp;T there", "\x01300Sslow there", "\x02x there"]
)
def test_nothing_in_a_plain_text_is_markup(speak: Speak, text: str) -> None:
    spoken = speak(text)
    assert spoken.said[-1] == "there"
    # What would be a command, a tag or phonemes is read out, and so takes its time.
    assert spoken.words[-1].first_sample > RATE // 5
    plain = speak("there")
    there = spoken.words[-1]
    assert there.sample_count == pytest.approx(plain.words[0].sample_count, rel=0.25)


_VOICES = ("gmw/en-US", "roa/fr", "gmw/de+m3", "sit/cmn", "jpx/ja", "inc/hi", "sem/ar", "zle/ru", "tai/th")
_TEXT = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\u200d\u200b\u202e\ufe0f\u0301\u0e31\u094d😀👩🏽…。،!?.,;: '\"-\n\x01\x02[]<&abc12"),
    ),
    max_size=300,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=_TEXT, voice=st.sampled_from(_VOICES))
def test_any_text_is_spoken_in_order(speak: Speak, text: str, voice: str) -> None:
    speak(text, voice)


@pytest.mark.parametrize("piece", ["ab1", "g.e.", "…", "9", "\u0301", "😀", "ก", "( ", "\n", "¿"])
def test_the_longest_texts_are_spoken(speak: Speak, piece: str) -> None:
    speak((piece * 3000)[:3000], speed=4.0)


def _peak(pcm: array[int]) -> int:
    return max(map(abs, pcm), default=0)

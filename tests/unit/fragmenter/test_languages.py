"""The language of each fragment: rules with a detector that is told its answers, and the model on a table."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import unseen_languages
from hypothesis import given
from hypothesis import strategies as st

from parlando_fragmenter import language_model
from parlando_fragmenter.fragment import Fragment
from parlando_fragmenter.fragmenter import Fragmenter
from parlando_fragmenter.languages import Guess, GuessedLanguages, Languages, StatedLanguage
from parlando_fragmenter.settings import FragmenterSettings
from tests.unit.fragmenter.feeding import pieces_of, texts

DATA = Path(__file__).parents[2] / "data"
AMONG = FragmenterSettings().among
MODEL = language_model.load(AMONG)

_ANSWERS: dict[str, dict[str, float]] = {
    "guten morgen": {"de": 0.9, "nl": 0.05},
    "good morning": {"en": 0.7, "de": 0.04},
    "nome de brincadeira": {"gl": 0.95, "pt": 0.04},
    "vielleicht oder nicht": {"de": 0.7, "nl": 0.3},
    "तू किल्ल्या": {"mr": 0.5, "hi": 0.2, "en": 0.3},
}


def _detect(words: str) -> Mapping[str, float]:
    return _ANSWERS[words]


def _tags(languages: Languages, *texts: str) -> list[list[str]]:
    return [[part.language.tag for part in languages.parts(text)] for text in texts]


def test_what_the_caller_states_holds_for_everything() -> None:
    (part,) = StatedLanguage("en-GB").parts("Hello こんにちは")
    assert part == (11, Guess("en-GB", 1.0))


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("வணக்கம்", "ta"),
        ("నమస్తే", "te"),
        ("안녕", "ko"),
        ("สวัสดี", "th"),
        ("こんにちは", "ja"),
        ("你好", "zh"),
        ("Привет всем", "ru"),
        ("नमस्ते", "hi"),
        ("Hello there, everybody.", ""),
        ("...", ""),
    ],
)
def test_the_writing_system_tells_without_a_model(text: str, tag: str) -> None:
    assert _tags(GuessedLanguages(), text) == [[tag]]


def test_languages_that_share_a_system_are_told_apart_by_the_model() -> None:
    found = _tags(GuessedLanguages(_detect, AMONG), "Guten Morgen.", "Good morning.", "तू किल्ल्या")
    assert found == [["de"], ["en"], ["mr"]]


def test_one_short_word_never_changes_the_language() -> None:
    # A detector that is asked about any of these fails with a KeyError.
    found = _tags(
        GuessedLanguages(_detect, AMONG), "Guten Morgen.", "OK.", "Sure!", "Donaudampfschiff 12.", "…"
    )
    assert found == [["de"]] * 5


def test_what_is_unsure_or_not_asked_for_changes_nothing() -> None:
    languages = GuessedLanguages(_detect, AMONG)
    found = _tags(languages, "Good morning.", "Nome de brincadeira", "Vielleicht, oder nicht?")
    assert found == [["en"]] * 3
    assert languages.parts("Vielleicht, oder nicht?")[0].language.confidence == 0.5


def test_addresses_names_of_things_and_capitals_are_not_asked_about() -> None:
    found = _tags(
        GuessedLanguages(_detect, AMONG), "NASA AND FBI", "see_this.that https://example.org/ab 12th 3x"
    )
    assert found == [[""], [""]]


def test_each_writing_system_has_a_language_of_its_own() -> None:
    found = _tags(GuessedLanguages(_detect, AMONG), "Guten Morgen.", "안녕", "OK.")
    assert found == [["de"], ["ko"], ["de"]]


def test_chinese_characters_in_japanese_are_japanese() -> None:
    assert _tags(GuessedLanguages(), "東京", "はい。", "東京", "我们星期四可以在这里见面吗") == [
        ["zh"],
        ["ja"],
        ["ja"],
        ["zh"],
    ]


def test_a_fragment_is_cut_where_its_language_changes() -> None:
    fragmenter = Fragmenter(languages=GuessedLanguages(), source_offset=5)
    fragments = [*fragmenter.feed("I like 東京 a lot. Yes."), *fragmenter.end()]
    told = [(one.spoken, one.language.tag, one.pause_after, one.ends_sentence) for one in fragments]
    assert told == [
        ("I like", "", 0.0, False),
        ("東京", "zh", 0.0, False),
        ("a lot.", "", 0.35, True),
        ("Yes.", "", 0.0, True),
    ]
    assert [one.source.start for one in fragments] == [5, 12, 15, 22]
    assert fragments[-1].source.end == 26


@given(
    st.one_of(texts, st.text(st.characters(exclude_categories=()))), st.lists(st.integers(0, 9), min_size=1)
)
def test_any_text_in_any_pieces_has_the_same_languages(text: str, sizes: list[int]) -> None:
    def told(pieces: list[str]) -> list[tuple[int, str, Guess]]:
        fragmenter = Fragmenter(languages=GuessedLanguages(MODEL, AMONG))
        fragments = [*(one for piece in pieces for one in fragmenter.feed(piece)), *fragmenter.end()]
        return [(one.source.end, one.spoken, one.language) for one in fragments]

    whole = told([text])
    assert told(list(pieces_of(text, sizes))) == whole
    assert not text or whole[-1][0] == len(text)


def test_the_model_on_the_table() -> None:
    cases = json.loads((DATA / "languages.json").read_text())
    found = [(case["language"], _tags(GuessedLanguages(MODEL, AMONG), case["text"])[0]) for case in cases]
    assert len(found) >= 200
    right = sum(tags == [language] for language, tags in found)
    unsure = sum(tags == [""] for _, tags in found)
    assert right / len(found) >= 0.93
    assert (
        len(found) - right - unsure <= 4
    )  # Marathi taken for Hindi: the same letters, many of the same words


def test_the_model_on_sentences_that_no_threshold_was_set_on() -> None:
    one, two = unseen_languages.told(unseen_languages.fragmenter())
    assert one.count >= 80
    assert one.right / one.count >= 0.93
    assert one.wrong <= 1
    assert two.count >= 1500
    assert two.right / two.count >= 0.93
    assert two.wrong / two.count <= 0.03


def test_a_quotation_is_set_off_where_the_rest_is_in_another_language() -> None:
    languages = GuessedLanguages(MODEL, AMONG)
    text = 'She shrugged, said "je ne sais pas quoi faire" (in French), and left the room.'
    start, end = text.index('"'), text.index("(")
    assert [(part.end, part.language.tag) for part in languages.parts(text)] == [
        (start, "en"),
        (end, "fr"),
        (len(text), "en"),
    ]
    assert _tags(languages, "So it is, then.") == [["en"]]


@pytest.mark.parametrize(
    "text",
    [
        'Er sagte: "Ich komme morgen nach Hause, versprochen", und ging.',
        "Er ging (und das war auch gut so) nach Hause, weil es schon spät war.",
        '"Ich komme morgen nach Hause" ok',
    ],
)
def test_a_quotation_in_the_same_language_is_not_set_off(text: str) -> None:
    assert len(GuessedLanguages(MODEL, AMONG).parts(text)) == 1


def test_english_stays_english() -> None:
    """Names, quotes and chat: nothing of it is given to another language."""
    prose = [
        case["text"] for case in json.loads((DATA / "texts.json").read_text()) if case["language"] == "en"
    ]
    prose += [
        case["text"] for case in json.loads((DATA / "languages.json").read_text()) if case["language"] == "en"
    ]
    fragments: list[Fragment] = []
    for text in prose:
        fragmenter = Fragmenter(languages=GuessedLanguages(MODEL, AMONG))
        fragments += [*fragmenter.feed(text), *fragmenter.end()]
    assert len(fragments) > 60
    assert [one.spoken for one in fragments if one.language.tag not in ("en", "")] == []

"""Which symbols are which word's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kokoro_onnx.config import DEFAULT_VOCAB

from parlando_kokoro.symbols import MARKS, trained
from parlando_synth.reading import Reading, read, read_phonemes, shared
from parlando_synth.spelling import SpellingProcess


@pytest.fixture(scope="module")
def speller() -> Iterator[SpellingProcess]:
    process = SpellingProcess("parlando_kokoro.speller")
    yield process
    process.close()


def reading_of(text: str, speller: SpellingProcess, language: str = "en-us") -> Reading:
    def spell(texts: Sequence[str]) -> list[str]:
        return [trained(spelled, language) for spelled in speller.spell(language, texts)]

    return read(text, spell, DEFAULT_VOCAB, MARKS)


def spoken(text: str, reading: Reading) -> list[tuple[str, str]]:
    return [
        (text[word.spoken.start : word.spoken.end], reading.symbols[word.start : word.end])
        for word in reading.words
    ]


def test_words_that_are_run_together_are_told_apart(speller: SpellingProcess) -> None:
    text = "The eye of the 21 lamps has been in the house."
    reading = reading_of(text, speller)
    assert reading.symbols == "ðɪ ˈI ʌv ðə twˈɛnti wˈʌn lˈæmps hˈæz bin ɪn ðə hˈWs."
    words = ["The", "eye", "of", "the", "21", "lamps", "has", "been", "in", "the", "house"]
    assert [word for word, _ in spoken(text, reading)] == words
    assert dict(spoken(text, reading))["21"] == "twˈɛnti wˈʌn"


def test_marks_are_kept_and_are_no_words(speller: SpellingProcess) -> None:
    text = 'She said: "wait" - and he did, didn\'t he?'
    reading = reading_of(text, speller)
    assert [symbol for symbol in reading.symbols if symbol in ':",?'] == [":", '"', '"', ",", "?"]
    assert "didn't" in dict(spoken(text, reading))


def test_a_word_may_say_how_it_is_spoken(speller: SpellingProcess) -> None:
    text = "I like [Kokoro](/kˈOkəɹO/) best."
    reading = reading_of(text, speller)
    assert ("Kokoro", "kˈOkəɹO") in spoken(text, reading)
    assert [word for word, _ in spoken(text, reading)] == ["I", "like", "Kokoro", "best"]


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("नमस्ते दुनिया।", "hi", ["नमस्ते", "दुनिया"]),
        ("C'est la vie.", "fr-fr", ["C'est", "la", "vie"]),
        ("¿Qué tal?", "es", ["Qué", "tal"]),
    ],
)
def test_other_languages(speller: SpellingProcess, text: str, language: str, words: list[str]) -> None:
    reading = reading_of(text, speller, language)
    assert [word for word, _ in spoken(text, reading)] == words
    assert all(symbols for _, symbols in spoken(text, reading))


@pytest.mark.parametrize("text", ["", " \n ", "... - !", "🙂", "\u0301"])
def test_what_holds_no_words_has_none(speller: SpellingProcess, text: str) -> None:
    reading = reading_of(text, speller)
    assert [word for word in reading.words if word.start != word.end] == []


@given(text=st.text(max_size=60))
def test_any_text_can_be_read(speller: SpellingProcess, text: str) -> None:
    reading = reading_of(text, speller)
    assert set(reading.symbols) <= set(DEFAULT_VOCAB)
    end = symbols = 0
    for word in reading.words:
        assert end <= word.spoken.start < word.spoken.end <= len(text)
        assert symbols <= word.start <= word.end <= len(reading.symbols)
        end, symbols = word.spoken.end, word.end


def test_phonemes_are_taken_as_they_are() -> None:
    reading = read_phonemes("həlˈO, wˈɜɹld!", DEFAULT_VOCAB, MARKS)
    assert reading.symbols == "həlˈO, wˈɜɹld!"
    assert [(word.spoken.start, word.spoken.end) for word in reading.words] == [(0, 5), (7, 13)]
    assert reading.complete
    assert not read_phonemes("h3llo", DEFAULT_VOCAB, MARKS).complete


def test_a_sound_between_two_words_is_of_the_word_that_it_is_written_with() -> None:
    assert shared("ɛvɹiʲ ˈiːvnɪŋ ðɪʲ ˈoʊld", ["ˈɛvɹi", "ˈiːvnɪŋ", "ðə", "ˈoʊld"]) == [
        "ɛvɹiʲ",
        "ˈiːvnɪŋ",
        "ðɪʲ",
        "ˈoʊld",
    ]
    assert shared("ʌvðə hˈaʊs", ["ʌv", "ðə", "hˈaʊs"]) == ["ʌv", "ðə", "hˈaʊs"]


@given(st.lists(st.text("abcˈ", min_size=1, max_size=6), min_size=1, max_size=8), st.data())
def test_what_is_shared_out_is_the_whole(alone: list[str], data: st.DataObject) -> None:
    whole = "".join(part + data.draw(st.sampled_from(["", " "])) for part in alone).strip()
    parts = shared(whole, alone)
    assert len(parts) == len(alone)
    assert "".join(parts).replace(" ", "") == whole.replace(" ", "")

"""The Golden Rules, judged on `ends_sentence` of fragments fed one code point at a time."""

import json
from pathlib import Path

import pytest

from tests.unit.fragmenter.feeding import fragments_of

_RULES = json.loads((Path(__file__).parents[2] / "data" / "golden_rules.json").read_text("utf-8"))["rules"]

# How many of a language's cases are right; never fewer. The three Arabic ones that are wrong take a colon or
# a comma for the end of a sentence.
_RIGHT = {"en": 48, "de": 3, "fr": 5, "es": 5, "it": 3, "hi": 1, "ja": 4, "zh": 2, "ar": 5}


def _sentences(text: str) -> list[str]:
    sentences, sentence = [], ""
    for fragment in fragments_of(text):
        sentence += text[fragment.source.start : fragment.source.end]
        if fragment.ends_sentence:
            sentences.append(sentence.strip())
            sentence = ""
    assert not sentence  # the end of the text ends a sentence
    return sentences


@pytest.mark.parametrize("language", _RIGHT)
def test_sentences_end_where_the_golden_rules_say(language: str) -> None:
    wrong = [case for case in _RULES[language] if _sentences(case["text"]) != case["sentences"]]
    assert len(_RULES[language]) - len(wrong) == _RIGHT[language], wrong

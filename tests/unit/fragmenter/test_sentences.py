"""Where sentences end, by the table in sentences.txt. Fed one code point at a time."""

from pathlib import Path

import pytest

from tests.unit.fragmenter.feeding import sentences_of

_ESCAPES = {"\\n": "\n", "\\r": "\r", "\\p": "\u2029"}


def _cases() -> list[str]:
    lines = Path(__file__).with_name("sentences.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("## ")]


@pytest.mark.parametrize("marked", _cases())
def test_sentences_end_at_the_marks(marked: str) -> None:
    for written, meant in _ESCAPES.items():
        marked = marked.replace(written, meant)
    assert sentences_of(marked.replace("|", "")) == [part.strip() for part in marked.split("|")]


def test_ordinals_with_a_full_stop_are_known_by_language() -> None:
    text = "Der 2. Weltkrieg endete."
    assert sentences_of(text, "de-AT") == [text]
    assert sentences_of(text) == ["Der 2.", "Weltkrieg endete."]

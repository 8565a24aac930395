"""Runs of one writing system."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlando_fragmenter.writing import CHINESE, LATIN, runs


@pytest.mark.parametrize(
    ("text", "before", "expected"),
    [
        ("Just English.", "", [("Just English.", LATIN)]),
        ("12, 34!", "", [("12, 34!", "")]),
        ("I said こんにちは to her.", "", [("I said ", LATIN), ("こんにちは ", CHINESE), ("to her.", LATIN)]),
        (
            "He wrote (नमस्ते दोस्त), then left",
            "",
            [("He wrote ", LATIN), ("(नमस्ते दोस्त), ", "Devanagari"), ("then left", LATIN)],
        ),
        ("今日はAIとPythonの話です。", "", [("今日はAIとPythonの話です。", CHINESE)]),
        ("Tシャツを買った", "", [("Tシャツを買った", CHINESE)]),
        ("मुझे machine learning पसंद है", "", [("मुझे machine learning पसंद है", "Devanagari")]),
        ("नमस्ते, how are you today?", "", [("नमस्ते, ", "Devanagari"), ("how are you today?", LATIN)]),
        ("the angle π is small", "", [("the angle π is small", LATIN)]),
        ("Hello мир", LATIN, [("Hello ", LATIN), ("мир", "Cyrillic")]),
        ("Hello мир", "Cyrillic", [("Hello мир", "Cyrillic")]),
        (
            "the character 好 means good",
            "",
            [("the character ", LATIN), ("好 ", CHINESE), ("means good", LATIN)],
        ),
        ("안녕하세요 வணக்கம்", "", [("안녕하세요 ", "Hangul"), ("வணக்கம்", "Tamil")]),
        ("In 2024 5月に", LATIN, [("In 2024 ", LATIN), ("5月に", CHINESE)]),
        ("", "", []),
    ],
)
def test_runs(text: str, before: str, expected: list[tuple[str, str]] | None) -> None:
    found = [(text[run.start : run.end], run.system) for run in runs(text, before)]
    assert found == expected


@given(st.text(), st.sampled_from(["", LATIN, CHINESE, "Thai"]))
def test_runs_cover_any_text(text: str, before: str) -> None:
    found = runs(text, before)
    assert "".join(text[run.start : run.end] for run in found) == text
    assert all(run.start < run.end for run in found)
    assert all(one.system != other.system for one, other in pairwise(found))

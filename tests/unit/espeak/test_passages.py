"""What is left of a text that brought the library down."""

from __future__ import annotations

import pytest

from parlando_espeak.passages import simplified


@pytest.mark.parametrize(
    ("text", "start", "left"),
    [
        ("a.b.c, d. e", 0, "a b c, d. e"),
        ("one ⠿ two", 0, "one   two"),
        ("said. not 😀 said.", 6, "      not   said."),
        ("all of it was said", 18, " " * 18),
        ("", 0, ""),
    ],
)
def test_as_many_characters_are_left_but_fewer_to_say(text: str, start: int, left: str) -> None:
    assert simplified(text, start) == left

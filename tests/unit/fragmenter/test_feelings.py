"""Emoji and emoticons suggest a feeling, of whole sentences alone."""

from __future__ import annotations

import pytest

from parlando_fragmenter.feelings import suggested
from parlando_fragmenter.fragmenter import Fragmenter
from parlando_fragmenter.schedule import Bounds
from parlando_fragmenter.translation import fragment_message


@pytest.mark.parametrize(
    ("text", "feeling"),
    [
        ("We won! 🎉", "excited"),
        ("That is kind of you 😊😊", "happy"),
        ("I love it ❤\ufe0f", "happy"),
        ("We lost. 😢", "sad"),
        ("Not again 😡", "angry"),
        ("Oh! 😮", "surprised"),
        ("See you :-)", "happy"),
        ("Not today :'(", "sad"),
        ("Laughing 😂, then crying 😢", ""),
        ("The note (see page 3:) is on 8:(9)", ""),
        ("A ship 🚢 and a lamp 💡", ""),
        ("Nothing at all!", ""),
        ("", ""),
    ],
)
def test_a_text_suggests_what_its_faces_show(text: str, feeling: str) -> None:
    assert suggested(text) == feeling


def test_only_fragments_of_whole_sentences_have_a_feeling() -> None:
    def feelings(text: str) -> list[tuple[str, str]]:
        fragmenter = Fragmenter(bounds=Bounds(first=24, growth=1.0, most=60))
        fragments = [*fragmenter.feed(text), *fragmenter.end()]
        return [(fragment.spoken.strip(), fragment.feeling) for fragment in fragments]

    assert feelings("That is good news. 😊") == [("That is good news. 😊", "happy")]
    parts = feelings("The keeper climbed all of the hundred steps, and he lit the lamp again. 😊")
    assert len(parts) > 1
    assert {feeling for _, feeling in parts} == {""}


def test_it_is_told_by_name_alone() -> None:
    fragmenter = Fragmenter()
    [fragment] = [*fragmenter.feed("Well done 😀"), *fragmenter.end()]
    told = fragment_message(fragment).emotion
    assert (told.name, told.HasField("intensity")) == ("happy", False)

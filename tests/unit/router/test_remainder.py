"""What another engine is given to say."""

from __future__ import annotations

import pytest

from parlando_kit.spans import Span
from parlando_router.ports import TextKind
from parlando_router.remainder import remainder


@pytest.mark.parametrize(
    ("text", "said", "left"),
    [
        ("Seven green steps.", "", "Seven green steps."),
        ("Seven green steps.", "Seven", "green steps."),
        ("Seven, (green) steps.", "Seven", "(green) steps."),
        ("Seven (green), steps.", "Seven (green", "steps."),
        ("Seven green steps.", "Seven green steps", ""),
        ("Seven green steps … ", "Seven green steps", ""),
        ("It costs .5 or so.", "It costs", ".5 or so."),
        ("He said: “no!” Then", "He said: “no", "Then"),
        ("5 %", "5", "%"),
    ],
)
def test_plain_text_goes_on_behind_what_closes_the_last_word(text: str, said: str, left: str) -> None:
    passage = remainder(text, TextKind.PLAIN, len(said))
    assert passage.text == left
    word = Span(0, len(left.split(maxsplit=1)[0])) if left else Span(0, 0)
    spoken = passage.in_spoken(word)
    assert text[spoken.start : spoken.end] == left[: word.end]


@pytest.mark.parametrize(
    ("text", "said", "left"),
    [
        (
            '<speak><prosody rate="fast">Seven green</prosody> steps</speak>',
            '<speak><prosody rate="fast">Seven',
            '<speak><prosody rate="fast">green</prosody> steps</speak>',
        ),
        (
            '<speak><sub alias="seven">7</sub>, green <break/> steps</speak>',
            '<speak><sub alias="seven">7',
            "<speak>green <break/> steps</speak>",
        ),
        (
            "<speak>Seven <break/> green <!-- a > b --> steps</speak>",
            "<speak>Seven <break/> green",
            "<speak><!-- a > b --> steps</speak>",
        ),
        ("<speak><p>Seven</p>.</speak>", "<speak><p>Seven", ""),
    ],
)
def test_markup_is_opened_again(text: str, said: str, left: str) -> None:
    passage = remainder(text, TextKind.SSML, len(said))
    assert passage.text == left
    if "green" in left:
        at = left.index("green")
        spoken = passage.in_spoken(Span(at, at + 5))
        assert text[spoken.start : spoken.end] == "green"

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlando_fragmenter.rendering import render
from parlando_kit.spans import Piece, Span
from tests.unit.fragmenter.feeding import texts

_any_text = st.one_of(texts, st.text(st.characters(exclude_categories=())))


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("one two", "one two"),
        ("  one \n two\t", "one two"),
        ("one\x00two\x1b[0m", "one two [0m"),
        ("co\u00adop\ufeff \u200btwo\u202e", "coop two"),
        ("one\u00a0two", "one two"),
        ("\ud800one\udfff", "one"),
        ("f\u00fcr \u6f22 \U0001f468\u200d\U0001f469", "f\u00fcr \u6f22 \U0001f468\u200d\U0001f469"),
        ("$5 & 5%", "$5 & 5%"),
        ("*** --- ... ()", ""),
        (" \n", ""),
        ("", ""),
    ],
)
def test_what_is_said(text: str, spoken: str) -> None:
    assert render(text, Span(0, len(text))).spoken == spoken


def test_the_map_leads_back_to_what_is_written() -> None:
    assert list(render("a \n b", Span(10, 15)).text_map.pieces) == [
        Piece(Span(10, 11), Span(0, 1), verbatim=True),
        Piece(Span(11, 14), Span(1, 2), verbatim=False),
        Piece(Span(14, 15), Span(2, 3), verbatim=True),
    ]


def test_what_was_dropped_before_is_in_the_map() -> None:
    assert list(render("a", Span(3, 10)).text_map.pieces) == [
        Piece(Span(3, 9), Span(0, 0), verbatim=False),
        Piece(Span(9, 10), Span(0, 1), verbatim=True),
    ]


@given(_any_text, st.integers(0, 9))
def test_the_map_covers_both_texts_and_verbatim_pieces_are_the_same(text: str, start: int) -> None:
    rendering = render(text, Span(start, start + len(text)))
    if text:
        assert rendering.text_map.source == Span(start, start + len(text))
        assert rendering.text_map.spoken == Span(0, len(rendering.spoken))
    for piece in rendering.text_map.pieces:
        written = text[piece.source.start - start : piece.source.end - start]
        said = rendering.spoken[piece.spoken.start : piece.spoken.end]
        assert (written == said) if piece.verbatim else said in ("", " ")


@given(_any_text)
def test_what_is_said_can_travel_and_has_no_empty_ends(text: str) -> None:
    spoken = render(text, Span(0, len(text))).spoken
    assert spoken.encode().decode() == spoken
    assert spoken == spoken.strip()
    assert "  " not in spoken
    assert "\x00" not in spoken

"""How English is said, by the table in data/normalisation_en.txt."""

import pytest

from parlando_fragmenter.fragmenter import Fragmenter
from parlando_fragmenter.normalisation.normaliser import normaliser_for
from parlando_fragmenter.rendering import render
from parlando_kit.spans import Span
from tests.unit.fragmenter.normalisation_table import Case, cases

_CASES = cases()
_SAID = [case for case in _CASES if not case.known]
_KNOWN = [case for case in _CASES if case.known]


def _said(case: Case) -> tuple[str, tuple[tuple[int, int, str], ...]]:
    """Return what is said for a case, and the rewrites, each with its place in the text."""
    rendering = render(case.text, Span(0, len(case.text)), normaliser_for(case.language))
    spoken = rendering.spoken
    return spoken, tuple(
        (piece.source.start, piece.source.end, spoken[piece.spoken.start : piece.spoken.end])
        for piece in rendering.text_map.pieces
        if not piece.verbatim
    )


@pytest.mark.parametrize("case", _SAID, ids=[case.marked for case in _SAID])
def test_english_is_said_as_the_table_says(case: Case) -> None:
    assert _said(case) == (case.spoken, case.rewrites)


@pytest.mark.parametrize("case", _KNOWN, ids=[case.marked for case in _KNOWN])
def test_what_is_known_to_be_wrong_still_is(case: Case) -> None:
    assert _said(case) != (case.spoken, case.rewrites), "it is right now: take the mark off"


def test_the_table_is_large_and_nearly_all_of_it_right() -> None:
    assert len(_CASES) >= 300
    assert len(_SAID) >= 0.97 * len(_CASES)


def _spoken_in_fragments(case: Case) -> str:
    fragmenter = Fragmenter(language=case.language, normaliser=normaliser_for(case.language))
    fragments = [*(found for each in case.text for found in fragmenter.feed(each)), *fragmenter.end()]
    return " ".join(fragment.spoken for fragment in fragments if fragment.spoken)


def test_it_is_said_so_in_fragments_of_text_that_comes_one_code_point_at_a_time() -> None:
    assert [case.marked for case in _SAID if _spoken_in_fragments(case) != case.spoken] == []

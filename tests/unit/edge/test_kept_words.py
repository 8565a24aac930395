"""Words as numbers: what comes out is what went in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlando_edge.realtime.kept_words import KeptWords
from parlando_kit.ledger import TimingQuality, Word
from parlando_kit.spans import Span

_NUMBERS = st.integers(0, 2**40)
_SPANS = st.tuples(_NUMBERS, _NUMBERS).map(sorted).map(lambda ends: Span(*ends))
_WORDS = st.builds(Word, _SPANS, _NUMBERS, _SPANS, _NUMBERS, _NUMBERS, st.sampled_from(TimingQuality))


@given(st.lists(_WORDS, max_size=5))
def test_they_are_the_words_that_were_given(words: list[Word]) -> None:
    kept = KeptWords(words)
    assert (list(kept), len(kept)) == (words, len(words))
    assert kept == tuple(words)
    assert [kept[-place] for place in range(1, len(words) + 1)] == words[::-1]
    assert list(kept[1:3]) == words[1:3]
    assert kept != tuple(words)[1:] or not words
    with pytest.raises(IndexError):
        kept[len(words)]

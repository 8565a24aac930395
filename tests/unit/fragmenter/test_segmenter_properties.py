from hypothesis import given, settings
from hypothesis import strategies as st

from parlando_fragmenter.gap import LOOKAHEAD, Gap, Sentence, Strength
from parlando_fragmenter.listing import Item
from parlando_fragmenter.marks import read
from parlando_fragmenter.rules import judge
from parlando_fragmenter.segmenter import Segmenter
from tests.unit.fragmenter.feeding import boundaries_of, pieces_of, texts

_sizes = st.lists(st.integers(0, 9), min_size=1, max_size=8)


@settings(max_examples=500)
@given(texts, _sizes)
def test_boundaries_do_not_depend_on_how_the_text_is_cut(text: str, sizes: list[int]) -> None:
    whole = boundaries_of([text])
    assert boundaries_of(pieces_of(text, sizes)) == whole
    assert boundaries_of(text) == whole


@given(texts)
def test_boundaries_only_move_forward_and_lie_within_the_text(text: str) -> None:
    at = 0
    for boundary in boundaries_of(text):
        assert at <= boundary.end <= boundary.position <= len(text)
        assert at < boundary.position
        at = boundary.position


@given(texts)
def test_no_boundary_is_found_before_what_is_settled(text: str) -> None:
    segmenter = Segmenter()
    for character in text:
        settled = segmenter.settled
        assert all(boundary.end >= settled for boundary in segmenter.feed(character))
        assert segmenter.settled >= settled


@given(texts, st.lists(st.sampled_from(["feed", "flush", "pause"]), max_size=12))
def test_nothing_is_found_twice_whatever_is_asked_when(text: str, steps: list[str]) -> None:
    segmenter = Segmenter()
    found = segmenter.feed(text)
    for step in steps:
        found += segmenter.feed(text) if step == "feed" else getattr(segmenter, step)()
    ends = [boundary.end for boundary in found + segmenter.flush()]
    assert ends == sorted(set(ends))


@given(texts)
def test_what_is_kept_is_bounded(text: str) -> None:
    segmenter = Segmenter()
    for character in text * 3:
        segmenter.feed(character)
        assert len(segmenter._ahead) < LOOKAHEAD
        assert len(segmenter._token) <= 64


@given(texts, texts, st.integers(0, 2), st.integers(0, 9), st.booleans())
def test_the_rules_decide_when_no_more_will_come(
    word: str,
    ahead: str,
    breaks: int,
    words: int,
    in_list: bool,  # noqa: FBT001  # drawn
) -> None:
    token, ahead = "".join(word.split()), ahead.lstrip()[:LOOKAHEAD]
    sentence = Sentence("", words, item=Item(1, "1", ".") if in_list else None)
    gap = Gap(
        read(token or "a"), 20, 1, breaks, ahead, final=True, quoted=False, bracketed=False, sentence=sentence
    )
    assert judge(gap) is not Strength.UNDECIDED

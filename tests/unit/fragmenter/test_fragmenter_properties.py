from collections.abc import Iterator, Sequence
from enum import Enum, auto

from hypothesis import given, settings
from hypothesis import strategies as st

from parlando_fragmenter.fragment import Fragment
from parlando_fragmenter.fragmenter import Fragmenter
from parlando_fragmenter.markdown import MarkdownReader
from parlando_fragmenter.markdown_patterns import LONGEST_MARK
from parlando_fragmenter.schedule import Bounds
from tests.unit.fragmenter.feeding import fragments_of, markdown_texts, pieces_of, texts


class _Ask(Enum):
    FLUSH = auto()
    PAUSE = auto()


_Step = str | _Ask | tuple[float, float]

_any_text = st.one_of(texts, st.text(st.characters(exclude_categories=())))
_bounds = st.builds(
    Bounds, first=st.integers(1, 60), growth=st.floats(1, 8, allow_nan=False), most=st.integers(20, 90)
)


def _steps_of(written: st.SearchStrategy[str]) -> st.SearchStrategy[list[_Step]]:
    hints = st.tuples(st.floats(0, 1e6, allow_nan=False), st.floats(0, 10, allow_nan=False))
    return st.lists(st.one_of(written, st.sampled_from(_Ask), hints), max_size=12)


_steps = _steps_of(texts)


def _run(fragmenter: Fragmenter, steps: Sequence[_Step]) -> Iterator[Fragment]:
    for step in steps:
        if isinstance(step, tuple):
            yield from fragmenter.hint(*step)
        elif isinstance(step, str):
            yield from fragmenter.feed(step)
        else:
            yield from fragmenter.flush() if step is _Ask.FLUSH else fragmenter.pause()
    yield from fragmenter.end()


def _check(fragments: Sequence[Fragment], text: str, bounds: Bounds) -> None:
    at = 0
    for index, fragment in enumerate(fragments):
        assert fragment.index == index
        assert fragment.source.start == at
        assert len(fragment.source) > 0
        assert len(fragment.spoken) <= bounds.most
        assert fragment.text_map.source == fragment.source
        assert fragment.text_map.spoken.end == len(fragment.spoken)
        for piece in fragment.text_map.pieces:
            if piece.verbatim:
                said = fragment.spoken[piece.spoken.start : piece.spoken.end]
                assert said == text[piece.source.start : piece.source.end]
        at = fragment.source.end
    assert at == len(text)


@given(_any_text, _bounds, st.booleans())
def test_fragments_joined_are_the_whole_text(text: str, bounds: Bounds, whole: bool) -> None:  # noqa: FBT001  # drawn
    _check(fragments_of(text, bounds, whole=whole), text, bounds)


@settings(max_examples=500)
@given(texts, _bounds, st.lists(st.integers(0, 9), min_size=1, max_size=8), st.booleans())
def test_fragments_do_not_depend_on_how_the_text_is_cut(
    text: str,
    bounds: Bounds,
    sizes: list[int],
    whole: bool,  # noqa: FBT001  # drawn
) -> None:
    pieces = pieces_of(text, sizes)
    assert fragments_of(pieces, bounds, whole=whole) == fragments_of([text], bounds, whole=whole)


@settings(max_examples=300)
@given(texts, _bounds)
def test_where_all_of_the_text_is_there_the_first_fragment_ends_no_later_and_sentences_where_they_did(
    text: str, bounds: Bounds
) -> None:
    def told(fragments: list[Fragment]) -> tuple[int, set[int]]:
        first = next((fragment.source.end for fragment in fragments if fragment.spoken), 0)
        return first, {fragment.source.end for fragment in fragments if fragment.ends_sentence}

    (first, ends), (first_growing, ends_growing) = (
        told(fragments_of([text], bounds, whole=whole)) for whole in (True, False)
    )
    assert first <= first_growing
    assert ends == ends_growing


@given(
    st.lists(st.sampled_from(("harbour", "boats", "wind", "slowly", "green", "under")), min_size=1),
    st.builds(Bounds, first=st.integers(24, 60), growth=st.floats(1, 8, allow_nan=False)),
)
def test_where_all_of_the_text_is_there_no_sentence_leaves_a_short_rest(
    words: list[str], bounds: Bounds
) -> None:
    *before, last = fragments_of([" ".join(words) + "."], bounds, whole=True)
    assert not before or len(last.spoken) >= 12


@settings(max_examples=500)
@given(_steps, _bounds)
def test_fragments_joined_are_the_whole_text_whatever_is_asked_when(
    steps: list[_Step], bounds: Bounds
) -> None:
    text = "".join(step for step in steps if isinstance(step, str))
    _check(list(_run(Fragmenter(bounds=bounds), steps)), text, bounds)


@given(_steps)
def test_nothing_is_left_after_a_flush(steps: list[_Step]) -> None:
    fragmenter = Fragmenter()
    fragments = list(_run(fragmenter, [*steps, _Ask.FLUSH]))
    assert list(fragmenter.flush()) == []
    assert sum(len(fragment.source) for fragment in fragments) == fragmenter._end


@given(texts, _bounds)
def test_hints_move_no_end_of_a_sentence(text: str, bounds: Bounds) -> None:
    def ends(hints: bool) -> set[int]:  # noqa: FBT001  # two runs of one property
        fragmenter = Fragmenter(bounds=bounds)
        steps: list[_Step] = []
        for character in text:
            steps += [character, (9.0, 0.1)] if hints else [character]
        return {fragment.source.end for fragment in _run(fragmenter, steps) if fragment.ends_sentence}

    assert ends(hints=True) == ends(hints=False)


@given(texts, _bounds, st.booleans())
def test_what_waits_inside_is_bounded(text: str, bounds: Bounds, whole: bool) -> None:  # noqa: FBT001  # drawn
    fragmenter = Fragmenter(bounds=bounds, whole=whole)
    for character in text * 20:
        list(fragmenter.feed(character))
        assert len(fragmenter._text) <= bounds.most + 400 + 24


@settings(max_examples=200)
@given(markdown_texts, _bounds, st.lists(st.integers(0, 9), min_size=1, max_size=8))
def test_fragments_of_markdown_do_not_depend_on_how_it_is_cut(
    text: str, bounds: Bounds, sizes: list[int]
) -> None:
    def fragments(pieces: list[str]) -> list[Fragment]:
        return list(_run(Fragmenter(bounds=bounds, reader=MarkdownReader()), pieces))

    whole = fragments([text])
    assert fragments(list(pieces_of(text, sizes))) == whole
    assert fragments(list(text)) == whole
    _check(whole, text, bounds)


@settings(max_examples=200)
@given(_steps_of(markdown_texts), _bounds)
def test_fragments_of_markdown_joined_are_the_whole_source_whatever_is_asked_when(
    steps: list[_Step], bounds: Bounds
) -> None:
    text = "".join(step for step in steps if isinstance(step, str))
    _check(list(_run(Fragmenter(bounds=bounds, reader=MarkdownReader()), steps)), text, bounds)


@given(markdown_texts)
def test_what_a_reader_holds_is_bounded(text: str) -> None:
    reader = MarkdownReader()
    for character in text * 5:
        list(reader.feed(character))
        assert len(reader._held) < LONGEST_MARK

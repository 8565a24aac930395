import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlando_kit.spans import Piece, Span, SpanMap

_LENGTHS = st.integers(0, 6)


@st.composite
def maps(draw: st.DrawFn) -> SpanMap:
    """Maps of up to eight pieces, verbatim or not, either side possibly empty, beginning anywhere."""
    source = draw(st.integers(0, 50))
    spoken = 0
    pieces: list[Piece] = []
    for _ in range(draw(st.integers(0, 8))):
        verbatim = draw(st.booleans())
        written = draw(_LENGTHS)
        said = written if verbatim else draw(_LENGTHS)
        pieces.append(Piece(Span(source, source + written), Span(spoken, spoken + said), verbatim))
        source, spoken = source + written, spoken + said
    return SpanMap(pieces)


def test_a_span_is_a_half_open_range() -> None:
    assert len(Span(3, 5)) == 2
    assert len(Span(3, 3)) == 0
    assert Span(3, 5).shifted(2) == Span(5, 7)
    assert Span(1, 9) < Span(2, 3)


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2)])
def test_a_span_that_is_none_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="0 <= start <= end"):
        Span(start, end)


def test_a_verbatim_piece_has_one_length() -> None:
    with pytest.raises(ValueError, match="same length"):
        Piece(Span(0, 2), Span(0, 12), verbatim=True)


@pytest.mark.parametrize(
    "second",
    [
        Piece(Span(3, 4), Span(2, 3), verbatim=True),  # the source has a gap
        Piece(Span(2, 3), Span(3, 4), verbatim=True),  # the spoken text has one
        Piece(Span(1, 2), Span(2, 3), verbatim=True),  # they overlap
    ],
)
def test_pieces_follow_on_from_one_another(second: Piece) -> None:
    with pytest.raises(ValueError, match="without a gap"):
        SpanMap([Piece(Span(0, 2), Span(0, 2), verbatim=True), second])


def test_a_text_said_as_written_maps_to_itself() -> None:
    identity = SpanMap.identity(Span(10, 20))
    assert identity.source == Span(10, 20)
    assert identity.spoken == Span(0, 10)
    assert identity.to_source(Span(2, 5)) == Span(12, 15)
    assert identity.to_source(Span(4, 4)) == Span(14, 14)


# "It is $5 now" said as "It is five dollars now".
_MONEY = SpanMap(
    [
        Piece(Span(0, 6), Span(0, 6), verbatim=True),
        Piece(Span(6, 8), Span(6, 18), verbatim=False),
        Piece(Span(8, 12), Span(18, 22), verbatim=True),
    ],
)


@pytest.mark.parametrize(
    ("spoken", "source"),
    [
        (Span(3, 5), Span(3, 5)),  # is
        (Span(6, 10), Span(6, 8)),  # five
        (Span(11, 18), Span(6, 8)),  # dollars
        (Span(19, 22), Span(9, 12)),  # now
        (Span(3, 10), Span(3, 8)),  # is five
        (Span(11, 22), Span(6, 12)),  # dollars now
        (Span(8, 8), Span(6, 6)),  # a point within what lights up as one
        (Span(18, 18), Span(8, 8)),
        (Span(99, 120), Span(12, 12)),  # beyond the end
    ],
)
def test_what_is_said_otherwise_lights_up_as_one(spoken: Span, source: Span) -> None:
    assert _MONEY.to_source(spoken) == source


def test_markup_that_is_not_said_lights_up_with_no_word() -> None:
    # "<b>hi</b> you" said as "hi you"
    marked = SpanMap(
        [
            Piece(Span(0, 3), Span(0, 0), verbatim=False),
            Piece(Span(3, 5), Span(0, 2), verbatim=True),
            Piece(Span(5, 9), Span(2, 2), verbatim=False),
            Piece(Span(9, 13), Span(2, 6), verbatim=True),
        ],
    )
    assert marked.to_source(Span(0, 2)) == Span(3, 5)
    assert marked.to_source(Span(3, 6)) == Span(10, 13)
    assert marked.to_source(Span(0, 6)) == Span(3, 13)


def test_speech_that_nobody_wrote_maps_to_a_point() -> None:
    added = SpanMap(
        [
            Piece(Span(0, 2), Span(0, 2), verbatim=True),
            Piece(Span(2, 2), Span(2, 9), verbatim=False),
            Piece(Span(2, 4), Span(9, 11), verbatim=True),
        ],
    )
    assert added.to_source(Span(3, 8)) == Span(2, 2)
    assert added.to_source(Span(1, 10)) == Span(1, 3)


def test_neighbouring_verbatim_pieces_are_one() -> None:
    joined = SpanMap([Piece(Span(n, n + 1), Span(n, n + 1), verbatim=True) for n in range(3)])
    assert joined.pieces == (Piece(Span(0, 3), Span(0, 3), verbatim=True),)
    assert joined == SpanMap.identity(Span(0, 3))
    assert hash(joined) == hash(SpanMap.identity(Span(0, 3)))
    assert joined != SpanMap.identity(Span(0, 4))
    assert "SpanMap(" in repr(joined)


def test_an_empty_map_maps_everything_to_nothing() -> None:
    empty = SpanMap([])
    assert (empty.source, empty.spoken, empty.to_source(Span(3, 9))) == (Span(0, 0), Span(0, 0), Span(0, 0))


@given(maps())
def test_the_whole_spoken_text_is_said_by_source_within_the_map(text_map: SpanMap) -> None:
    whole = text_map.to_source(text_map.spoken)
    assert text_map.source.start <= whole.start <= whole.end <= text_map.source.end


@given(maps(), st.data())
def test_what_is_said_later_was_written_no_earlier(text_map: SpanMap, data: st.DataObject) -> None:
    ends = st.integers(0, text_map.spoken.end + 3)
    first, second, third, fourth = sorted(data.draw(st.tuples(ends, ends, ends, ends)))
    earlier = text_map.to_source(Span(first, second))
    later = text_map.to_source(Span(third, fourth))
    assert earlier.start <= later.start


@given(maps(), st.data())
def test_parts_of_a_span_lie_within_its_source(text_map: SpanMap, data: st.DataObject) -> None:
    start, middle, end = sorted(data.draw(st.tuples(*[st.integers(0, text_map.spoken.end)] * 3)))
    whole = text_map.to_source(Span(start, end))
    for part in (Span(start, middle), Span(middle, end)):
        if touched := [piece for piece in text_map.pieces if _says(piece, part)]:
            inner = text_map.to_source(part)
            assert whole.start <= inner.start <= inner.end <= whole.end
            assert touched[0].source.start <= inner.start
            assert inner.end <= touched[-1].source.end


def _says(piece: Piece, spoken: Span) -> bool:
    """True when a piece that somebody wrote says some of a span."""
    overlap = min(piece.spoken.end, spoken.end) - max(piece.spoken.start, spoken.start)
    return overlap > 0 and len(piece.source) > 0

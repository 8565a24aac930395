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


def test_rewritings_follow_one_another() -> None:
    # "a  \u00ad$5 b" said as "a $5 b", and that as "a five dollars b"
    cleaned = SpanMap(
        [
            Piece(Span(0, 1), Span(0, 1), verbatim=True),
            Piece(Span(1, 4), Span(1, 2), verbatim=False),
            Piece(Span(4, 8), Span(2, 6), verbatim=True),
        ]
    )
    normalised = SpanMap(
        [
            Piece(Span(0, 2), Span(0, 2), verbatim=True),
            Piece(Span(2, 4), Span(2, 14), verbatim=False),
            Piece(Span(4, 6), Span(14, 16), verbatim=True),
        ]
    )
    assert list(cleaned.then(normalised).pieces) == [
        Piece(Span(0, 1), Span(0, 1), verbatim=True),
        Piece(Span(1, 4), Span(1, 2), verbatim=False),
        Piece(Span(4, 6), Span(2, 14), verbatim=False),
        Piece(Span(6, 8), Span(14, 16), verbatim=True),
    ]


def test_what_two_rewritings_cut_differently_lights_up_as_one() -> None:
    first = SpanMap(
        [
            Piece(Span(0, 3), Span(0, 2), verbatim=False),
            Piece(Span(3, 9), Span(2, 8), verbatim=True),
        ]
    )
    second = SpanMap(
        [
            Piece(Span(0, 1), Span(0, 1), verbatim=True),
            Piece(Span(1, 4), Span(1, 9), verbatim=False),
            Piece(Span(4, 8), Span(9, 13), verbatim=True),
        ]
    )
    assert list(first.then(second).pieces) == [
        Piece(Span(0, 5), Span(0, 9), verbatim=False),
        Piece(Span(5, 9), Span(9, 13), verbatim=True),
    ]


def test_a_rewriting_follows_only_what_it_rewrites() -> None:
    with pytest.raises(ValueError, match="says what it rewrites"):
        SpanMap.identity(Span(0, 3)).then(SpanMap.identity(Span(0, 4)))


def test_a_rewriting_that_follows_adds_no_speech_of_its_own() -> None:
    adding = SpanMap(
        [Piece(Span(0, 3), Span(0, 3), verbatim=True), Piece(Span(3, 3), Span(3, 9), verbatim=False)]
    )
    with pytest.raises(ValueError, match="something for something"):
        SpanMap.identity(Span(0, 3)).then(adding)


_REWRITES = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4), st.booleans()), max_size=6)


def rewriting(length: int, rewrites: list[tuple[int, int, bool]]) -> SpanMap:
    """Return a map of so many code points; what the rewrites leave of them is said as it is."""
    pieces: list[Piece] = []
    source = spoken = 0
    for width, rewritten, verbatim in [*rewrites, (length, 0, True)]:
        written = min(width, length - source)
        said = written if verbatim else rewritten
        if written:
            pieces.append(Piece(Span(source, source + written), Span(spoken, spoken + said), verbatim))
            source, spoken = source + written, spoken + said
    return SpanMap(pieces)


@st.composite
def chains(draw: st.DrawFn, count: int) -> list[SpanMap]:
    """Rewritings of which each follows the one before."""
    found = [rewriting(draw(st.integers(0, 12)), draw(_REWRITES))]
    while len(found) < count:
        found.append(rewriting(found[-1].spoken.end, draw(_REWRITES)))
    return found


@given(chains(3))
def test_it_does_not_matter_which_of_three_are_taken_together(three: list[SpanMap]) -> None:
    first, second, third = three
    assert first.then(second).then(third) == first.then(second.then(third))


@given(chains(1))
def test_a_rewriting_that_changes_nothing_changes_no_map(only: list[SpanMap]) -> None:
    (text_map,) = only
    if text_map.pieces:
        assert text_map.then(SpanMap.identity(text_map.spoken)) == text_map
        assert SpanMap.identity(text_map.source).then(text_map) == text_map


@given(chains(2))
def test_together_they_cover_both_texts(two: list[SpanMap]) -> None:
    first, second = two
    both = first.then(second)
    assert (both.source, both.spoken) == (first.source, second.spoken)


@given(chains(2))
def test_together_they_lead_each_code_point_at_least_as_far_as_one_by_one(two: list[SpanMap]) -> None:
    first, second = two
    both = first.then(second)
    for at in range(both.spoken.end):
        source = both.to_source(Span(at, at + 1))
        step = first.to_source(second.to_source(Span(at, at + 1)))
        if len(step):
            assert source.start <= step.start <= step.end <= source.end


@given(maps(), st.data())
def test_there_and_back_again_covers_what_somebody_wrote(text_map: SpanMap, data: st.DataObject) -> None:
    spoken = _part(data, text_map.spoken)
    other_way = SpanMap(Piece(piece.spoken, piece.source, piece.verbatim) for piece in text_map.pieces)
    back = other_way.to_source(text_map.to_source(spoken))
    for piece in text_map.pieces:
        if _says(piece, spoken):
            start, end = max(piece.spoken.start, spoken.start), min(piece.spoken.end, spoken.end)
            assert back.start <= start < end <= back.end


@given(maps(), st.data())
def test_every_part_of_what_is_said_leads_into_the_source(text_map: SpanMap, data: st.DataObject) -> None:
    source = text_map.to_source(_part(data, Span(0, text_map.spoken.end + 5)))
    assert text_map.source.start <= source.start <= source.end <= text_map.source.end


def _part(data: st.DataObject, whole: Span) -> Span:
    start, end = sorted(data.draw(st.tuples(*[st.integers(whole.start, whole.end)] * 2)))
    return Span(start, end)

from parlando_fragmenter.fragmenter import PAUSES, Fragmenter
from parlando_fragmenter.gap import Strength
from parlando_fragmenter.schedule import Bounds
from parlando_kit.spans import Span
from tests.unit.fragmenter.feeding import fragments_of

_PROSE = (
    "I was wondering whether you might be able to help me with this, please. The thing is, I have a large "
    "collection of old records that my grandfather left to me when he died; some of them are quite valuable."
    "\n\nDr. Smith says that he'd look at them for $12.50 each."
)


def _spoken(text: str, bounds: Bounds | None = None) -> list[str]:
    return [fragment.spoken for fragment in fragments_of([text], bounds)]


def test_fragments_grow() -> None:
    assert _spoken(_PROSE) == [
        "I was wondering whether you",
        "might be able to help me with this, please.",
        "The thing is, I have a large collection of old records that my grandfather left to me when he died;",
        "some of them are quite valuable.",
        "Dr. Smith says that he'd look at them for $12.50 each.",
    ]


def test_the_first_fragment_is_a_short_sentence_a_clause_or_a_few_words() -> None:
    assert _spoken("Hi! How are you today?")[0] == "Hi!"
    assert _spoken("No, thank you, I am fine.")[0] == "No, thank you,"
    assert _spoken("It is said that nobody ever read this book.")[0] == "It is said that nobody ever"
    assert _spoken("One")[0] == "One"


def test_the_first_fragment_is_out_before_the_text_has_ended() -> None:
    fragmenter = Fragmenter()
    assert [fragment.spoken for fragment in fragmenter.feed("Well then, l")] == ["Well then,"]


def test_spans_take_white_space_along_and_start_at_the_offset() -> None:
    fragmenter = Fragmenter(source_offset=100)
    fragments = [*fragmenter.feed(" Hi!  How?\n\n\n"), *fragmenter.end()]
    assert [fragment.source for fragment in fragments] == [Span(100, 106), Span(106, 112), Span(112, 113)]
    assert [fragment.index for fragment in fragments] == [0, 1, 2]
    assert all(fragment.text_map.source == fragment.source for fragment in fragments)


def test_pauses_and_ends_follow_the_boundary() -> None:
    text = "Say what you like, it rains.\n\nIt is a rain of which one speaks for years."
    fragments = fragments_of([text], Bounds(growth=1))
    assert [(f.pause_after, f.ends_sentence, f.ends_paragraph) for f in fragments] == [
        (PAUSES[Strength.CLAUSE], False, False),
        (PAUSES[Strength.PARAGRAPH], True, True),
        (PAUSES[Strength.WORD], False, False),
        (0.0, True, True),  # the end of the text
    ]


def test_what_cannot_be_said_goes_with_what_follows() -> None:
    assert _spoken("---\n\n*** One.\n\n--- Two.") == ["--- *** One.", "--- Two."]


def test_a_sentence_ends_even_where_nothing_is_said() -> None:
    fragments = fragments_of(["0000000\u2014\u00ad\n\n 00000"])
    assert [(fragment.spoken, fragment.source.end, fragment.ends_sentence) for fragment in fragments] == [
        ("0000000\u2014", 8, False),
        ("", 11, True),
        ("00000", 17, True),
    ]


def test_a_text_with_nothing_to_say_is_one_fragment() -> None:
    for text in (" ", "\n\n  \n", "... --- ...", "\x00"):
        (fragment,) = fragments_of([text])
        assert (fragment.spoken, fragment.source) == ("", Span(0, len(text)))
    assert fragments_of([""]) == []


def test_text_that_cannot_be_said_does_not_pile_up() -> None:
    fragments = fragments_of(["-" * 1000])
    assert [len(fragment.source) for fragment in fragments] == [400, 400, 200]
    fragmenter = Fragmenter()
    for _ in range(1000):
        assert list(fragmenter.feed(" " * 1000)) == []
    assert fragmenter._text == ""
    assert [len(fragment.source) for fragment in fragmenter.end()] == [1_000_000]


def test_an_endless_word_is_cut_at_the_bound_with_characters_left_whole() -> None:
    assert _spoken("x" * 45, Bounds(most=20)) == ["x" * 20, "x" * 20, "x" * 5]
    accented = "xe\u0301"
    assert _spoken(accented * 9, Bounds(most=20)) == [accented * 6 + "x", "e\u0301" + accented * 2]
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert _spoken(family * 5, Bounds(most=22)) == [family * 4, family]
    assert _spoken("\u0301" * 25 + "x", Bounds(most=20)) == ["", "\u0301" * 5 + "x"]


def test_a_flush_gives_out_everything_even_half_a_word() -> None:
    fragmenter = Fragmenter()
    assert list(fragmenter.feed("So it is wonder")) == []
    (first,) = fragmenter.flush()
    assert (first.spoken, first.ends_sentence, first.pause_after) == ("So it is wonder", False, 0.0)
    assert list(fragmenter.flush()) == []
    assert [fragment.spoken for fragment in fragmenter.feed("ful. I")] == ["ful."]


def test_a_flush_after_a_sentence_ends_it() -> None:
    fragmenter = Fragmenter()
    assert list(fragmenter.feed("So it is.")) == []
    (fragment,) = fragmenter.flush()
    assert (fragment.ends_sentence, fragment.ends_paragraph) == (True, False)


def test_a_pause_gives_out_whole_words() -> None:
    fragmenter = Fragmenter()
    assert list(fragmenter.feed("So it is wonder")) == []
    assert [fragment.spoken for fragment in fragmenter.pause()] == ["So it is"]
    assert list(fragmenter.pause()) == []
    assert [fragment.spoken for fragment in fragmenter.end()] == ["wonder"]


def test_a_hint_of_an_empty_queue_lets_small_pieces_out() -> None:
    fragmenter = Fragmenter()
    (first,) = fragmenter.feed("Yes! It could be like that, or it could ")
    assert first.spoken == "Yes!"
    assert [fragment.spoken for fragment in fragmenter.hint(0.0, 0.5)] == ["It could be like that,"]


def test_a_hint_of_a_full_queue_waits_for_the_sentence() -> None:
    sentence = "It could be like that, or it could be quite another thing, as far as anybody knows about it."
    fragmenter = Fragmenter()
    assert list(fragmenter.hint(20.0, 0.1)) == []
    assert [fragment.spoken for fragment in fragmenter.feed(sentence + " So")] == [sentence]


def test_a_pause_gives_out_no_more_than_the_bound() -> None:
    fragmenter = Fragmenter(bounds=Bounds(first=15, growth=1.0, most=20))
    found = [*fragmenter.feed("0" * 19 + "<."), *fragmenter.pause(), *fragmenter.end()]
    assert [len(fragment.spoken) for fragment in found] == [20, 0]

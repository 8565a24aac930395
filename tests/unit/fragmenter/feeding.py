"""Ways of feeding text, and what came of it."""

from collections.abc import Iterable, Iterator, Sequence

from hypothesis import strategies as st

from parlando_fragmenter.fragment import Fragment
from parlando_fragmenter.fragmenter import Fragmenter
from parlando_fragmenter.gap import Strength
from parlando_fragmenter.schedule import Bounds
from parlando_fragmenter.segmenter import Boundary, Segmenter

# What boundaries are made of, so that random text has many.
_FEATURES = (
    *("a", "I", "Dr", "U.S", "p", "3", "12", "The", "word", "Co", "\u6f22", "\u0928", "\u0639", "\u0301"),
    *(".", "!", "?", "...", "\u2026", ",", ":", "-", "\u2014", "\u3002", "\uff0c", "\u0964", "\u061f"),
    *('"', "'", "\u201c", "\u201d", "(", ")", "[", "]", "\u300c", "\u300d", "*", "\u2022", "#"),
    *(" ", " ", " ", "  ", "\n", "\n\n", "\r\n", "\t", "\u00a0", "\u200b", "\x00", "\u2029"),
    *("今天我们去公园", "に行きました", "ฉันไปตลาดกับแม่"),
    *("\U0001f389", "\u200d", "\ufe0f", "\U0001f3fd", "\u00ad", "\ufeff", "1.", "2)", "b.", "a.m.", "$5.00"),
)
texts = st.one_of(st.text(), st.lists(st.sampled_from(_FEATURES), max_size=60).map("".join))

_MARKS = (
    *("*", "**", "_", "~~", "`", "``", "```", "~~~", "```py\n", "\\", "\n", "\n", "\n\n", "\r\n"),
    *("[", "]", "](", "](http://a.b/c)", "](a 'b')", ")", "(", "![", "[^1]", "[^1]: ", "[a]: ", "][", "[x] "),
    *("# ", "## ", "#", "- ", "* ", "1. ", "2) ", "> ", "---", "===", "|", " | ", "|-", "|---|\n"),
    *("<br>", "<", ">", "<!--", "--", "-->", "<a@b.c>", "</p>", "&amp;", "&#0;", "&", ";", "!"),
)
markdown_texts = st.lists(st.sampled_from(_FEATURES + 2 * _MARKS), max_size=60).map("".join)


def pieces_of(text: str, sizes: Sequence[int]) -> Iterator[str]:
    """Yield `text` in pieces of the given sizes, over and over; empty ones are taken as they come."""
    at = turn = 0
    while at < len(text):
        size = sizes[turn % len(sizes)] if any(sizes) else 1
        yield text[at : at + size]
        at += size
        turn += 1


def boundaries_of(pieces: Iterable[str], language: str = "") -> list[Boundary]:
    """Return all boundaries of a text that comes in pieces."""
    segmenter = Segmenter(language)
    return [*(found for piece in pieces for found in segmenter.feed(piece)), *segmenter.flush()]


def sentences_of(text: str, language: str = "") -> list[str]:
    """Return the sentences of a text fed one code point at a time, without white space at their ends."""
    found: list[str] = []
    start = 0
    for boundary in boundaries_of(text, language):
        if boundary.strength >= Strength.SENTENCE:
            found.append(text[start : boundary.position].strip())
            start = boundary.position
    return [*found, *filter(None, [text[start:].strip()])]


def fragments_of(
    pieces: Iterable[str], bounds: Bounds | None = None, *, whole: bool = False
) -> list[Fragment]:
    """Return the fragments of a text that comes in pieces; `whole`: though all of it is there."""
    fragmenter = Fragmenter(bounds=bounds, whole=whole)
    return [*(given for piece in pieces for given in fragmenter.feed(piece)), *fragmenter.end()]

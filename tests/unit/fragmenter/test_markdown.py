"""What is said of Markdown, fed one code point at a time; docs/fragmenter.md states the rules."""

import pytest

from parlando_fragmenter.fragment import Fragment
from parlando_fragmenter.fragmenter import Fragmenter
from parlando_fragmenter.markdown import MarkdownReader
from parlando_fragmenter.schedule import Bounds
from parlando_kit.spans import Span

_WRAPPED = "There was snow on the roofs of the old town in March of\n1991. It stayed."


def _fragments(text: str) -> list[Fragment]:
    fragmenter = Fragmenter(reader=MarkdownReader(), bounds=Bounds(first=1000, most=1000))
    return [*(given for character in text for given in fragmenter.feed(character)), *fragmenter.end()]


def _spoken(text: str) -> str:
    """Return what is said, with `|` between fragments."""
    return "|".join(fragment.spoken for fragment in _fragments(text))


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        # emphasis
        ("It is *very* **big**, ***really*** big.", "It is very big, really big."),
        ("_So_ it __is__. ~~Not.~~ Yes.", "So it is.|Not.|Yes."),
        ("**Note:** read on", "Note: read on"),
        ("**Bold.** Next.", "Bold.|Next."),
        ("2*3, x*y, 5 * 3 and 2**8", "2*3, x*y, 5 * 3 and 2**8"),
        ("snake_case_name or a _ b", "snake_case_name or a _ b"),
        ("left *open", "left open"),
        ("about ~5 or ~~~6", "about ~5 or ~~~6"),
        # links and images
        ("See [the docs](https://example.com/a_(b) 'title').", "See the docs."),
        ("[One](a.html) and [two][2] and [three].", "One and two and three."),
        ("![A cat](cat.png) sleeps!", "A cat sleeps!"),
        ("Click [![badge](b.svg)](https://example.com) now", "Click badge now"),
        ("Go to <https://example.com/x> or <a@b.co>.", "Go to https://example.com/x or a@b.co."),
        ("a[0] and f(x)[1]", "a[0] and f(x)1"),
        ("[Well] (he said)", "Well (he said)"),
        ("It is so[^1].\n\n[^1]: A note.", "It is so.|A note."),
        ("[home]: https://example.com\nText", "Text"),
        # code
        ("Call `f(*x)` now.", "Call f(*x) now."),
        ("Use ``a`b`` here", "Use a`b here"),
        ("Here:\n```python\nx = 1\n```\nDone.", "Here:|Done."),
        ("~~~a~b\n```\nx\n~~~~\nDone.", "Done."),
        ("```x``` is inline", "x is inline"),
        ("Never closed:\n```\nx = 1", "Never closed:|"),  # a fragment of its own that says nothing
        # blocks
        ("# One #\nTwo", "One|Two"),
        ("#One is no heading", "#One is no heading"),
        ("One\n===\nTwo", "One|Two"),
        ("One\n\n---\n\nTwo", "One|Two"),
        ("- one\n- two\n  - three\n* four", "one|two|three|four"),
        ("1. one\n2. two", "1. one|2. two"),
        (_WRAPPED, _WRAPPED.replace("\n", " ").replace(". It", ".|It")),
        ("- [ ] open\n- [x] done", "open|done"),
        ("> Said\n> he.", "Said he."),
        # tables
        ("| A | B |\n|---|:-:|\n| 1 | 2 |\n|3|4|\n\nEnd", "A, B|1, 2|3, 4|End"),
        ("| A. | | C |\n", "A. C"),
        ("| **A** | `b|c` |", "A, b|c"),
        # the rest
        (r"\*no\* \_emphasis\_ \# and C:\dir", "*no* _emphasis_ # and C:\\dir"),
        ("AT&T &amp; &lt;co&gt; &copy; &nosuch;", "AT&T & <co> © &nosuch;"),
        ("a<br>b <b>c</b> <span class='x'>d</span> e <!-- not - this --> f", "a b c d e f"),
        ("1 < 2 and x <y and <3", "1 < 2 and x <y and <3"),
    ],
)
def test_words_are_said_and_marks_are_not(written: str, spoken: str) -> None:
    assert _spoken(written) == spoken


def test_headings_and_code_end_paragraphs_and_items_and_rows_end_sentences() -> None:
    fragments = _fragments("# A\nB\n```\n```\n- c\n- d\n\n|e|\n|f|")
    assert [(f.spoken, f.ends_sentence, f.ends_paragraph) for f in fragments] == [
        ("A", True, True),
        ("B", True, True),
        ("c", True, False),
        ("d", True, True),
        ("e", True, False),
        ("f", True, True),
    ]


def test_words_lead_back_to_where_they_are_written() -> None:
    text = "See **the [docs](x.html)** &amp; go"
    (fragment,) = _fragments(text)
    assert fragment.spoken == "See the docs & go"
    assert fragment.source == Span(0, len(text))

    def written(words: str) -> str:
        start = fragment.spoken.index(words)
        span = fragment.text_map.to_source(Span(start, start + len(words)))
        return text[span.start : span.end]

    assert written("See") == "See"
    assert written("docs") == "docs"
    assert written("the docs") == "the [docs"
    assert written("&") == "&amp;"
    assert written("go") == "go"


def test_what_opens_goes_with_what_follows_and_what_closes_with_what_it_closes() -> None:
    text = "**One.** *Two.*"
    assert [text[f.source.start : f.source.end] for f in _fragments(text)] == ["**One.** ", "*Two.*"]


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("**One.** T", "One."),  # as in plain text: no mark is waited for
        ("# One\n", "One"),
        ("- one\n- ", "one"),
        ("Is it [s", "Is it"),
    ],
)
def test_a_fragment_is_out_as_soon_as_in_plain_text(text: str, spoken: str) -> None:
    fragmenter = Fragmenter(reader=MarkdownReader(), bounds=Bounds(first=4))
    given = [fragment.spoken for character in text[:-1] for fragment in fragmenter.feed(character)]
    assert spoken not in given
    assert [fragment.spoken for fragment in fragmenter.feed(text[-1])] == [spoken]


def test_an_address_of_any_length_is_dropped_and_not_kept() -> None:
    fragmenter = Fragmenter(reader=MarkdownReader())
    reader = fragmenter._reader
    assert isinstance(reader, MarkdownReader)
    fragments = list(fragmenter.feed("Look: ![cat](data:image/png;base64,"))
    for _ in range(1000):
        fragments += fragmenter.feed("iVBORw0KGgo")
        assert len(reader._held) <= 400
    fragments += [*fragmenter.feed(') "here". It'), *fragmenter.end()]
    assert " ".join(fragment.spoken for fragment in fragments) == 'Look: cat "here". It'


def test_a_flush_decides_what_may_be_a_mark() -> None:
    fragmenter = Fragmenter(reader=MarkdownReader())
    assert list(fragmenter.feed("so *")) == []
    assert [fragment.spoken for fragment in fragmenter.flush()] == ["so *"]


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Hello there!", ["Hello there!"]),
        ("He is **here!**", ["He is here!"]),
        ("See [here](http://exam", ["See"]),  # half an address waits
    ],
)
def test_a_pause_decides_punctuation_alone(text: str, spoken: list[str]) -> None:
    fragmenter = Fragmenter(reader=MarkdownReader())
    assert list(fragmenter.feed(text)) == []
    assert [fragment.spoken for fragment in fragmenter.pause()] == spoken

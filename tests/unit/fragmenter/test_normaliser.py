import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlando_fragmenter.fragment import Fragment
from parlando_fragmenter.fragmenter import Fragmenter
from parlando_fragmenter.markdown import MarkdownReader
from parlando_fragmenter.normalisation.english import ENGLISH
from parlando_fragmenter.normalisation.normaliser import RULE_NAMES, normaliser_for
from parlando_fragmenter.normalisation.numerals import cardinal, ordinal, year
from parlando_fragmenter.normalisation.roman import value
from parlando_fragmenter.normalisation.rule import Variety
from parlando_fragmenter.rendering import render
from parlando_fragmenter.schedule import Bounds
from parlando_kit.spans import Span
from tests.unit.fragmenter.feeding import pieces_of, texts
from tests.unit.fragmenter.normalisation_table import cases

# What rules are about, so that random text has much of it.
_FEATURES = (
    *("$", "\u00a3", "5", "12", "1990", "0", ",", ".", ":", "/", "-", "\u2013", "%", "\u00b0", "C"),
    *("km/h", "a.m.", "pm", "Dr.", "St.", "No.", "II", "King", "War", "May", "Nov.", "st", "th", "x", "+"),
    *("a@b.co", "https://", "www.", "example.com", "#", "&", "@", "\u00bd", "\u00b2", "^", "e", "'", '"'),
    *("\U0001f600", "\u200d", "\ufe0f", ":)", "<3", "\u2122", "word", "The", "million", "\u00e9", "\u0301"),
    *("v1", "s", "\n", " ", " ", "  ", "=", "(", ")", "\u0663"),
)
_lively = st.one_of(
    st.lists(st.sampled_from(_FEATURES), max_size=40).map("".join),
    st.lists(st.sampled_from([case.text for case in cases()]), min_size=1, max_size=4).map(" ".join),
    texts,
    st.text(st.characters(exclude_categories=())),
)
_LANGUAGES = st.sampled_from(["en", "en-GB", "de"])


@settings(max_examples=300)
@given(_lively, _LANGUAGES)
def test_nothing_is_lost_or_said_twice_and_what_is_verbatim_is_the_same(text: str, language: str) -> None:
    rendering = render(text, Span(3, 3 + len(text)), normaliser_for(language))
    spoken = rendering.spoken
    if text:
        assert rendering.text_map.source == Span(3, 3 + len(text))
        assert rendering.text_map.spoken == Span(0, len(spoken))
    for piece in rendering.text_map.pieces:
        if piece.verbatim:
            written = text[piece.source.start - 3 : piece.source.end - 3]
            assert written == spoken[piece.spoken.start : piece.spoken.end]
        else:
            assert len(piece.source) > 0
    assert spoken == spoken.strip()
    assert "  " not in spoken


@settings(max_examples=300)
@given(_lively, st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(1, 60))
def test_fragments_do_not_depend_on_how_the_text_is_cut(text: str, sizes: list[int], first: int) -> None:
    def fragments(pieces: list[str]) -> list[object]:
        bounds = Bounds(first=first, growth=2.0, most=200)
        fragmenter = Fragmenter(bounds=bounds, normaliser=normaliser_for("en"))
        return [*(found for piece in pieces for found in fragmenter.feed(piece)), *fragmenter.end()]

    whole = fragments([text])
    assert fragments(list(pieces_of(text, sizes))) == whole


@settings(max_examples=200)
@given(st.lists(_lively, max_size=6), st.integers(1, 60), st.sampled_from([None, MarkdownReader]), st.data())
def test_fragments_lose_nothing_whatever_is_asked_when(
    parts: list[str], first: int, markdown: type[MarkdownReader] | None, data: st.DataObject
) -> None:
    fragmenter = Fragmenter(
        bounds=Bounds(first=first, most=120),
        normaliser=normaliser_for("en"),
        reader=markdown() if markdown else None,
    )
    found: list[Fragment] = []
    for part in parts:
        found += fragmenter.feed(part)
        found += fragmenter.pause() if data.draw(st.booleans()) else fragmenter.flush()
    found += fragmenter.end()
    text, at = "".join(parts), 0
    for fragment in found:
        assert fragment.source.start == at
        assert fragment.text_map.source == fragment.source
        assert fragment.text_map.spoken.end == len(fragment.spoken)
        for piece in fragment.text_map.pieces:
            if piece.verbatim:
                said = fragment.spoken[piece.spoken.start : piece.spoken.end]
                assert said == text[piece.source.start : piece.source.end]
        at = fragment.source.end
    assert at == len(text)


@pytest.mark.parametrize(
    "text", ["https://\u00b2", "\u00a3https://$\n$", "a@b\u00b2.co", "\u0663\u0665 km", "http://?"]
)
def test_what_only_looks_like_an_address_is_let_be(text: str) -> None:
    rendering = render(text, Span(0, len(text)), normaliser_for("en"))
    assert rendering.spoken == rendering.spoken.strip()
    assert rendering.text_map.spoken.end == len(rendering.spoken)


@given(st.lists(st.integers(0, 10**15 - 1), min_size=1, max_size=5))
def test_every_digit_of_a_number_is_said(numbers: list[int]) -> None:
    normaliser = normaliser_for("en")
    assert normaliser is not None
    text = "it is " + " and ".join(map(str, numbers)) + " here"
    rewritten = normaliser.rewrite(text)
    assert rewritten is not None
    assert not re.search("[0-9]", rewritten.spoken)


@pytest.mark.parametrize("name", sorted(RULE_NAMES))
def test_each_rule_can_be_turned_off(name: str) -> None:
    without = normaliser_for("en", [name])
    whole = normaliser_for("en")
    assert without is not None
    assert whole is not None
    assert any(without.rewrite(case.text) != whole.rewrite(case.text) for case in cases())


def test_what_a_rule_would_have_said_is_left_whole_where_it_is_turned_off() -> None:
    without = normaliser_for("en", ["money", "date"])
    assert without is not None
    rewritten = without.rewrite("On 3/4/2024 it cost $1.5 million, or 5% more.")
    assert rewritten is not None
    assert rewritten.spoken == "On 3/4/2024 it cost $1.5 million, or five percent more."


@pytest.mark.parametrize("written", ["8/0", "4,8m", "12/0/9"])
def test_a_number_that_cannot_be_said_whole_is_left_whole(written: str) -> None:
    normaliser = normaliser_for("en")
    assert normaliser is not None
    assert normaliser.rewrite(f"Say {written} now.") is None


def test_what_a_sentence_had_before_tells_how_the_rest_is_said() -> None:
    normaliser = normaliser_for("en")
    assert normaliser is not None
    alone = normaliser.rewrite("48213 now.")
    told = normaliser.rewrite("48213 now.", context="Your order number is ")
    assert alone is not None
    assert told is not None
    assert alone.spoken == "forty-eight thousand two hundred thirteen now."
    assert told.spoken == "four eight two one three now."
    assert told.text_map.source == alone.text_map.source == Span(0, len("48213 now."))


def test_the_sentence_before_tells_nothing() -> None:
    fragmenter = Fragmenter(normaliser=normaliser_for("en"))
    found = [*fragmenter.feed("I know the code. 48213 people do. The code is "), *fragmenter.flush()]
    found += [*fragmenter.feed("4821."), *fragmenter.end()]
    spoken = [fragment.spoken for fragment in found]
    assert spoken[1] == "forty-eight thousand two hundred thirteen people do."
    assert spoken[-1] == "four eight two one."


def test_with_every_rule_off_nothing_is_rewritten() -> None:
    normaliser = normaliser_for("en", RULE_NAMES)
    assert normaliser is not None
    assert {normaliser.rewrite(case.text) for case in cases()} == {None}


@pytest.mark.parametrize("language", ["de", "fr-CA", "zh-Hans", "eng"])
def test_other_languages_are_left_to_the_engine(language: str) -> None:
    assert normaliser_for(language) is None


def test_a_normaliser_is_made_once() -> None:
    assert normaliser_for("en-US") is normaliser_for("en") is normaliser_for("")
    assert normaliser_for("en-GB") is not normaliser_for("en")


def test_rules_have_names_that_can_be_written() -> None:
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", rule.name) for rule in ENGLISH)


@pytest.mark.parametrize(
    ("number", "american", "british"),
    [
        (0, "zero", "zero"),
        (15, "fifteen", "fifteen"),
        (80, "eighty", "eighty"),
        (105, "one hundred five", "one hundred and five"),
        (1_001, "one thousand one", "one thousand and one"),
        (1_000_100, "one million one hundred", "one million one hundred"),
        (2_000_030, "two million thirty", "two million and thirty"),
        (10**12, "one trillion", "one trillion"),
        (999_999, "nine hundred ninety-nine thousand nine hundred ninety-nine", None),
    ],
)
def test_cardinals(number: int, american: str, british: str | None) -> None:
    assert cardinal(number, Variety.AMERICAN) == american
    assert cardinal(number, Variety.BRITISH) == british or british is None


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "first"), (12, "twelfth"), (20, "twentieth"), (42, "forty-second"), (1000, "one thousandth")],
)
def test_ordinals(number: int, said: str) -> None:
    assert ordinal(number, Variety.AMERICAN) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (1999, "nineteen ninety-nine"),
        (1900, "nineteen hundred"),
        (2000, "two thousand"),
        (2010, "twenty ten"),
        (44, "forty-four"),
    ],
)
def test_years(number: int, said: str) -> None:
    assert year(number, Variety.AMERICAN) == said


@pytest.mark.parametrize(
    ("numeral", "number"),
    [("IV", 4), ("XIX", 19), ("LIX", 59), ("CCC", 300), ("IIII", None), ("VX", None), ("", None)],
)
def test_roman_numerals(numeral: str, number: int | None) -> None:
    assert value(numeral) == number


def test_every_rule_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs" / "normalisation.md").read_text("utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(
        dict.fromkeys(each.name for each in ENGLISH)
    )


def _cpu_seconds(text: str, times: int, language: str) -> float:
    """Return the least of three runs over a text that comes in pieces of 4 KB."""
    measured: list[float] = []
    whole = f"{text} " * times
    for _ in range(3):
        fragmenter = Fragmenter(language=language, normaliser=normaliser_for(language))
        began = time.process_time()
        for at in range(0, len(whole), 4096):
            list(fragmenter.feed(whole[at : at + 4096]))
        list(fragmenter.end())
        measured.append(time.process_time() - began)
    return min(measured)


def test_time_is_linear_and_rules_cost_less_than_finding_boundaries_twice() -> None:
    dense = " ".join(case.text for case in cases() if not case.known)
    once, often = _cpu_seconds(dense, 1, "en"), _cpu_seconds(dense, 10, "en")
    assert often < 18 * once
    prose = "Early in the morning the harbour is quiet, and only the gulls are awake."
    assert _cpu_seconds(prose, 500, "en") < 3 * _cpu_seconds(prose, 500, "de")

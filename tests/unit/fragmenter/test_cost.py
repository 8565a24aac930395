"""Time is linear and nothing stalls, told by ratios within one run; bench/segmentation.py has the figures."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from parlando_fragmenter.fragmenter import Fragmenter
from parlando_fragmenter.markdown import MarkdownReader
from parlando_fragmenter.normalisation.normaliser import normaliser_for

_FILE = Path(__file__).parents[2] / "data" / "passages.txt"
_PROSE = "\n\n".join(_FILE.read_text("utf-8").replace("|", "").splitlines()) + "\n\n"

# Four times the text may take this many times as long. Quadratic work takes sixteen times as long.
_MOST = 9.0
_ROUNDS = 3


def _plain() -> Fragmenter:
    return Fragmenter()


def _markdown() -> Fragmenter:
    return Fragmenter(reader=MarkdownReader())


def _seconds(make: Callable[[], Fragmenter], pieces: Iterable[str]) -> float:
    fragmenter = make()
    began = time.process_time()
    for piece in pieces:
        for _ in fragmenter.feed(piece):
            pass
    list(fragmenter.end())
    return time.process_time() - began


def _pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


@pytest.mark.parametrize("make", [_plain, _markdown])
@pytest.mark.parametrize("size", [4096, 1])
def test_four_times_the_text_takes_four_times_as_long(make: Callable[[], Fragmenter], size: int) -> None:
    short, long = _PROSE[:10_000] * 2, _PROSE[:10_000] * 8
    ratios = [
        _seconds(make, _pieces(long, size)) / max(_seconds(make, _pieces(short, size)), 1e-4)
        for _ in range(_ROUNDS)
    ]
    assert min(ratios) < _MOST


@pytest.mark.parametrize("unit", ["1:", "1 - ", "Dr. ", "St.", "V.", "*1"])
def test_no_rule_looks_through_the_whole_fragment_for_each_of_its_words(unit: str) -> None:
    normaliser = normaliser_for("en")
    assert normaliser is not None

    def seconds(count: int) -> float:
        text = (unit * count).strip() + "1"
        began = time.process_time()
        normaliser.rewrite(text)
        return time.process_time() - began

    ratios = [seconds(8_000) / max(seconds(2_000), 1e-4) for _ in range(_ROUNDS)]
    assert min(ratios) < _MOST


@pytest.mark.parametrize(
    "unit",
    [
        *("x", "e\u0301", "\U0001f468\u200d", "\u202e", "\x00", "\u0301", "\ud800", ".", '"', "-", "a.b"),
        *("\u3002", "\u300c", "[(", "\u0e01", "1.", "*", "[", "`", "<a ", "[a](b", "| - ", "&a", "#", "\\"),
    ],
)
@pytest.mark.parametrize("make", [_plain, _markdown])
def test_no_word_is_too_long_or_too_strange(make: Callable[[], Fragmenter], unit: str) -> None:
    text = unit * (10_000 // len(unit))
    fragmenter = make()
    fragments = [*(given for character in text for given in fragmenter.feed(character)), *fragmenter.end()]
    assert "".join(text[f.source.start : f.source.end] for f in fragments) == text
    # Prose of this length takes some 50 ms of CPU time; what is bounded here is a stall.
    assert _seconds(make, text) < 100 * _seconds(make, _PROSE[:10_000])

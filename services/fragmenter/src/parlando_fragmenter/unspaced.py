"""Where a text may be cut that parts no words: Chinese, Japanese and Thai.

BudouX's models score each place between two code points by the three on each side, so a cut depends on
what lies around it alone, however the text arrives. The best place among the last dozen is in hardly any
case within a word. docs/decisions/0025-words-without-spaces.md has what was compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

import budoux

from parlando_fragmenter.writing import CHINESE, THAI, letters_of

REACH = 3
"""Code points on each side of a place that its score depends on."""

WITHIN = 12
"""The best of so many places, in code points, is where a text is cut."""

_UNSPACED = re.compile(f"[{letters_of(CHINESE)}{letters_of(THAI)}]")
_THAI = re.compile(f"[{letters_of(THAI)}]")
_KANA = re.compile("[\u3041-\u30fa\u30fd-\u30ff\uff66-\uff9d]")
_PARSERS: Mapping[str, Callable[[], budoux.Parser]] = {
    "th": budoux.load_default_thai_parser,
    "ja": budoux.load_default_japanese_parser,
    "zh": budoux.load_default_simplified_chinese_parser,
}


def best_cut(text: str, high: int) -> int | None:
    """Return where to cut a text, the last WITHIN places up to `high`; None where spaces part its words.

    Args:
        text: known at least up to `high` + REACH, or to its end.
        high: the last place there may be a cut, in code points.
    """
    low = max(1, high - WITHIN + 1)
    places = [
        at
        for at in range(low, min(high, len(text) - 1) + 1)
        if _UNSPACED.match(text, at - 1) and _UNSPACED.match(text, at)
    ]
    if not places:
        return None
    near = text[max(0, low - WITHIN) : high + REACH]
    name = "th" if _THAI.match(text, places[-1]) else "ja" if _KANA.search(near) else "zh"
    model = _model(name)

    def score(at: int) -> tuple[int, int]:
        return _score(model, text[max(0, at - REACH) : at], text[at : at + REACH]), at

    return max(places, key=score)


@cache
def _model(name: str) -> Mapping[str, Mapping[str, int]]:
    return _PARSERS[name]().model


def _score(model: Mapping[str, Mapping[str, int]], before: str, after: str) -> int:
    """Return how well a text parts between two pieces; `budoux.Parser.parse` parts it from a sum on."""
    around, middle = before + after, len(before)
    total = 0
    for width, first, count in ((1, -3, 6), (2, -2, 3), (3, -3, 4)):
        for number in range(count):
            start = middle + first + number
            if start >= 0 and start + width <= len(around):
                total += model[f"{'UBT'[width - 1]}W{number + 1}"].get(around[start : start + width], 0)
    return total

"""The words of a text: what is timed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from parlando_kit.spans import Span

_NOT_SPACE = re.compile(r"\S+")

# Scripts that do not put spaces between words: Thai, Lao, Myanmar, Khmer, and Kana, Bopomofo and Han in the
# blocks that are in use.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff\ua9e0-\ua9ff\uaa60-\uaa7f"
    "\u3040-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U000323af]"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of text between white space.

    Attributes:
        start: its first code point in the text that the library is given.
        end: one past its last.
        core_end: one past its last letter, digit or mark; `end` where it has none.
        worded: it holds a letter or a digit, and is timed whatever the library says of it. Any other is a
            word only where the library speaks it, as it does "&" and emoji.
        unspaced: it holds several words: each that the library reports is one.
        span: what it is in the caller's text.
    """

    start: int
    end: int
    core_end: int
    worded: bool
    unspaced: bool
    span: Span


def tokens_of(text: str, offset: int = 0) -> list[Token]:
    """Return the tokens of a text that is given to the library as it is.

    Args:
        text: the text.
        offset: what to add to its offsets to have those in the caller's text.
    """
    return [
        token(text, match.start(), match.end(), Span(match.start() + offset, match.end() + offset))
        for match in _NOT_SPACE.finditer(text)
    ]


def token(text: str, start: int, end: int, span: Span) -> Token:
    """Return [start, end) of a text as a token."""
    core_end = next((place for place in range(end, start, -1) if text[place - 1].isalnum()), None)
    return Token(
        start=start,
        end=end,
        core_end=end if core_end is None else core_end,
        worded=core_end is not None,
        unspaced=_UNSPACED.search(text, start, end) is not None,
        span=span,
    )


def split(text: str, whole: Token, at: int) -> Sequence[Token]:
    """Return a token of several words as two, cut at an offset; as it is where no word begins there.

    None begins within a number, on a mark, or where a part would hold no letter or digit.
    """
    if not (whole.unspaced and whole.start < at < whole.end and _UNSPACED.search(text, at - 1, at + 1)):
        return (whole,)
    cut = whole.span.start + at - whole.start
    parts = (
        token(text, whole.start, at, Span(whole.span.start, cut)),
        token(text, at, whole.end, Span(cut, whole.span.end)),
    )
    is_mark = unicodedata.category(text[at]).startswith("M")
    return (whole,) if is_mark or not all(part.worded for part in parts) else parts

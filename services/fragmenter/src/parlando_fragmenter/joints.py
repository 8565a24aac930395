"""Words that are said together and otherwise than apart: no cut may fall between them.

A fragment is normalised when it has been cut, so what one rule reads as a whole ("$1.5 million", "20 km/h",
"+1 415 555 0132", "World War II", "Nov. 21") must not lie on both sides of a cut. What belongs to a word is
told by the word after it, of which as little is waited for as tells.
"""

from __future__ import annotations

import re

from parlando_fragmenter.gap import Gap
from parlando_fragmenter.marks import SPACE, Ending
from parlando_fragmenter.normalisation.dates import MONTH_WORDS
from parlando_fragmenter.normalisation.money import CODES, MAGNITUDES, SIGNS_OF_MONEY
from parlando_fragmenter.normalisation.roman import takes_numeral
from parlando_fragmenter.normalisation.shorthand import NUMBERED, STREETS
from parlando_fragmenter.normalisation.units import UNITS

_SPACED = re.compile(f"[{SPACE}]")


def _beginnings(words: frozenset[str]) -> frozenset[str]:
    return frozenset(word[:end] for word in words for end in range(1, len(word) + 1))


_HALVES = frozenset({"a.m", "p.m", "A.M", "P.M", "am", "pm", "AM", "PM"})
_AFTER_NUMBER = frozenset(UNITS) | MONTH_WORDS | CODES | _HALVES | {"sq", "fl", "x"}
_AFTER_SUM = _AFTER_NUMBER | frozenset(MAGNITUDES)
_AFTER_NAME = frozenset(f"{street}." for street in STREETS)
_BEGUN = {words: _beginnings(words) for words in (_AFTER_NUMBER, _AFTER_SUM, _AFTER_NAME)}
_SIGNS_AFTER_NUMBER = frozenset(SIGNS_OF_MONEY) | frozenset(
    "%\u2030\u00b0+=*\u00d7\u00f7\u00bd\u00bc\u00be\u2153\u2154\u215b\u215c\u215d\u215e"
)
_NUMERAL = frozenset("IVXL")
_CLOSING = ".,;:!?)]\"'\u201d\u2019"
# What may stand between a number and the white space after it: 5' 11", (415) 555-0132.
_TAILS = frozenset({"", "'", "\u2019", ")"})
# With white space on both sides: 7 - 2, 9 AM - 5 PM.
_DASHES = frozenset("-\u2013")
# In small letters, and yet not whole: flight 249, 500 sq ft, 3 x 4.
_BEFORE_OTHERS = frozenset({"flight", "sq", "fl", "x"})
# Digits that a group of a telephone or a card number has at least, on one side of the gap.
_GROUP = 3


def may_join(core: str) -> bool:
    """Return whether a word may belong to the one after it: quickly, and rather too often."""
    return not core.islower() or core in _BEFORE_OTHERS


def joins(gap: Gap) -> bool | None:
    """Return whether the words around a gap are said together, or None while it takes more text to say."""
    core, first = gap.mark.core, gap.ahead[0]
    if gap.breaks or not core:
        return False
    if gap.mark.ending is Ending.STOP:
        return first.isdigit() and (core in NUMBERED or core in MONTH_WORDS)
    if gap.mark.apart and gap.mark.tail in _DASHES:
        return first.isdigit() and (core[-1].isdigit() or core in _HALVES)
    if gap.mark.tail in _TAILS:
        return _joins_number(gap) if core[-1].isdigit() else _joins_name(gap)
    return False


def _joins_name(gap: Gap) -> bool | None:
    core, first = gap.mark.core, gap.ahead[0]
    if first.isdigit():
        code = len(core) == len("BA") and core.isupper()
        return (
            code
            or core in ("flight", "x")
            or core in MONTH_WORDS
            or core in CODES
            or core[-1] in SIGNS_OF_MONEY
        )
    if first in _NUMERAL and takes_numeral(core):
        word, whole = _next_word(gap)
        numeral = word.rstrip(_CLOSING)
        told = whole or not _NUMERAL.issuperset(word)
        return _NUMERAL.issuperset(numeral) and takes_numeral(core, numeral) if told else None
    if core in ("sq", "fl"):
        return True
    return first.isupper() and core[0].isupper() and _next_is(gap, _AFTER_NAME, full_stop=True)


def _joins_number(gap: Gap) -> bool | None:
    core, first = gap.mark.core, gap.ahead[0]
    if first in _SIGNS_AFTER_NUMBER or (first == "(" and core[0] == "+"):
        return True
    if not first.isdigit():
        return _next_is(gap, _AFTER_SUM if core[0] in SIGNS_OF_MONEY else _AFTER_NUMBER)
    if core[0] == "+" or gap.mark.tail or (len(core) >= _GROUP and core[-_GROUP:].isdigit()):
        return True
    word, whole = _next_word(gap)
    digits = len(word) - len(word.lstrip("0123456789"))
    if digits >= _GROUP or word[digits : digits + 1] == "/":
        return True
    return False if whole or digits < len(word) else None


def _next_is(gap: Gap, words: frozenset[str], *, full_stop: bool = False) -> bool | None:
    word, whole = _next_word(gap)
    if not whole:
        return None if (word if full_stop else word.rstrip(_CLOSING)) in _BEGUN[words] else False
    return (word if full_stop else word.rstrip(_CLOSING)) in words


def _next_word(gap: Gap) -> tuple[str, bool]:
    """Return the word after a gap as far as it is known, and whether it is known whole."""
    end = _SPACED.search(gap.ahead)
    return gap.ahead[: end.start()] if end else gap.ahead, gap.final or end is not None

"""Roman numerals, where the word before them says that they are: World War II, Henry VIII, Chapter IV."""

from __future__ import annotations

import re

from parlando_fragmenter.normalisation.numerals import cardinal, ordinal
from parlando_fragmenter.normalisation.rule import END, Rule, Variety, before, rule, words_of

_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_COUNTED = words_of("""
War Chapter Part Act Scene Volume Vol Book Section Article Title Appendix Type Phase Level Stage Class
Grade Group Bowl Mark Rocky Episode Season Figure Table Unit Module Saturn Apollo Fantasy Division Tier
Factor Schedule Annex Canto Verse Psalm Symphony Sonata Concerto Opus
""")
_RULERS = words_of("""
Henry Louis Elizabeth George Edward Charles James William Richard John Paul Pius Benedict Gregory Leo
Innocent Clement Alexander Nicholas Catherine Peter Frederick Philip Ferdinand Napoleon Wilhelm Otto
Leopold Gustav Mary Victor Umberto Juan Carlos Felipe Alfonso Harald Haakon Christian Margrethe Albert
Ramesses Ptolemy Cleopatra Urban Boniface Julius Sixtus Francis Xerxes Darius Robert Stephen
""")
_LONGEST_ORDINAL = 30


def value(numeral: str) -> int | None:
    """Return the number that a Roman numeral is, 1 to 399, or None where it is written wrongly."""
    if _NUMERAL.fullmatch(numeral) is None:
        return None
    total = 0
    for letter, following in zip(numeral, f"{numeral[1:]} ", strict=True):
        worth = _VALUES[letter]
        total += -worth if _VALUES.get(following, 0) > worth else worth
    return total


_NUMERAL = re.compile("(?=.)C{0,3}(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")


def takes_numeral(word: str, numeral: str = "") -> bool:
    """Return whether a Roman numeral after a word is a number: "I" after a name is mostly the pronoun."""
    return word in _COUNTED or (word in _RULERS and numeral != "I")


def _roman(match: re.Match[str], variety: Variety) -> str | None:
    number, word = value(match.group()), before(match)
    if number is None:
        return None
    if word in _COUNTED:
        return cardinal(number, variety)
    if word in _RULERS and number <= _LONGEST_ORDINAL:
        pronoun = number == 1 and match.string[match.end() : match.end() + 1] in ("", " ")
        return None if pronoun else f"the {ordinal(number, variety)}"
    return None


# All that a counter or a ruler's name is likely to have: I to LIX.
_NUMERALS = frozenset(
    tens + ones
    for tens in ("", "X", "XX", "XXX", "XL", "L")
    for ones in ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
    if tens + ones
)
ROMAN: tuple[Rule, ...] = (rule("roman", "IVXL", rf"[IVXLC]{{1,9}}{END}", _roman, _NUMERALS),)

"""Plain numbers: cardinals, ordinals, decimals, fractions, ranges, ratios, powers."""

from __future__ import annotations

import re

from parlando_fragmenter.normalisation.dates import day_and_month, spoken_date
from parlando_fragmenter.normalisation.numerals import (
    DASH,
    NUMBER,
    NUMBER_END,
    SIGN,
    WHOLE,
    cardinal,
    digits,
    integer,
    number,
    ordinal,
    ordinal_of,
)
from parlando_fragmenter.normalisation.rule import DIGITS, END, Rule, Variety, after, before, rule, words_of

_SUPERSCRIPT = str.maketrans(
    "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207b", "0123456789-"
)
_GLYPHS = {
    "\u00bd": (1, 2),
    "\u2153": (1, 3),
    "\u2154": (2, 3),
    "\u00bc": (1, 4),
    "\u00be": (3, 4),
    "\u2155": (1, 5),
    "\u2156": (2, 5),
    "\u2157": (3, 5),
    "\u2158": (4, 5),
    "\u2159": (1, 6),
    "\u215a": (5, 6),
    "\u215b": (1, 8),
    "\u215c": (3, 8),
    "\u215d": (5, 8),
    "\u215e": (7, 8),
}
_glyphs = "".join(_GLYPHS)
_DAY_PREPOSITIONS = words_of("on by since until till before after from dated")
_PAIRS = frozenset({"24/7", "9/11", "50/50", "20/20", "7/11"})
_LONGEST_CARDINAL_RUN = 9
_SPOKEN_GROUP = 4
# Odds that are even: 50-50.
_EVEN = "50"
# The best mark, where nothing follows that there could be parts of: 4/5.
_MARKS = (5, 10)
_SQUARE, _CUBE = 2, 3
_COMPARISONS = {
    "~": "about",
    "\u2248": "about",
    "<": "less than",
    ">": "more than",
    "\u2264": "at most",
    "\u2265": "at least",
    "<=": "at most",
    ">=": "at least",
}


def _number(match: re.Match[str], variety: Variety) -> str:
    text = match.group()
    if text[0] in _COMPARISONS:
        mark = text[:2] if text[:2] in _COMPARISONS else text[0]
        return f"{_COMPARISONS[mark]} {number(text[len(mark) :].lstrip(), variety)}"
    return number(text, variety)


def _long_number(match: re.Match[str], _variety: Variety) -> str:
    """Say a long run of digits in groups of at most four."""
    run = match.group()
    return ", ".join(digits(run[at : at + _SPOKEN_GROUP]) for at in range(0, len(run), _SPOKEN_GROUP))


def _ordinal(match: re.Match[str], variety: Variety) -> str:
    return ordinal(int(match["number"].replace(",", "")), variety)


def _parts(numerator: int, denominator: int, variety: Variety) -> str:
    if denominator == 2:  # noqa: PLR2004
        name = "half" if numerator == 1 else "halves"
    else:
        name = "quarter" if denominator == 4 else ordinal(denominator, variety)  # noqa: PLR2004
        name = name if numerator == 1 else f"{name}s"
    return f"{cardinal(numerator, variety)} {name}"


def _glyph(match: re.Match[str], variety: Variety) -> str:
    said = _parts(*_GLYPHS[match["glyph"]], variety)
    if not match["whole"]:
        return said
    said = said.replace("one ", "a ", 1) if said.startswith("one ") else said
    return f"{number(match['whole'], variety)} and {said}"


def _fraction(match: re.Match[str], variety: Variety) -> str:
    first, second = int(match["first"]), int(match["second"])
    if match["whole"]:
        said = _parts(first, second, variety)
        return f"{number(match['whole'], variety)} and {said.replace('one ', 'a ', 1)}"
    date = day_and_month(first, second, variety)
    of_a_day = before(match).lower() in _DAY_PREPOSITIONS and match.group() not in _PAIRS
    if date is not None and of_a_day and after(match) != "of":
        return spoken_date(*date, None, variety)
    parts = first < second and (second not in _MARKS or after(match)) and not (second == 100 and first > 10)  # noqa: PLR2004
    if parts and match.group() not in _PAIRS:
        return _parts(first, second, variety)
    link = " " if match.group() in _PAIRS else " over " if first > second else " out of "
    return cardinal(first, variety) + link + cardinal(second, variety)


def _range(match: re.Match[str], variety: Variety) -> str:
    if match["first"] == match["second"] == _EVEN:
        return f"{number(_EVEN, variety)} {number(_EVEN, variety)}"
    return f"{number(match['first'], variety)} to {number(match['second'], variety)}"


def _power(match: re.Match[str], variety: Variety) -> str:
    raised = (match["power"] or match["glyphs"].translate(_SUPERSCRIPT)).replace("\u2212", "-")
    base = number(match["base"], variety)
    if raised == str(_SQUARE):
        return f"{base} squared"
    if raised == str(_CUBE):
        return f"{base} cubed"
    return f"{base} to the {_exponent(raised, variety)}"


def _exponent(raised: str, variety: Variety) -> str:
    if raised[0] == "-":
        return number(raised, variety)
    return ordinal_of(integer(raised.lstrip("+0") or "0", variety))


def _scientific(match: re.Match[str], variety: Variety) -> str:
    raised = match["power"] or match["glyphs"].translate(_SUPERSCRIPT)
    raised = raised.replace("\u2212", "-").replace("-0", "-")
    return f"{number(match['base'], variety)} times ten to the {_exponent(raised, variety)}"


_glyph_power = "(?P<glyphs>\u207b?[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+)"
_OPENS = DIGITS + "-\u2212+\u00b1."

NUMBERS: tuple[Rule, ...] = (
    rule("ordinal", DIGITS, rf"(?P<number>{WHOLE})(?:st|nd|rd|th|ST|ND|RD|TH){END}", _ordinal),
    rule(
        "scientific",
        _OPENS,
        rf"(?P<base>{SIGN}?{NUMBER})[eE](?P<power>[-\u2212+]?[0-9]{{1,3}})(?P<glyphs>){END}",
        _scientific,
    ),
    rule(
        "scientific",
        _OPENS,
        rf"(?P<base>{SIGN}?{NUMBER}) ?[x\u00d7*] ?10"
        rf"(?:\^(?P<power>[-\u2212]?[0-9]{{1,3}})|{_glyph_power}){END}",
        _scientific,
    ),
    rule(
        "power",
        _OPENS,
        rf"(?P<base>{SIGN}?{NUMBER})(?:\^(?P<power>[-\u2212]?[0-9]{{1,3}})|{_glyph_power}){END}",
        _power,
    ),
    rule("fraction", DIGITS + _glyphs, rf"(?:(?P<whole>{WHOLE}) ?)?(?P<glyph>[{_glyphs}]){END}", _glyph),
    rule(
        "fraction",
        DIGITS,
        r"(?:(?P<whole>[0-9]{1,3})[ -])?(?P<first>[0-9]{1,2})[/\u2044](?P<second>[1-9][0-9]{0,2})"
        r"(?![^\W_]|[-/.,][0-9]|/)",
        _fraction,
    ),
    rule(
        "range",
        DIGITS + ".",
        rf"(?P<first>{NUMBER})(?:{DASH}| \u2013 )(?P<second>{NUMBER})(?!-[0-9]){NUMBER_END}",
        _range,
    ),
    rule("ratio", DIGITS, rf"(?P<first>[0-9]{{1,4}}):(?P<second>[0-9]{{1,4}})(?!:){NUMBER_END}", _range),
)
PLAIN_NUMBERS: tuple[Rule, ...] = (
    rule("digits", DIGITS, rf"[0-9]{{{_LONGEST_CARDINAL_RUN + 1},}}{END}(?!,[0-9]|\.[0-9])", _long_number),
    rule(
        "number",
        _OPENS + "~\u2248<>\u2264\u2265",
        rf"(?:{SIGN}|[~\u2248<>\u2264\u2265]|[<>]=)?{NUMBER}{NUMBER_END}",
        _number,
    ),
)

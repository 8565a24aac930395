"""Plain numbers: cardinals, ordinals, decimals, fractions, ranges, ratios, powers."""

from __future__ import annotations

import re

from parlando_fragmenter.normalisation.dates import LAST_DAY, day_and_month, spoken_date
from parlando_fragmenter.normalisation.numerals import (
    COMPARING,
    COMPARISON,
    DASH,
    NUMBER,
    NUMBER_END,
    SIGN,
    SIGNS,
    WHOLE,
    cardinal,
    digits,
    integer,
    number,
    ordinal,
    ordinal_of,
    two_digits,
)
from parlando_fragmenter.normalisation.rule import DIGITS, END, Rule, Variety, after, before, rule, words_of
from parlando_fragmenter.normalisation.units import UNITS

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
# Beyond the first, and other than the second, what looks like a fraction is a day: 5/31.
_LAST_SMALL_PART = 10
_USUAL_PARTS = frozenset({12, 16, 20, 24, 25, 30})
_WHOLE_IN_PERCENT = 100  # 60/40
# Digits: 120/80 is no fraction.
_LONGEST_NUMERATOR = 2
_SPOKEN_GROUP = 4
# Odds that are even: 50-50.
_EVEN = "50"
# The best mark, where nothing follows that there could be parts of: 4/5.
_MARKS = (5, 10)
_SQUARE, _CUBE = 2, 3


def _number(match: re.Match[str], variety: Variety) -> str:
    said = number(match["number"], variety)
    return f"{SIGNS[match['sign']]} {said}" if match["sign"] else said


def _listed(match: re.Match[str], variety: Variety) -> str:
    """Say numbers with commas between that are no thousands: pages 1,2,5."""
    return ", ".join(number(each, variety) for each in match.group().split(","))


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
        return said + _of(match, 0)
    said = said.replace("one ", "a ", 1) if said.startswith("one ") else said
    return f"{number(match['whole'], variety)} and {said}{_of(match, 1)}"


def _of(match: re.Match[str], whole: int) -> str:
    """Return what there is a fraction of, with a space before it: one of it, or several."""
    return f" {UNITS[match['unit']][whole]}" if match["unit"] else ""


def _pair(written: str, variety: Variety) -> str:
    return two_digits(int(written)) if written[0] == "0" else cardinal(int(written), variety)


def _fraction(match: re.Match[str], variety: Variety) -> str | None:
    first, second = int(match["first"]), int(match["second"])
    if not second:
        return None
    if match["whole"]:
        said = _parts(first, second, variety)
        return f"{number(match['whole'], variety)} and {said.replace('one ', 'a ', 1)}{_of(match, 1)}"
    date = day_and_month(first, second, variety)
    if date is not None and _is_day(match):
        return spoken_date(*date, None, variety)
    if match["first"][0] == "0" or match["second"][0] == "0":  # 09/27
        return f"{_pair(match['first'], variety)} {_pair(match['second'], variety)}"
    return _parts_or_marks(match, variety)


def _is_day(match: re.Match[str]) -> bool:
    """Return whether what may be a fraction is a day: on 3/4, 5/31."""
    first, second = int(match["first"]), int(match["second"])
    if match.group() in _PAIRS or after(match) == "of":
        return False
    if before(match).lower() in _DAY_PREPOSITIONS:
        return True
    rarely_parts = _LAST_SMALL_PART < second <= LAST_DAY and second not in _USUAL_PARTS
    return first < second and rarely_parts and match["first"][0] != "0"


def _parts_or_marks(match: re.Match[str], variety: Variety) -> str:
    first, second = int(match["first"]), int(match["second"])
    best_mark = second in _MARKS and not after(match)
    parts = first < second and len(match["first"]) <= _LONGEST_NUMERATOR and not best_mark
    if first + second == _WHOLE_IN_PERCENT or match.group() in _PAIRS:
        return f"{cardinal(first, variety)} {cardinal(second, variety)}"
    if parts and not (second == _WHOLE_IN_PERCENT and first > _LAST_SMALL_PART):  # 98/100 is a mark
        return _parts(first, second, variety) + _of(match, 0)
    return f"{cardinal(first, variety)} {'over' if first > second else 'out of'} {cardinal(second, variety)}"


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


_measured = r"(?:tsp|tbsp|oz|lb|min|sec|hr|ft)\.?|in\.|lbs|L|ml|mi|km|kg|yd"
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
    rule(
        "fraction",
        DIGITS + _glyphs,
        rf"(?:(?P<whole>{WHOLE}) ?)?(?P<glyph>[{_glyphs}])(?: ?(?P<unit>{_measured}){END}|{END})",
        _glyph,
    ),
    rule(
        "fraction",
        DIGITS,
        r"(?:(?P<whole>[0-9]{1,3})[ -])?(?P<first>[0-9]{1,3})[/\u2044](?P<second>[0-9]{1,3})"
        rf"(?: ?(?P<unit>{_measured}){END}|(?![^\W_]|[-/.,][0-9]|/))",
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
        _OPENS + COMPARING,
        rf"(?P<sign>{SIGN}|{COMPARISON})?(?P<number>{NUMBER}){NUMBER_END}",
        _number,
    ),
    rule("number", DIGITS, rf"[0-9]{{1,15}}(?:,[0-9]{{1,15}})+{END}(?!\.[0-9])", _listed),
)

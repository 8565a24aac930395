"""Years and decades, and what tells a year from a count."""

from __future__ import annotations

import re

from parlando_fragmenter.normalisation.numerals import DASH, cardinal, plural, two_digits, year
from parlando_fragmenter.normalisation.rule import (
    BEGIN,
    DIGITS,
    END,
    Rule,
    Variety,
    after,
    before,
    rule,
    words_of,
)

FIRST_YEAR = 1100
FIRST_DATED_YEAR = 1000
LAST_YEAR = 2099

_DECADE = 10
_OF_DECADES = words_of("the his her their my our early late mid in")
_DATING = frozenset({"in", "since", "until", "till"})
# After a number of four digits: it counts these.
_COUNTED = words_of("""
people persons men women children users customers employees workers students soldiers refugees residents
words tokens characters letters lines pages rows columns files messages requests tickets votes copies
items units pieces points steps calories seats jobs homes houses cars deaths cases times days hours
minutes seconds weeks months years miles meters metres feet yards kilometers kilometres grams kilograms
pounds tons tonnes dollars euros cents francs rupees yen percent volts watts square more other different
new of
""")
# Before it: an amount follows.
_COUNTING = words_of("exactly nearly almost least most roughly approximately cost costs paid than over")


def is_year(digits: str) -> bool:
    """Return whether digits may be a year that is said as one."""
    return len(digits) == len("1990") and FIRST_YEAR <= int(digits) <= LAST_YEAR


def _year(match: re.Match[str], variety: Variety) -> str | None:
    number = int(match["year"])
    dated = before(match).lower() in _DATING
    if not (FIRST_DATED_YEAR if dated else FIRST_YEAR) <= number <= LAST_YEAR:
        return None
    if after(match) in _COUNTED or before(match).lower() in _COUNTING:
        return None
    return year(number, variety)


def _years(match: re.Match[str], variety: Variety) -> str | None:
    first, second = match["first"], match["second"]
    if not is_year(first):
        return None
    if len(second) == len("90"):
        if int(second) <= int(first[2:]):
            return None
        return f"{year(int(first), variety)} to {two_digits(int(second))}"
    if not is_year(second):
        return None
    return f"{year(int(first), variety)} to {year(int(second), variety)}"


def _decade(match: re.Match[str], variety: Variety) -> str | None:
    number = int(match["year"])
    if number >= FIRST_YEAR:
        century, rest = divmod(number, 100)
        if rest:
            return f"{cardinal(century, variety)} {plural(cardinal(rest, variety))}"
        return plural(year(number, variety))
    if number % _DECADE or not number:
        return None
    short = match["mark"] or before(match).lower().strip("([\"'").rpartition("-")[2] in _OF_DECADES
    return plural(cardinal(number, variety)) if short else None


def _short_year(match: re.Match[str], _variety: Variety) -> str:
    return two_digits(int(match["year"]))


YEARS: tuple[Rule, ...] = (
    rule("decade", DIGITS, r"(?P<mark>)(?P<year>[12][0-9]{2}0)['\u2019]?s" + END, _decade),
    rule(
        "decade",
        DIGITS + "'\u2018\u2019",
        rf"(?P<mark>['\u2018\u2019]?)(?P<year>[1-9]0)['\u2019]?s{END}",
        _decade,
    ),
    rule("year", "'\u2018\u2019", rf"(?<![^\s(])['\u2018\u2019](?P<year>[0-9]{{2}}){END}", _short_year),
    rule(
        "year",
        DIGITS,
        rf"(?P<first>[12][0-9]{{3}})(?: ?{DASH} ?|/)(?P<second>[12][0-9]{{3}}|[0-9]{{2}})"
        r"(?![^\W_]|[-/.,][0-9])",
        _years,
    ),
    rule("year", DIGITS, rf"{BEGIN}(?P<year>[12][0-9]{{3}})(?![^\W_]|[.,:/][0-9])", _year),
)

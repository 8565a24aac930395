"""Dates."""

from __future__ import annotations

import re

from parlando_fragmenter.normalisation.numerals import DASH, SIGNS, cardinal, ordinal, two_digits, year
from parlando_fragmenter.normalisation.rule import DIGITS, END, Rule, Variety, after, before, rule

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_ABBREVIATED = {
    **{name[:3]: name for name in MONTHS},
    "Sept": "September",
}
_MONTH_OF = _ABBREVIATED | {name: name for name in MONTHS}
MONTH_WORDS = frozenset(_MONTH_OF)
WEEKDAYS = {
    "Mon": "Monday",
    "Tue": "Tuesday",
    "Tues": "Tuesday",
    "Wed": "Wednesday",
    "Thu": "Thursday",
    "Thur": "Thursday",
    "Thurs": "Thursday",
    "Fri": "Friday",
    "Sat": "Saturday",
    "Sun": "Sunday",
}

LAST_DAY = 31
_month = "|".join(sorted(MONTH_WORDS, key=len, reverse=True))
_YEAR = r"(?P<year>1[0-9]{3}|20[0-9]{2})(?![0-9]|[.,][0-9]|[^\W_]|-[0-9])"
_DAY = r"(?P<day>3[01]|[12][0-9]|0?[1-9])"


def spoken_date(day: int, month: int, year_number: int | None, variety: Variety, *, the: bool = True) -> str:
    """Return a date as the variety says it: "March fourth", "the fourth of March", a year after it."""
    name = MONTHS[month - 1]
    if variety is Variety.BRITISH:
        said = f"{'the ' if the else ''}{ordinal(day, variety)} of {name}"
    else:
        said = f"{name} {ordinal(day, variety)}"
    if year_number is None:
        return said
    comma = "" if variety is Variety.BRITISH else ","
    return f"{said}{comma} {year(year_number, variety)}"


def day_and_month(first: int, second: int, variety: Variety) -> tuple[int, int] | None:
    """Return the day and the month of 3/4: as the variety orders them, the other way if only that can be."""
    day, month = (first, second) if variety is Variety.BRITISH else (second, first)
    for each in ((day, month), (month, day)):
        if 1 <= each[0] <= LAST_DAY and 1 <= each[1] <= len(MONTHS):
            return each
    return None


def _iso(match: re.Match[str], variety: Variety) -> str | None:
    day, month = int(match["day"]), int(match["month"])
    if not (1 <= day <= LAST_DAY and 1 <= month <= len(MONTHS)):
        return None
    said = spoken_date(day, month, int(match["year"]), variety, the=before(match) != "the")
    if match["hour"] is None:
        return said
    hour, minute, second = (match[unit] for unit in ("hour", "minute", "second"))
    zone = match["zone"] or ""
    clock = f"{cardinal(int(hour), variety)} {two_digits(int(minute)) if minute != '00' else 'hundred'}"
    if second not in (None, "00"):
        clock += f" and {cardinal(int(second), variety)} second{'' if second == '01' else 's'}"
    if zone:
        ahead = f" {SIGNS[zone[0]]} {cardinal(int(zone[1:3]), variety)}" if zone != "Z" else ""
        clock += f" U T C{ahead}"
    return f"{said}, at {clock}"


def _numeric(match: re.Match[str], variety: Variety) -> str | None:
    dotted = Variety.BRITISH if match["mark"] == "." else variety
    found = day_and_month(int(match["first"]), int(match["second"]), dotted)
    if found is None:
        return None
    number = int(match["year"])
    if len(match["year"]) == 2:  # noqa: PLR2004  # '69 and earlier are of this century
        number += 2000 if number < 70 else 1900  # noqa: PLR2004
    return spoken_date(*found, number, variety, the=before(match) != "the")


def _month_day(match: re.Match[str], variety: Variety) -> str | None:
    name = _MONTH_OF[match["month"]]
    if name == "May" and after(match) == "of":  # may five of them
        return None
    said = f"{name} {ordinal(int(match['day']), variety)}"
    if match["to"]:
        if int(match["to"]) > LAST_DAY:
            return None
        said = f"{said} to {ordinal(int(match['to']), variety)}"
    return f"{said}{match['comma']} {year(int(match['year']), variety)}" if match["year"] else said


def _day_month(match: re.Match[str], variety: Variety) -> str:
    the = "" if before(match).lower() == "the" else "the "
    said = f"{the}{ordinal(int(match['day']), variety)} of {_MONTH_OF[match['month']]}"
    return f"{said}{match['comma']} {year(int(match['year']), variety)}" if match["year"] else said


def _month_year(match: re.Match[str], variety: Variety) -> str:
    return f"{_MONTH_OF[match['month']]} {year(int(match['year']), variety)}"


_OPENS_MONTH = "JFMASOND"
DATES: tuple[Rule, ...] = (
    rule(
        "date",
        DIGITS,
        rf"(?P<year>[12][0-9]{{3}})(?P<mark>[-/])(?P<month>[01][0-9])(?P=mark)(?P<day>[0-3][0-9])"
        r"(?:T(?P<hour>[0-2][0-9]):(?P<minute>[0-5][0-9])(?::(?P<second>[0-5][0-9])(?:\.[0-9]+)?)?"
        rf"(?P<zone>Z|[-+][0-9]{{2}}(?::?[0-9]{{2}})?)?)?{END}",
        _iso,
    ),
    rule(
        "date",
        DIGITS,
        r"(?P<first>[0-9]{1,2})(?P<mark>[-/.])(?P<second>[0-9]{1,2})(?P=mark)(?P<year>[12][0-9]{3}|[0-9]{2})"
        r"(?![^\W_]|[-/.,][0-9])",
        _numeric,
    ),
    rule(
        "date",
        _OPENS_MONTH,
        rf"(?P<month>{_month})\.? {_DAY}(?:st|nd|rd|th)?(?: ?{DASH} ?(?P<to>[0-9]{{1,2}})(?:st|nd|rd|th)?)?"
        rf"(?![^\W_]|[:.,/%][0-9])(?:(?P<comma>,?) {_YEAR})?",
        _month_day,
        MONTH_WORDS,
    ),
    rule(
        "date",
        DIGITS,
        rf"{_DAY}(?:st|nd|rd|th)? (?:of )?(?P<month>{_month})(?:\.(?= [0-9])|{END})"
        rf"(?:(?P<comma>,?) {_YEAR})?",
        _day_month,
    ),
    rule("date", _OPENS_MONTH, rf"(?P<month>{_month})\.? {_YEAR}", _month_year, MONTH_WORDS),
)

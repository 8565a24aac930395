"""Times of day."""

from __future__ import annotations

import re

from parlando_fragmenter.normalisation.numerals import DASH, cardinal, two_digits
from parlando_fragmenter.normalisation.rule import DIGITS, END, Rule, Variety, after, rule

_HALF = r"(?: ?(?P<half{n}>[AaPp]\.[Mm]\.|[AaPp][Mm]{end}))"
_CLOCK = (
    r"(?P<hour{n}>[01]?[0-9]|2[0-4]):(?P<minute{n}>[0-5][0-9])(?::(?P<second{n}>[0-5][0-9])(?:\.[0-9]+)?)?"
)
_HOUR = r"(?P<hour{n}>1[0-2]|0?[1-9])"
# The last hour that a half of the day has.
_HALF_DAY = 12
_HALF_DAYS = frozenset({"noon", "midnight"})


def _pattern(form: str, n: int) -> str:
    return form.replace("{n}", str(n)).replace("{end}", END)


def _said(match: re.Match[str], n: int, variety: Variety) -> str:
    named = match.groupdict()
    hour, minute, half = int(named[f"hour{n}"]), named.get(f"minute{n}"), named.get(f"half{n}")
    second = named.get(f"second{n}")
    said = cardinal(hour, variety)
    if minute and (minute != "00" or second):
        said = f"{said} {two_digits(int(minute))}" if minute != "00" else f"{said} zero zero"
    elif minute and not half and after(match) not in _HALF_DAYS:
        said = f"{said} o'clock" if 1 <= hour <= _HALF_DAY else f"{said} hundred"
    if second:
        said = f"{said} and {cardinal(int(second), variety)} second{'' if second == '01' else 's'}"
    return f"{said} {half[0].upper()} M" if half else said


def _time(match: re.Match[str], variety: Variety) -> str:
    return _said(match, 1, variety)


def _from_to(match: re.Match[str], variety: Variety) -> str:
    return f"{_said(match, 1, variety)} to {_said(match, 2, variety)}"


_ends = r"(?![^\W_]|:[0-9]|[.,][0-9])"
_half_1, _half_2 = _pattern(_HALF, 1), _pattern(_HALF, 2)
_clock_1, _clock_2 = _pattern(_CLOCK, 1), _pattern(_CLOCK, 2)
_hour_1, _hour_2 = _pattern(_HOUR, 1), _pattern(_HOUR, 2)
_to = f" ?{DASH} ?"

TIMES: tuple[Rule, ...] = (
    rule("time", DIGITS, rf"{_clock_1}{_half_1}?{_to}{_clock_2}{_half_2}?{_ends}", _from_to),
    rule("time", DIGITS, rf"{_clock_1}{_half_1}?{_to}{_hour_2}{_half_2}{_ends}", _from_to),
    rule("time", DIGITS, rf"{_hour_1}{_half_1}?{_to}{_clock_2}{_half_2}{_ends}", _from_to),
    rule("time", DIGITS, rf"{_hour_1}{_half_1}?{_to}{_hour_2}{_half_2}{_ends}", _from_to),
    rule("time", DIGITS, rf"{_clock_1}{_half_1}?{_ends}", _time),
    rule("time", DIGITS, rf"{_hour_1}{_half_1}{_ends}", _time),
)

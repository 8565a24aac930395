"""Measures: a number with the symbol of a unit; percentages, temperatures, sizes."""

from __future__ import annotations

import re

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
    number,
)
from parlando_fragmenter.normalisation.rule import DIGITS, END, Rule, Variety, is_attributive, rule

_NUMBER_OPENS = DIGITS + ".-\u2212+\u00b1" + COMPARING

# symbol = what one is called
_NAMES = """
mm = millimeter; cm = centimeter; dm = decimeter; m = meter; km = kilometer; \u00b5m = micrometer
\u03bcm = micrometer; nm = nanometer; mi = mile; yd = yard; yds = yard; nmi = nautical mile
mm\u00b2 = square millimeter; cm\u00b2 = square centimeter; m\u00b2 = square meter
km\u00b2 = square kilometer; m\u00b3 = cubic meter; cm\u00b3 = cubic centimeter
sq km = square kilometer; sq mi = square mile; sq m = square meter; ha = hectare; \u00b5g = microgram
\u03bcg = microgram; mg = milligram; g = gram; kg = kilogram; oz = ounce; oz. = ounce; lb = pound
lbs = pound; lb. = pound; lbs. = pound; ml = milliliter; mL = milliliter; cl = centiliter
dl = deciliter; l = liter; L = liter; gal = gallon; fl oz = fluid ounce; ms = millisecond
\u00b5s = microsecond; \u03bcs = microsecond; ns = nanosecond; s = second; sec = second; sec. = second
secs = second; min = minute; min. = minute; mins = minute; h = hour; hr = hour; hrs = hour; hr. = hour
hrs. = hour; yr = year; yrs = year; yr. = year; yrs. = year; tsp = teaspoon; tsp. = teaspoon
tbsp = tablespoon; tbsp. = tablespoon; mol = mole; mmol = millimole; Mb = megabit; Gb = gigabit
B = byte; kB = kilobyte; KB = kilobyte; MB = megabyte; GB = gigabyte; TB = terabyte
PB = petabyte; KiB = kibibyte; MiB = mebibyte; GiB = gibibyte; dB = decibel; V = volt; kV = kilovolt
mV = millivolt; W = watt; kW = kilowatt; MW = megawatt; GW = gigawatt; kWh = kilowatt hour
MWh = megawatt hour; mA = milliamp; mAh = milliamp hour; Pa = pascal; hPa = hectopascal
kPa = kilopascal; J = joule; kJ = kilojoule; cal = calorie; kcal = kilocalorie; \u03a9 = ohm; px = pixel
MP = megapixel; pp = percentage point; bps = basis point; km/h = kilometer per hour
kph = kilometer per hour; mph = mile per hour; m/s = meter per second; ft/s = foot per second
mpg = mile per gallon; m/s\u00b2 = meter per second squared; kbps = kilobit per second
kb/s = kilobit per second; kbit/s = kilobit per second; Mbps = megabit per second
Mb/s = megabit per second; Mbit/s = megabit per second; Gbps = gigabit per second
MB/s = megabyte per second; GB/s = gigabyte per second; rpm = revolution per minute
bpm = beat per minute; fps = frame per second; dpi = dot per inch; \u00b0C = degree Celsius
\u00b0 C = degree Celsius; \u2103 = degree Celsius; \u00b0F = degree Fahrenheit
\u00b0 F = degree Fahrenheit; \u2109 = degree Fahrenheit; \u00b0 = degree
"""
_IRREGULAR = {
    "ft": ("foot", "feet"),
    "ft.": ("foot", "feet"),
    "sq ft": ("square foot", "square feet"),
    "sq. ft.": ("square foot", "square feet"),
    "ft\u00b2": ("square foot", "square feet"),
    "in.": ("inch", "inches"),
    "Hz": ("hertz", "hertz"),
    "kHz": ("kilohertz", "kilohertz"),
    "MHz": ("megahertz", "megahertz"),
    "GHz": ("gigahertz", "gigahertz"),
    "K": ("kelvin", "kelvin"),
    "psi": ("p s i", "p s i"),
    "ppm": ("part per million", "parts per million"),
    "ppb": ("part per billion", "parts per billion"),
    "mmHg": ("millimeter of mercury", "millimeters of mercury"),
    "\u00b0 N": ("degree north", "degrees north"),
    "\u00b0N": ("degree north", "degrees north"),
    "\u00b0 S": ("degree south", "degrees south"),
    "\u00b0S": ("degree south", "degrees south"),
    "\u00b0 E": ("degree east", "degrees east"),
    "\u00b0E": ("degree east", "degrees east"),
    "\u00b0 W": ("degree west", "degrees west"),
    "\u00b0W": ("degree west", "degrees west"),
    "%": ("percent", "percent"),
    "\u2030": ("per mille", "per mille"),
}


def _named(listed: str) -> dict[str, tuple[str, str]]:
    pairs = (entry.split(" = ") for entry in listed.strip().replace("\n", "; ").split("; "))
    return {symbol: (name, _several(name)) for symbol, name in pairs}


def _several(name: str) -> str:
    """Return the plural of a unit. Example: miles per hour."""
    unit, space, rest = name.partition(" per ") if " per " in name else name.partition(" ")
    if space and not name.startswith("degree") and space == " ":
        return f"{name}s"
    unit = "feet" if unit == "foot" else f"{unit}s"
    return unit + space + rest


UNITS = _named(_NAMES) | _IRREGULAR
"""Symbols of units, with what one of it and what several are called."""

# Letters that touch a number in names and amounts: 4K, 12MP.
_ONLY_APART = frozenset({"K", "B", "MP"})
_SHARES = "%\u2030"
# What is counted by the piece: 3 x 500 ml is three times as much, not an area.
_lengths = "mm|cm|km|m|ft|in\\.|yd|px"
_INCHES = '"\u201d\u2033'
_portion = "ml|mL|cl|l|L|mg|g|kg|oz|lbs?|[GT]B"
PER = {
    "s": "second",
    "sec": "second",
    "min": "minute",
    "h": "hour",
    "hr": "hour",
    "d": "day",
    "wk": "week",
    "mo": "month",
    "yr": "year",
    "g": "gram",
    "kg": "kilogram",
    "lb": "pound",
    "l": "liter",
    "L": "liter",
    "dl": "deciliter",
    "dL": "deciliter",
    "ml": "milliliter",
    "mL": "milliliter",
    "km": "kilometer",
    "mi": "mile",
    "m": "meter",
    "oz": "ounce",
    "gal": "gallon",
}
"""What something may be reckoned by, after a slash; longer words are said as they are written."""
_per = "|".join(sorted(PER, key=len, reverse=True)) + "|[a-z]{3,12}"
_by_length = sorted(UNITS.keys() - set(_SHARES), key=len, reverse=True)
_symbol = "|".join(re.escape(symbol) for symbol in _by_length)


def _measure(match: re.Match[str], variety: Variety) -> str | None:
    symbol = match["unit"]
    if symbol in _ONLY_APART and not match["gap"]:
        return None
    one, many = UNITS[symbol]
    amount, to = match["amount"], match["to"]
    said = number(amount, variety)
    if match["sign"]:
        said = f"{SIGNS[match['sign']]} {said}"
    if to:
        said = f"{said} to {number(to, variety)}"
    single = match["gap"] == "-" or (amount == "1" and not to) or is_attributive(match)
    per = match.groupdict().get("per")
    return f"{said} {one if single else many}" + (f" per {PER.get(per, per)}" if per else "")


def _height(match: re.Match[str], variety: Variety) -> str | None:
    feet, inches = match["feet"], match["inches"]
    if inches:
        return f"{cardinal(int(feet), variety)} foot {number(inches, variety)}"
    return f"{cardinal(int(feet), variety)} {'foot' if feet == '1' else 'feet'}"


def _duration(match: re.Match[str], variety: Variety) -> str:
    units = (("hours", "hour"), ("minutes", "minute"))
    each = [f"{number(match[many], variety)} {one if match[many] == '1' else many}" for many, one in units]
    return " ".join(each)


def _inches(match: re.Match[str], variety: Variety) -> str | None:
    """Say inches for a straight quote after a number, unless it closes a quotation."""
    quoted = match.string.count('"', 0, match.start()) % 2
    if quoted and match["mark"] in ('"', "\u201d"):
        return None
    if match["mark"] == "\u201d" and "\u201c" in match.string[: match.start()]:
        return None
    amount = match["amount"]
    return f"{number(amount, variety)} {'inch' if amount == '1' or is_attributive(match) else 'inches'}"


def _dimensions(match: re.Match[str], variety: Variety) -> str | None:
    if "\u00d7" in match["sides"] and match.string[match.end() :].lstrip().startswith("?"):
        return None  # what is seven times eight?
    sides = [side.rstrip(_INCHES) for side in re.split(" ?[x\u00d7] ?", match["sides"])]
    said = " by ".join(_side(side, variety) for side in sides)
    if match["unit"] is None:
        return said
    one, many = UNITS[match["unit"]] if match["unit"] else ("inch", "inches")
    return f"{said} {one if is_attributive(match) else many}"


def _times(match: re.Match[str], variety: Variety) -> str:
    return f"{number(match['times'], variety)} times"


def _side(side: str, variety: Variety) -> str:
    """Return a side's length; of pixels in pairs of digits, as in nineteen twenty by ten eighty."""
    if len(side) == len("1920") and side.isdigit() and side[1:3] != "00" and side[2:] != "00":
        head, tail = int(side[:2]), int(side[2:])
        return (
            f"{cardinal(head, variety)} {'oh ' if tail < len('0123456789') else ''}{cardinal(tail, variety)}"
        )
    return number(side, variety)


_AMOUNT = rf"(?P<sign>{SIGN}|{COMPARISON})?(?P<amount>{NUMBER})(?:%? ?{DASH} ?(?P<to>{NUMBER}))?"
MEASURES: tuple[Rule, ...] = (
    rule(
        "dimensions",
        DIGITS,
        rf"(?P<sides>{NUMBER}[\"\u201d\u2033](?: ?[x\u00d7] ?{NUMBER}[\"\u201d\u2033])+)(?P<unit>)",
        _dimensions,
    ),
    rule(
        "unit",
        DIGITS,
        rf"(?P<feet>[0-9])(?:['\u2019\u2032] ?| ?ft\.? ?)(?P<inches>[0-9]{{1,2}}(?:\.5)?)"
        rf"(?:[\"\u201d\u2033]|''| ?in\b\.?|{END})",
        _height,
    ),
    rule("unit", DIGITS, rf"(?P<hours>[0-9]{{1,3}})h ?(?P<minutes>[0-9]{{1,2}})m(?:in)?{END}", _duration),
    rule("unit", DIGITS, r"(?P<feet>[0-9]{1,3})\u2032(?P<inches>)", _height),
    rule("unit", DIGITS, rf"(?P<amount>{NUMBER})(?P<mark>[\"\u201d\u2033]|in\b)", _inches),
    rule(
        "percentage",
        _NUMBER_OPENS,
        rf"{_AMOUNT}(?P<gap> ?)(?P<unit>[{_SHARES}]){END}",
        _measure,
    ),
    rule(
        "unit",
        _NUMBER_OPENS,
        rf"{_AMOUNT}(?P<gap>[ -]?)(?P<unit>{_symbol}){END}(?!\.[0-9])(?:/(?P<per>{_per}){END})?",
        _measure,
    ),
    rule(
        "dimensions",
        DIGITS,
        rf"(?P<times>{WHOLE}) ?[x\u00d7] ?(?={NUMBER} ?(?:{_portion}){END})",
        _times,
    ),
    rule(
        "dimensions",
        DIGITS,
        rf"(?P<sides>{NUMBER}(?:(?: [x\u00d7] |[x\u00d7]){NUMBER})+)"
        rf"(?: ?(?P<unit>{_lengths}){END}|{NUMBER_END}(?! ?=))",
        _dimensions,
    ),
    rule(
        "dimensions",
        DIGITS,
        rf"(?P<times>{NUMBER})[x\u00d7]{END}(?!\S?[0-9])",
        _times,
    ),
)

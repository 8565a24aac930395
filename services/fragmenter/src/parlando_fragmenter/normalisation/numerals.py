"""English words for numbers."""

from __future__ import annotations

from parlando_fragmenter.normalisation.rule import Variety

_SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["-", "-", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = ("", " thousand", " million", " billion", " trillion", " quadrillion")
_IRREGULAR_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}

# Digits from which on a number is said digit by digit.
LONGEST_CARDINAL = 15

_HUNDRED = 100
_THOUSAND = 1000


def cardinal(number: int, variety: Variety) -> str:
    """Return a number in words, 0 to 10^18 - 1. Example: one thousand two hundred (and) thirty-four."""
    if number < _HUNDRED:
        return _below_hundred(number)
    parts: list[str] = []
    rest = number
    for scale in _SCALES:
        rest, group = divmod(rest, _THOUSAND)
        if group:
            joined = variety is Variety.BRITISH and not scale and group < _HUNDRED and rest
            parts.append(("and " if joined else "") + _below_thousand(group, variety) + scale)
        if not rest:
            break
    return " ".join(reversed(parts))


def ordinal(number: int, variety: Variety) -> str:
    """Return a number in a row. Example: twenty-first."""
    return ordinal_of(cardinal(number, variety))


def ordinal_of(words: str) -> str:
    """Return the ordinal of a cardinal in words."""
    split = max(words.rfind(" "), words.rfind("-")) + 1
    head, last = words[:split], words[split:]
    if last in _IRREGULAR_ORDINALS:
        return head + _IRREGULAR_ORDINALS[last]
    return head + (last[:-1] + "ieth" if last.endswith("y") else last + "th")


def year(number: int, variety: Variety) -> str:
    """Return a year, 1 to 9999. Example: nineteen eighty-four."""
    century, rest = divmod(number, _HUNDRED)
    if number < _THOUSAND or (century % 10 == 0 and rest < 10):  # noqa: PLR2004  # two thousand (and) five
        return cardinal(number, variety)
    if not rest:
        return f"{_below_hundred(century)} hundred"
    return f"{_below_hundred(century)} {two_digits(rest)}"


def two_digits(number: int) -> str:
    """Return the last two digits of a year, or minutes: "oh five", "thirty"."""
    return f"oh {_SMALL[number]}" if number < 10 else _below_hundred(number)  # noqa: PLR2004


def digits(text: str) -> str:
    """Return the digits of a text one by one; all else is passed over."""
    return " ".join(_SMALL[int(character)] for character in text if "0" <= character <= "9")


def number(text: str, variety: Variety) -> str:
    """Return a number as it is written, commas and decimals and all: "1,234.5", "-3", ".5", "007"."""
    if text[:1] in SIGNS:
        return f"{SIGNS[text[0]]} {number(text[1:].lstrip(), variety)}"
    whole, point, decimals = text.replace(",", "").partition(".")
    said = integer(whole, variety) if whole else ""
    return f"{said} point {digits(decimals)}".lstrip() if point else said


def integer(text: str, variety: Variety) -> str:
    """Return digits as a cardinal; one by one where they begin with a zero or are too many."""
    if len(text) > LONGEST_CARDINAL or (len(text) > 1 and text[0] == "0"):
        return digits(text)
    return cardinal(int(text or "0"), variety)


def plural(word: str) -> str:
    """Return the plural of a number word: nineties, hundreds, sixths."""
    if word.endswith("y"):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith("x") else "s")


SIGNS = {
    "-": "minus",
    "\u2212": "minus",
    "\u2013": "minus",
    "+": "plus",
    "\u00b1": "plus or minus",
    "~": "about",
    "\u2248": "about",
    "<": "less than",
    ">": "more than",
    "\u2264": "at most",
    "\u2265": "at least",
    "<=": "at most",
    ">=": "at least",
}
"""What stands before a number, and how it is said."""

COMPARING = "~\u2248<>\u2264\u2265"
COMPARISON = rf"(?:[<>]=|[{COMPARING}])"

# Written numbers. A number is followed by no letter, and by no further digit after a point or a comma.
WHOLE = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)"
NUMBER = rf"(?:{WHOLE}(?:\.[0-9]+)?|\.[0-9]+)"
SIGN = r"(?<![^\W_])[-\u2212\u2013+\u00b1]"
DASH = "[-\u2013\u2014\u2212]"
NUMBER_END = r"(?![^\W_]|[.,][0-9]|/[0-9]|\^)"


def _below_hundred(number: int) -> str:
    if number < len(_SMALL):
        return _SMALL[number]
    tens, ones = divmod(number, 10)
    return f"{_TENS[tens]}-{_SMALL[ones]}" if ones else _TENS[tens]


def _below_thousand(number: int, variety: Variety) -> str:
    hundreds, rest = divmod(number, _HUNDRED)
    if not hundreds:
        return _below_hundred(rest)
    if not rest:
        return f"{_SMALL[hundreds]} hundred"
    link = " and " if variety is Variety.BRITISH else " "
    return f"{_SMALL[hundreds]} hundred{link}{_below_hundred(rest)}"

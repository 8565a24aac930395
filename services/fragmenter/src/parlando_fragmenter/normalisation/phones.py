"""Telephone numbers, postcodes, card numbers: digits said one by one, in the groups they are written in.

Whether a number is in use does not matter to how it is said, so its form alone decides.
"""

from __future__ import annotations

import re

from parlando_fragmenter.normalisation.numerals import digits
from parlando_fragmenter.normalisation.rule import DIGITS, END, Rule, Variety, before, rule, words_of

_GROUP = re.compile(r"\+|[0-9]+|[A-Za-z]+")
_SHORTEST, _LONGEST = 7, 15
_STATES = words_of("""
AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH
OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR
""")
_DIALLED = frozenset({"call", "dial", "calling", "dialing", "text", "ring"})


def _grouped(text: str) -> str:
    """Return the groups of a number, a comma between them to breathe at."""
    said = ""
    for part in _GROUP.findall(text):
        if part == "+":
            said = "plus "
        elif part.isdigit():
            said += ("" if not said or said.endswith(" ") else ", ") + digits(part)
        elif part in ("x", "ext", "extension"):
            said += ", extension "
    return said


def _phone(match: re.Match[str], _variety: Variety) -> str | None:
    count = sum(character.isdigit() for character in match["number"])
    return _grouped(match.group()) if _SHORTEST <= count <= _LONGEST else None


def _groups(match: re.Match[str], _variety: Variety) -> str:
    return _grouped(match.group())


def _postcode(match: re.Match[str], _variety: Variety) -> str | None:
    plus_four = match["four"]
    if before(match).strip(",.") not in _STATES and not plus_four:
        return None
    return _grouped(match.group())


def _short(match: re.Match[str], _variety: Variety) -> str | None:
    return digits(match.group()) if before(match).lower() in _DIALLED else None


def _keys(match: re.Match[str], _variety: Variety) -> str:
    """Say the keys to press: *123#."""
    return " ".join(_KEYS.get(key) or digits(key) for key in match.group())


def _by_digit(match: re.Match[str], _variety: Variety) -> str | None:
    """Say a number that names rather than counts: the code is 4821, order number 10234."""
    line = match.string[max(0, match.start() - _LONGEST_NAMING) : match.start()]
    return digits(match.group()) if _NAMING.search(line) else None


_KEYS = {"*": "star", "#": "hash"}
_LONGEST_NAMING = 60
_NAMING = re.compile(
    r"\b(?:(?:code|pin|otp|passcode|password|zip|isbn|imei|serial|extension|ending in|ends in)"
    r"|(?:account|order|ticket|case|invoice|tracking|confirmation|reference|booking|card|member|employee|license)"
    r"(?=(?: number| no\.?| id|:? ?#)))(?: (?:number|no\.?|id|is|was|in|now|code))*:? ?#?$",
    re.IGNORECASE,
)
_extension = r"(?:,? ?(?:ext\.?|extension|x) ?[0-9]{1,6})?"
PHONES: tuple[Rule, ...] = (
    rule(
        "phone",
        "+",
        r"(?P<number>\+[0-9]{1,3}[ .-]?(?:\([0-9]{1,4}\)[ .-]?)?[0-9]{1,4}(?:[ .-]?[0-9]{2,4}){1,5})"
        + _extension
        + END
        + r"(?![.,%][0-9])",
        _phone,
    ),
    rule(
        "phone",
        DIGITS + "(",
        r"(?P<number>(?:1[ .-])?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[ .-])[2-9][0-9]{2}[ .-][0-9]{4})"
        + _extension
        + END,
        _phone,
    ),
    rule("phone", DIGITS, r"(?P<number>[2-9][0-9]{2}-[0-9]{4})" + _extension + END + "(?!-[0-9])", _phone),
    rule(
        "phone",
        "0(",
        r"(?P<number>\(?0[0-9]{2,4}\)?[ -][0-9]{3,4}[ -]?[0-9]{3,4}|0[0-9]{9,10})"
        + _extension
        + END
        + "(?![-.,][0-9])",
        _phone,
    ),
    rule("phone", "*", r"\*[0-9]{1,6}(?:\*[0-9]{1,16}){0,9}#", _keys),
    rule("phone", DIGITS, rf"[0-9]{{3}}{END}(?![-.,:/][0-9])", _short),
    rule("postcode", DIGITS, rf"[0-9]{{5}}(?P<four>-[0-9]{{4}})?{END}(?![-.,:/][0-9])", _postcode),
    rule("digits", DIGITS, rf"[0-9]{{4,12}}{END}(?![-.,:/][0-9])", _by_digit),
    rule("digits", DIGITS, rf"[0-9]{{4}}(?:[ -][0-9]{{4}}){{2,3}}{END}(?![-.,:/][0-9])", _groups),
    rule("digits", DIGITS, rf"[0-9]+(?:-[0-9]+){{2,}}{END}(?![.,:/][0-9])", _groups),
)

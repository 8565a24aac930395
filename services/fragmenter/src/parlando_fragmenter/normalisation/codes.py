"""Names made of letters and digits: versions, models, flights, hexadecimal numbers, amounts such as 10K."""

from __future__ import annotations

import re

from parlando_fragmenter.normalisation.addresses import spelled
from parlando_fragmenter.normalisation.money import MAGNITUDES
from parlando_fragmenter.normalisation.numerals import DASH, NUMBER, cardinal, digits, number, year
from parlando_fragmenter.normalisation.rule import DIGITS, END, LETTERS, Rule, Variety, after, rule
from parlando_fragmenter.normalisation.years import is_year

_RUN = re.compile(r"[0-9]+(?:\.[0-9]+)?|[^\W\d_]+")
_VOWEL = re.compile("[aeiouyAEIOUY]")
_LONGEST_CARDINAL = 2
_FIRST_YEAR = "1900"  # FY2024
# Letters after a number that are its magnitude; after k they are said as they are: ten K.
_MAGNITUDES = {letters: MAGNITUDES[letters] for letters in ("M", "B", "bn", "mn", "tn", "million", "billion")}


def _code_range(match: re.Match[str], variety: Variety) -> str:
    return f"{_spoken(match['first'], variety)} to {_spoken(match['last'], variety)}"


def _code(match: re.Match[str], variety: Variety) -> str:
    return _spoken(match.group(), variety)


def _spoken(code: str, variety: Variety) -> str:
    """Say letters as they are, or one by one where no word is in them, short numbers and years as such."""
    said: list[str] = []
    for part in _RUN.findall(code):
        if not part[0].isdigit():
            lone = len(part) == 1 or (part.islower() and not _VOWEL.search(part))
            said.append(spelled(part) if lone else part)
        elif "." in part or (len(part) <= _LONGEST_CARDINAL and part[0] != "0") or part == "0":
            said.append(number(part, variety))
        elif is_year(part) and part >= _FIRST_YEAR and code[0].isalpha():
            said.append(year(int(part), variety))
        else:
            said.append(digits(part))
    return " ".join(said)


def _version(match: re.Match[str], variety: Variety) -> str:
    parts = match["parts"].split(".")
    said = " point ".join(cardinal(int(part), variety) if len(part) <= 4 else digits(part) for part in parts)  # noqa: PLR2004
    if match["stage"]:
        said = f"{said} {match['stage']}" + (f" {cardinal(int(match['of']), variety)}" if match["of"] else "")
    return f"version {said}" if match["v"] else said


def _hex(match: re.Match[str], _variety: Variety) -> str:
    said = " ".join(digits(each) if each.isdigit() else each.upper() for each in match["code"])
    return f"hex {said}"


def _flight(match: re.Match[str], variety: Variety) -> str:
    code, count = match["code"], match["number"]
    said = cardinal(int(count), variety) if len(count) <= _LONGEST_CARDINAL else digits(count)
    return f"{match['word']} {spelled(code.strip())} {said}" if code else f"{match['word']} {said}"


def _amount(match: re.Match[str], variety: Variety) -> str | None:
    """Say a number and its magnitude; a B without what there are billions of is a letter: room 12B."""
    if match["scale"] == "B" and "." not in match["amount"] and not after(match)[:1].islower():
        return None
    return f"{number(match['amount'], variety)} {_MAGNITUDES[match['scale']]}"


_stage = r"(?:-?(?P<stage>alpha|beta|rc|dev|pre)(?:[.-]?(?P<of>[0-9]{1,4}))?)?"
CODES: tuple[Rule, ...] = (
    rule("hex", "0", rf"0[xX](?P<code>[0-9A-Fa-f]{{1,16}}){END}", _hex),
    rule(
        "version",
        "vV",
        rf"(?P<v>[vV])\.? ?(?P<parts>[0-9]+(?:\.[0-9]+)*){_stage}(?![^\W_]|\.[0-9])",
        _version,
    ),
    rule(
        "version", DIGITS, rf"(?P<v>)(?P<parts>[0-9]+(?:\.[0-9]+){{2,}}){_stage}(?![^\W_]|\.[0-9])", _version
    ),
    rule(
        "flight",
        "Ff",
        rf"(?P<word>[Ff]light) (?P<code>(?:[A-Z]{{2}} ?)?)(?P<number>[0-9]{{1,4}}){END}(?![.,:][0-9])",
        _flight,
        frozenset({"flight", "Flight"}),
    ),
    rule(
        "magnitude",
        DIGITS,
        rf"(?P<amount>{NUMBER})(?: ?(?=[a-z])|(?=[MB]))(?P<scale>{'|'.join(_MAGNITUDES)}){END}",
        _amount,
    ),
    rule(
        "code",
        LETTERS,
        rf"(?:[A-Z]{{1,16}}-?|[A-Za-z]{{1,16}})[0-9][A-Za-z0-9]{{0,24}}(?:\.[0-9]+)?{END}",
        _code,
    ),
    rule("code", DIGITS, rf"(?P<first>[0-9]+[A-Z]){DASH}(?P<last>[0-9]+[A-Z]){END}", _code_range),
    rule("code", DIGITS, rf"[0-9]+(?:\.[0-9]+)?[A-Za-z][A-Za-z0-9]{{0,24}}{END}", _code),
)

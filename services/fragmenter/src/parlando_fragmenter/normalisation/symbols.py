"""Signs that stand for a word, and signs that stand for none: emoji, emoticons."""

from __future__ import annotations

import re

from parlando_fragmenter.marks import EMOJI
from parlando_fragmenter.normalisation.numerals import NUMBER, digits, number
from parlando_fragmenter.normalisation.rule import END, Rule, Variety, rule

_SIGNS = {
    "&": "and",
    "+": "plus",
    "=": "equals",
    "==": "equals",
    "\u00d7": "times",
    "\u00f7": "divided by",
    "\u2248": "is about",
    "\u2260": "is not equal to",
    "!=": "is not equal to",
    "\u2264": "is at most",
    "\u2265": "is at least",
    "<=": "is at most",
    ">=": "is at least",
    "<": "is less than",
    ">": "is more than",
    "%": "percent",
    "\u00b0": "degrees",
    "\u00a7": "section",
    "\u00a7\u00a7": "sections",
    "\u00b6": "paragraph",
    "\u00a9": "copyright",
    "\u221e": "infinity",
    "\u221a": "the square root of",
    "\u03c0": "pi",
    "@": "at",
    "\u00b1": "plus or minus",
    "\u00b2": "squared",
    "\u00b3": "cubed",
    "\u2116": "number",
    "\u20ac": "euros",
    "\u00a3": "pounds",
    "$": "dollars",
}
_BETWEEN = {
    "-": "minus",
    "\u2212": "minus",
    "\u2013": "minus",
    "*": "times",
    "/": "divided by",
    "^": "to the power of",
}
_NAMING_DIGITS = 5
_DASHES = "-\u2212\u2013"
_RECKONED = re.compile(r"[=+*\u00d7\u00f7^]|\b(?:what(?:'s| is)|calculate|compute|solve)\b", re.IGNORECASE)
_NEAR = 100  # code points around a dash, among which something is reckoned or nothing is
# A heart is one before what is loved, and less than three elsewhere.
_HEART = "<3(?= ?(?:you|u|this|it|that|them|her|him|[.!]|$))"
_EMOTICON = rf"(?<!\S)(?:[:;=][-']?[)(DPpOo/|*\]\[]|{_HEART}|\^_\^|:'\()(?!\S)"


def _sign(match: re.Match[str], _variety: Variety) -> str:
    return _SIGNS[match.group()]


def _operator(match: re.Match[str], _variety: Variety) -> str:
    """Say a sign of arithmetic; a dash where nothing else is reckoned is a score or a range: 3 - 1."""
    sign = match["sign"]
    around = match.string[max(0, match.start() - _NEAR) : match.end() + _NEAR]
    if sign in _DASHES and not _RECKONED.search(around):
        return "to"
    return _BETWEEN[sign]


def _numbered(match: re.Match[str], variety: Variety) -> str:
    written = match["number"]
    named = len(written) >= _NAMING_DIGITS and written.isdigit()  # it names rather than counts: #10234
    said = digits(written) if named else number(written, variety)
    return f"{_SIGNS.get(match['sign'], 'number')} {said}"


def _unsaid(_match: re.Match[str], _variety: Variety) -> str:
    return ""


_emoji = rf"(?:[{EMOJI}\u200d\ufe0f\U0001f3fb-\U0001f3ff]|[\U000e0020-\U000e007f])+"
_doubled = "|".join(
    re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True) if sign not in "+=<>%@$\u00b2\u00b3&*"
)
UNSAID: tuple[Rule, ...] = (
    rule("emoji", "", rf"{_emoji}(?: ?{_emoji})*", _unsaid),
    rule("emoticon", ":;=<^", _EMOTICON, _unsaid),
)
SYMBOLS: tuple[Rule, ...] = (
    rule("symbol", "\u00ae\u2122\u2120", "[\u00ae\u2122\u2120]", _unsaid),
    rule(
        "numbered",
        "#\u2116\u00a7",
        rf"(?P<sign>[#\u2116]|\u00a7\u00a7?) ?(?P<number>{NUMBER}){END}(?![.,/][0-9])",
        _numbered,
    ),
    rule(
        "operator",
        "-\u2212\u2013*/^",
        r"(?:(?<=[0-9)] )(?=. [0-9(])|(?<=[0-9)])(?=[*^][0-9(]))(?P<sign>[-\u2212\u2013*/^])",
        _operator,
    ),
    rule("symbol", "".join({sign[0] for sign in _SIGNS}), rf"(?:{_doubled})", _sign),
    rule("symbol", "&", r"(?<![&\S])&(?=\s|$)|(?<=\w)&(?=\w)", _sign),
    rule("symbol", "+", r"(?<=[^\W_])\+|(?<=[^\W_] )\+(?= |$)|^\+(?= )|(?<=[^\W_]\+)\+", _sign),
    rule("symbol", "=", r"(?<![=<>!+\-*/:])={1,2}(?![=><])(?=\s?[^\W_(\-]|$)", _sign),
    rule("symbol", "<>", r"(?<=[^\W_)] )[<>](?= [^\W_(])", _sign),
    rule("symbol", "@", r"(?<!\S)@(?=[\s0-9$])", _sign),
    rule("symbol", "%$", r"(?<!\S)[%$](?=\s)", _sign),
    rule("symbol", "\u00b2\u00b3", r"(?<=[^\W_])[\u00b2\u00b3]", _sign),
)

"""Sums of money."""

from __future__ import annotations

import re
from typing import NamedTuple

from parlando_fragmenter.normalisation.numerals import (
    COMPARING,
    COMPARISON,
    DASH,
    NUMBER,
    SIGN,
    SIGNS,
    WHOLE,
    cardinal,
    number,
)
from parlando_fragmenter.normalisation.rule import DIGITS, END, Rule, Variety, is_attributive, rule
from parlando_fragmenter.normalisation.units import PER


class _Currency(NamedTuple):
    """What one and what several of it are called, and its hundredth parts; empty where it has none."""

    one: str
    many: str
    part: str = ""
    parts: str = ""


def _dollar(of: str) -> _Currency:
    return _Currency(f"{of}dollar", f"{of}dollars", "cent", "cents")


_BY_SIGN = {
    "$": _dollar(""),
    "US$": _dollar("U S "),
    "A$": _dollar("Australian "),
    "AU$": _dollar("Australian "),
    "C$": _dollar("Canadian "),
    "CA$": _dollar("Canadian "),
    "NZ$": _dollar("New Zealand "),
    "HK$": _dollar("Hong Kong "),
    "S$": _dollar("Singapore "),
    "\u00a3": _Currency("pound", "pounds", "penny", "pence"),
    "\u20ac": _Currency("euro", "euros", "cent", "cents"),
    "\u00a5": _Currency("yen", "yen"),
    "\u20b9": _Currency("rupee", "rupees", "paisa", "paise"),
    "\u20a9": _Currency("won", "won"),
    "\u20bd": _Currency("ruble", "rubles", "kopeck", "kopecks"),
    "\u20aa": _Currency("shekel", "shekels", "agora", "agorot"),
    "\u20ba": _Currency("lira", "lira"),
    "\u20bf": _Currency("bitcoin", "bitcoins"),
}
_BY_CODE = {
    "USD": _dollar("U S "),
    "AUD": _dollar("Australian "),
    "CAD": _dollar("Canadian "),
    "NZD": _dollar("New Zealand "),
    "GBP": _BY_SIGN["\u00a3"],
    "EUR": _BY_SIGN["\u20ac"],
    "JPY": _BY_SIGN["\u00a5"],
    "INR": _BY_SIGN["\u20b9"],
    "CHF": _Currency("Swiss franc", "Swiss francs"),
    "CNY": _Currency("yuan", "yuan"),
    "SEK": _Currency("Swedish krona", "Swedish kronor"),
    "NOK": _Currency("Norwegian krone", "Norwegian kroner"),
    "BTC": _BY_SIGN["\u20bf"],
}
MAGNITUDES = {
    "k": "thousand",
    "K": "thousand",
    "m": "million",
    "M": "million",
    "mn": "million",
    "mm": "million",
    "MM": "million",
    "b": "billion",
    "B": "billion",
    "bn": "billion",
    "t": "trillion",
    "T": "trillion",
    "tn": "trillion",
    "thousand": "thousand",
    "million": "million",
    "billion": "billion",
    "trillion": "trillion",
}
SIGNS_OF_MONEY = "".join(sorted(sign for sign in _BY_SIGN if len(sign) == 1))
CODES = frozenset(_BY_CODE)

_PARTS_DIGITS = 2

_magnitude = "|".join(sorted(MAGNITUDES, key=len, reverse=True))
_sign = "|".join(re.escape(sign) for sign in sorted(_BY_SIGN, key=len, reverse=True))
_code = "|".join(sorted(_BY_CODE))
_AMOUNT = (
    rf"(?P<amount>{NUMBER})(?: ?{DASH} ?(?:{_sign})?(?P<to>{NUMBER}))?(?: ?(?P<scale>{_magnitude}){END})?"
)
_MINUS = rf"(?P<minus>{SIGN}|{COMPARISON})?"
_RATE = r"(?:/(?P<per>[A-Za-z]+)(?:\.(?= [a-z]))?)?(?![^\W_])(?![.,][0-9])"
_CENTS = {"\u00a2": ("cent", "cents"), "p": ("penny", "pence"), "c": ("cent", "cents")}


def _money(match: re.Match[str], variety: Variety) -> str | None:
    named = match.groupdict()
    unit = _BY_SIGN.get(named.get("sign") or "") or _BY_CODE[named["code"] or ""]
    said = _amount(unit, match, variety)
    if named.get("minus"):
        said = f"{SIGNS[named['minus']]} {said}"
    per = named.get("per")
    return f"{said} per {PER.get(per, per)}" if per else said


def _amount(unit: _Currency, match: re.Match[str], variety: Variety) -> str:
    amount, to, scale = match["amount"], match["to"], match["scale"]
    many = unit.one if is_attributive(match) else unit.many
    if to or scale:
        said = number(amount, variety)
        if to:
            said = f"{said} to {number(to, variety)}"
        return f"{said} {MAGNITUDES[scale]} {many}" if scale else f"{said} {many}"
    whole, _, decimals = amount.replace(",", "").partition(".")
    if decimals and (len(decimals) != _PARTS_DIGITS or not unit.part):
        return f"{number(amount, variety)} {many}"
    units, parts = int(whole or "0"), int(decimals or "0")
    said_parts = f"{cardinal(parts, variety)} {unit.part if parts == 1 else unit.parts}"
    if not units and parts:
        return said_parts
    said = f"{number(whole, variety)} {unit.one if units == 1 else unit.many if parts else many}"
    return f"{said} and {said_parts}" if parts else said


def _cents(match: re.Match[str], variety: Variety) -> str | None:
    one, many = _CENTS[match["part"]]
    if match["part"] == "p" and variety is not Variety.BRITISH:
        return None
    return f"{number(match['amount'], variety)} {one if match['amount'] == '1' else many}"


MONEY: tuple[Rule, ...] = (
    rule(
        "money",
        SIGNS_OF_MONEY + "ACHNSU-\u2212+" + COMPARING,
        rf"{_MINUS}(?P<sign>{_sign}) ?{_AMOUNT}{_RATE}",
        _money,
    ),
    rule(
        "money",
        DIGITS + ".-\u2212+" + COMPARING,
        rf"{_MINUS}{_AMOUNT} ?(?:(?P<sign>[{SIGNS_OF_MONEY}])|(?P<code>{_code})){_RATE}",
        _money,
    ),
    rule(
        "money",
        "".join(sorted({code[0] for code in CODES})),
        rf"(?P<code>{_code}) ?{_AMOUNT}{_RATE}",
        _money,
        CODES,
    ),
    rule("money", DIGITS, rf"(?P<amount>{WHOLE})(?P<part>[\u00a2pc]){END}", _cents),
)

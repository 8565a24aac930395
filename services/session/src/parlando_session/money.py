"""Money as whole nanos of its currency, for sums that are exact."""

from __future__ import annotations

import re

from google.type.money_pb2 import Money

_NANOS = 1_000_000_000
_MOST_UNITS = 1_000_000_000_000
_CURRENCY = re.compile(r"[A-Z]{3}")


def nanos_of(amount: Money) -> int:
    """Return an amount's nanos; 10^9 are one unit."""
    return int(amount.units) * _NANOS + int(amount.nanos)


def money(currency: str, nanos: int) -> Money:
    """Return so many nanos of a currency, 0 or more."""
    return Money(currency_code=currency, units=nanos // _NANOS, nanos=nanos % _NANOS)


def fault(amount: Money) -> str:
    """Return what is wrong with an amount that is to be spent or paid, in words; "" where nothing is."""
    if not 0 <= amount.nanos < _NANOS or not 0 <= amount.units <= _MOST_UNITS:
        return "is out of range: use 0 to 10^12 units and 0 to 999,999,999 nanos"
    if nanos_of(amount) and not _CURRENCY.fullmatch(amount.currency_code):
        return "has no currency: set currency_code to its three letters, such as USD"
    return ""

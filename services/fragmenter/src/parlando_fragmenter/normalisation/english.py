"""The table of English: which rule is asked first where several could apply."""

from __future__ import annotations

from parlando_fragmenter.normalisation.addresses import ADDRESSES
from parlando_fragmenter.normalisation.codes import CODES
from parlando_fragmenter.normalisation.dates import DATES
from parlando_fragmenter.normalisation.money import MONEY
from parlando_fragmenter.normalisation.numbers import NUMBERS, PLAIN_NUMBERS
from parlando_fragmenter.normalisation.phones import PHONES
from parlando_fragmenter.normalisation.roman import ROMAN
from parlando_fragmenter.normalisation.rule import Rule
from parlando_fragmenter.normalisation.shorthand import SHORTHAND
from parlando_fragmenter.normalisation.symbols import SYMBOLS, UNSAID
from parlando_fragmenter.normalisation.times import TIMES
from parlando_fragmenter.normalisation.units import MEASURES
from parlando_fragmenter.normalisation.years import YEARS

ENGLISH: tuple[Rule, ...] = (
    *UNSAID,
    *ADDRESSES,
    *DATES,
    *PHONES,
    *TIMES,
    *MONEY,
    *YEARS,
    *MEASURES,
    *NUMBERS,
    *CODES,
    *PLAIN_NUMBERS,
    *SHORTHAND,
    *ROMAN,
    *SYMBOLS,
)
"""Longer forms before those that are part of them: a date before a range, a sum of money before a number."""

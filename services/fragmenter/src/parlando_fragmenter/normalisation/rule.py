"""A rule of normalisation: a pattern, and what is said for what it finds."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto


class Variety(Enum):
    """Of English, where they say the same thing in two ways: "3/4" is March fourth or the third of April."""

    AMERICAN = auto()
    BRITISH = auto()


Say = Callable[[re.Match[str], Variety], str | None]
"""Returns what is said for a match, or None where the rule does not apply after all.

It may look at the text around the match; it keeps nothing. An empty string leaves the match unsaid."""

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

# A word or a number ends here, and begins here.
END = r"(?![^\W_])"
BEGIN = r"(?<![^\W_])"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a table. The first of a table that applies at a place says what is there.

    Attributes:
        name: by which it is turned off; several rules may share one.
        opens: every character that what it finds may begin with.
        pattern: matched where a word, a number or a sign begins.
        say: a pure function.
        words: what begins with a letter and has no digit is looked at only if it begins with one of these.
    """

    name: str
    opens: str
    pattern: re.Pattern[str]
    say: Say
    words: frozenset[str] = frozenset()


def rule(name: str, opens: str, pattern: str, say: Say, words: frozenset[str] = frozenset()) -> Rule:
    """Return a rule, its pattern compiled."""
    return Rule(name, opens, re.compile(pattern), say, words)


def words_of(listed: str) -> frozenset[str]:
    """Return the words of a list, white space between them."""
    return frozenset(listed.split())


def before(match: re.Match[str]) -> str:
    """Return the word before a match, with the punctuation that it touches; empty where there is none."""
    start = match.start()
    words = match.string[max(0, start - 40) : start].split()
    return words[-1] if words else ""


def after(match: re.Match[str]) -> str:
    """Return the word after a match and a space; empty where something else follows."""
    found = _NEXT_WORD.match(match.string, match.end())
    return found.group(1) if found else ""


_NEXT_WORD = re.compile(r" ([^\W\d_]+)")

_DETERMINERS = words_of("a an the this that my your his her its our their")
# What follows a measure without being measured by it: the 5 km to town.
_NOT_MEASURED = words_of("""
of in at from for to that which who is was were are and or on with by than if when as per before after until
since but so then will would can could has have had more less away ago later apart each into onto over under
""")


def is_attributive(match: re.Match[str]) -> bool:
    """Return whether a measure stands before what it measures, and so in the singular: a 5 km run."""
    then = after(match).lower()
    return bool(then) and then not in _NOT_MEASURED and before(match).lower() in _DETERMINERS

"""Characters that matter to a boundary, and what the end of a word says.

Code points are written as escapes where they are easily mistaken for others.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple

# White space at which words part. The no-break spaces (U+00A0, U+2007, U+202F) hold words together;
# control characters and the zero-width space, which parts words in Thai and Khmer, count as space.
SPACE = "\\x00-\\x20\\x7f-\\x9f\\u1680\\u2000-\\u2006\\u2008-\\u200b\\u2028\\u2029\\u205f\\u3000"
LINE_BREAKS = frozenset("\n\x0b\x0c\x85\u2028")
PARAGRAPH_SEPARATOR = "\u2029"

# Marks that need no white space after them: CJK, Devanagari, Arabic, Urdu, Ethiopic, Khmer, Burmese.
WIDE_STOPS = frozenset("\u3002\uff61\uff0e\uff01\uff1f\u0964\u0965\u061f\u06d4\u1362\u1367\u17d4\u17d5\u104b")
WIDE_COMMAS = frozenset("\uff0c\u3001\uff64\uff1b\uff1a\u060c\u061b\u1363\u1364\u1365\u104a\u2014\u2e3a")
WIDE_OPENERS = frozenset("\u300c\u300e\uff08\u300a\u3008\u3010\u3014\uff3b\uff62")
WIDE_CLOSERS = frozenset("\u300d\u300f\uff09\u300b\u3009\u3011\u3015\uff3d\uff63")
WIDE = WIDE_STOPS | WIDE_COMMAS | WIDE_OPENERS | WIDE_CLOSERS

STOPS = frozenset(".!?\u2026\u203c\u2047\u2048\u2049") | WIDE_STOPS
COMMAS = frozenset(",;:\u2013-") | WIDE_COMMAS
DASHES = frozenset("\u2013\u2014\u2e3a")
ROUND_OPENERS = frozenset("([{")
ROUND_CLOSERS = frozenset(")]}")
# The typographic quotes close in one language and open in another; after a word they close. Marks of
# emphasis and directions of writing are passed over in the same way.
CLOSERS = (
    frozenset("\"'*_~`\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a\u200e\u200f")
    | frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
    | ROUND_CLOSERS
    | WIDE_CLOSERS
)
OPENERS = (
    frozenset("\"'*_~`#([{\u00a1\u00bf\u2018\u2019\u201a\u201c\u201e\u00ab\u00bb\u2039\u203a") | WIDE_OPENERS
)
ONLY_CLOSERS = ROUND_CLOSERS | WIDE_CLOSERS | frozenset("\u201d")
TAIL = STOPS | COMMAS | CLOSERS
_LEADING = "".join(sorted(OPENERS))
_OPENING = WIDE_OPENERS | frozenset("\u2018\u201c\u201e\u00ab\u2039*_~`#")
BULLETS = "\u2022\u2043\u2023\u25e6\u25aa\u25ab\u25cf\u25cb\u2219"

EMOJI = "\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d\u20e3\U0001f000-\U0001faff"
_EMOJI = re.compile(f"[{EMOJI}]")
SPEAKABLE = re.compile(
    "[^\\W_]|[%&@+\u20a0-\u20cf\u2190-\u22ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff$\u00a3\u00a5]"
)
"""Finds the first code point that an engine can make a sound of: letters, digits, symbols, emoji."""

# A word is judged by its end; what a longer one began with does not matter.
LONGEST_TOKEN = 64


def is_tail(character: str) -> bool:
    """Return whether a code point belongs to what follows a word rather than to the word."""
    return character in TAIL or _EMOJI.match(character) is not None


class Ending(Enum):
    """What stands at the end of a word."""

    NONE = auto()
    COMMA = auto()
    STOP = auto()
    EXCLAMATION = auto()
    ELLIPSIS = auto()


class Mark(NamedTuple):
    """A word and what follows it before white space.

    Attributes:
        core: the word, without the openers before it.
        tail: punctuation, closing quotes and brackets, emoji.
        ending: what they amount to.
        closed: whether a quote or a bracket closes after the punctuation.
        apart: whether white space lies between the word and what follows it.
    """

    core: str
    tail: str
    ending: Ending
    closed: bool
    apart: bool = False


NOTHING = Mark("", "", Ending.NONE, closed=False)


def read(token: str, before: Mark = NOTHING) -> Mark:
    """Return what a run of code points without white space amounts to.

    Args:
        token: the run, or its last `LONGEST_TOKEN` code points.
        before: the word before it, which a token of punctuation alone continues: "word ?".
    """
    if token[-1].isalnum():
        core = token if token[0].isalnum() else token.lstrip(_LEADING)
        return Mark(core, "", Ending.NONE, closed=False)
    end = len(token)
    while end and is_tail(token[end - 1]):
        end -= 1
    core, tail = token[:end], token[end:]
    if core.rstrip("[(") != core and tail.startswith((".", "\u2026")):  # [...]
        return Mark(core, tail, Ending.NONE, closed=True)
    if core and tail == "-":  # pre- and post-war
        return Mark(core, tail, Ending.NONE, closed=False)
    apart = not core
    if apart:
        core, tail = before.core, (before.tail + tail)[-LONGEST_TOKEN:]
    else:
        core = core.lstrip(_LEADING)
    return Mark(core, tail, *_ending(token, tail), apart=apart)


def _ending(token: str, tail: str) -> tuple[Ending, bool]:
    end = len(tail)
    while end and (tail[end - 1] in CLOSERS or tail[end - 1] not in TAIL):
        end -= 1
    closed = end < len(tail)
    if end == 0:
        bracket = not ROUND_CLOSERS.isdisjoint(tail) and ROUND_OPENERS.isdisjoint(token.lstrip(_LEADING))
        emoji = any(character not in TAIL for character in tail)
        return (Ending.COMMA if bracket or emoji else Ending.NONE), closed
    if tail[end - 1] in COMMAS:
        return Ending.COMMA, closed
    start = end
    while start and tail[start - 1] in STOPS:
        start -= 1
    stops = tail[start:end]
    if stops == ".":
        return Ending.STOP, closed
    if stops.strip(".\u2026"):
        return Ending.EXCLAMATION, closed
    return Ending.ELLIPSIS, closed


def extends(character: str, mark: Mark) -> bool:
    """Return whether a code point right after a wide mark still belongs to the word that ends there."""
    if character in _OPENING or (character in "\"'" and mark.ending is Ending.COMMA):
        return False
    return is_tail(character)

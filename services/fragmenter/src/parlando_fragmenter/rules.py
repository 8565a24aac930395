"""What lies in a gap between two words: nothing, a place to breathe, the end of a sentence or paragraph.

The rules stand in a table and are asked in turn. One that does not apply answers None; one that cannot
tell yet answers UNDECIDED, and all are asked again when one more code point has come.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from parlando_fragmenter.abbreviations import CLINGING, EXCLAIMED_NAMES
from parlando_fragmenter.arabic import arabic
from parlando_fragmenter.full_stops import at_full_stop, never_ends
from parlando_fragmenter.gap import Gap, Strength, following
from parlando_fragmenter.joints import joins
from parlando_fragmenter.listing import follows
from parlando_fragmenter.marks import (
    BULLETS,
    CLOSERS,
    DASHES,
    EMOJI,
    ONLY_CLOSERS,
    ROUND_OPENERS,
    STOPS,
    WIDE_COMMAS,
    WIDE_OPENERS,
    Ending,
)

# A line shorter than this, in code points, was ended on purpose rather than wrapped.
SHORT_LINE = 50

BLANK_LINE = 2  # line breaks
_ENDS = {
    Ending.NONE: Strength.WORD,
    Ending.COMMA: Strength.CLAUSE,
    Ending.STOP: Strength.SENTENCE,
    Ending.EXCLAMATION: Strength.SENTENCE,
    Ending.ELLIPSIS: Strength.SENTENCE,
}
_EMOJI_WORD = re.compile(f"[{EMOJI}]+(?P<after>.?)", re.DOTALL)
_SPACED_DOTS = re.compile(r"\.(?:\s+\.)+\s*(?P<after>\S?)")
_LINE_MARKER = re.compile("(?:[-*+\u2013#]+|[0-9]{1,3}[.)]{1,2}|[A-Za-z][.)]{1,2})\\s")
_LINE_MARKER_BEGUN = re.compile("[-*+\u2013#]+|[0-9]{1,3}[.)]{0,2}|[A-Za-z][.)]{0,2}")
_TRAILING = ONLY_CLOSERS | DASHES | WIDE_COMMAS | frozenset(",;:") | (STOPS - {"."})
_STRAIGHT = frozenset("\"'\u2019\u00bb\u203a-")
_AFTER_STRAIGHT = CLOSERS | STOPS | {"-"}

Rule = Callable[[Gap], Strength | None]


def judge(gap: Gap) -> Strength:
    """Return what lies in a gap. UNDECIDED only while `gap.final` is false."""
    strength = _strength(gap)
    if strength is Strength.SENTENCE and gap.bracketed and gap.ahead and not gap.breaks:
        return Strength.CLAUSE  # I like it (it is great. Really great.) and so does she.
    return strength


def _strength(gap: Gap) -> Strength:
    for rule in _RULES:
        strength = rule(gap)
        if strength is not None:
            return strength
    return _by_ending(gap)


def _blank_line(gap: Gap) -> Strength | None:
    return Strength.PARAGRAPH if gap.breaks >= BLANK_LINE else None


def _nothing_said_yet(gap: Gap) -> Strength | None:
    """A sentence does not part from the bullet, dash or dots that it begins with."""
    return Strength.NONE if gap.sentence.words == 0 and not gap.mark.core else None


def _end_of_text(gap: Gap) -> Strength | None:
    if gap.ahead:
        return None
    if not gap.final:
        return Strength.UNDECIDED
    if gap.mark.ending is Ending.STOP and never_ends(gap.mark.core.casefold()):
        return Strength.GLUE
    return _ENDS[gap.mark.ending]


def _list_item(gap: Gap) -> Strength | None:
    if gap.ahead[0] in BULLETS:
        return Strength.SENTENCE
    if gap.sentence.item is not None:
        item = follows(gap.sentence.item, gap.ahead)
        if item:
            return Strength.SENTENCE
        if item is None and not gap.final:
            return Strength.UNDECIDED
    if gap.breaks:
        if _LINE_MARKER.match(gap.ahead):
            return Strength.SENTENCE
        if not gap.final and _LINE_MARKER_BEGUN.fullmatch(gap.ahead):
            return Strength.UNDECIDED
    return None


def _punctuation(gap: Gap) -> Strength | None:
    """Closing marks and punctuation after white space go with the word before it."""
    return Strength.NONE if gap.ahead[0] in _TRAILING else None


def _quote_or_hyphen(gap: Gap) -> Strength | None:
    """A straight quote that touches no word, and a hyphen that stands for a dash, go with the word before."""
    first, second = gap.ahead[0], gap.ahead[1:2]
    if first not in _STRAIGHT or (first == '"' and not gap.quoted):  # where none is open it opens
        return None
    if not second and not gap.final:
        return Strength.UNDECIDED
    return Strength.NONE if not second or second.isspace() or second in _AFTER_STRAIGHT else None


def _emoji(gap: Gap) -> Strength | None:
    """Emoji on the same line go with the sentence before them."""
    emoji = _EMOJI_WORD.match(gap.ahead)
    if emoji is None or gap.breaks:
        return None
    if not emoji["after"] and not gap.final:
        return Strength.UNDECIDED
    return None if emoji["after"].strip() else Strength.NONE


def _dots(gap: Gap) -> Strength | None:
    """Dots with white space between them are an ellipsis, and may belong to the sentence that follows."""
    ahead = gap.ahead
    if ahead[0] != ".":
        return None
    spaced = _SPACED_DOTS.match(ahead)
    if spaced is not None and gap.mark.ending is Ending.STOP and not gap.mark.apart:
        if not spaced["after"] and not gap.final:
            return Strength.UNDECIDED
        return Strength.SENTENCE if spaced["after"].isupper() else Strength.NONE
    if not ahead[1:].strip() and not gap.final:
        return Strength.UNDECIDED
    return None if ahead[1:2].isalnum() else Strength.NONE


def _wide(gap: Gap) -> Strength | None:
    """CJK marks: none within numbers, no end of a sentence within brackets."""
    mark = gap.mark
    if gap.width == 0 and gap.ahead[0].isdigit() and mark.core[-1:].isdigit():
        return Strength.NONE
    if mark.ending is not Ending.EXCLAMATION:
        return None
    quoted = gap.width == 0 and mark.closed and gap.ahead[0] not in WIDE_OPENERS
    return Strength.CLAUSE if gap.sentence.depth or quoted else None


def _joint(gap: Gap) -> Strength | None:
    """Words that are said together and otherwise than apart: $1.5 million, 20 km/h, World War II."""
    joined = joins(gap)
    if joined is None:
        return Strength.UNDECIDED
    return Strength.NONE if joined else None


def _line_break(gap: Gap) -> Strength | None:
    """A line that ends early without punctuation was meant to end there: a heading, an item, a verse."""
    if not gap.breaks or gap.mark.ending not in (Ending.NONE, Ending.COMMA):
        return None
    then = following(gap)
    if then is None:
        return Strength.UNDECIDED
    meant = gap.line < SHORT_LINE if gap.mark.ending is Ending.NONE else gap.mark.tail.endswith(":")
    return Strength.SENTENCE if meant and not then.small else None


def _by_ending(gap: Gap) -> Strength:
    ending = gap.mark.ending
    if ending is Ending.STOP:
        return at_full_stop(gap)
    if ending is Ending.EXCLAMATION:
        return _exclamation(gap)
    if ending is Ending.ELLIPSIS:
        return _ellipsis(gap)
    if ending is Ending.COMMA or gap.ahead[0] in ROUND_OPENERS:
        return Strength.CLAUSE
    return by_word(gap.mark.core)


def by_word(core: str) -> Strength:
    """Return what lies in a gap of nothing but white space: the word before it decides."""
    clings = core.isdigit() or core.casefold() in CLINGING
    return Strength.GLUE if clings else Strength.WORD


def _exclamation(gap: Gap) -> Strength:
    mark = gap.mark
    name = mark.core.casefold() in EXCLAIMED_NAMES
    if not name and not mark.closed:
        return Strength.SENTENCE
    then = following(gap)
    if then is None:
        return Strength.UNDECIDED
    if not then.small:
        return Strength.SENTENCE
    return Strength.WORD if name else Strength.CLAUSE


def _ellipsis(gap: Gap) -> Strength:
    then = following(gap)
    if then is None or (then.word == "I" and not then.done):
        return Strength.UNDECIDED
    return Strength.SENTENCE if then.character.isupper() and then.word != "I" else Strength.CLAUSE


_RULES: tuple[Rule, ...] = (
    _blank_line,
    _nothing_said_yet,
    _end_of_text,
    _list_item,
    _dots,
    _punctuation,
    _quote_or_hyphen,
    _emoji,
    _wide,
    _joint,
    _line_break,
    arabic,
)

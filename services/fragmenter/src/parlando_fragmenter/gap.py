"""A gap between two words, as the rules see it, and how strong a boundary lies in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import IntEnum

from parlando_fragmenter.listing import Item, read_marker
from parlando_fragmenter.marks import BULLETS, OPENERS, Mark

# A rule that is shown this many code points of the text ahead has to tell.
LOOKAHEAD = 24

_ARABIC_SCRIPT = "\u0600"
_PERSIAN = re.compile("[\u0671-\u06d3]")
_LETTERS = re.compile(r"[^\W\d_]*")


class Strength(IntEnum):
    """How much of a boundary lies in a gap, the weakest first."""

    UNDECIDED = -1
    """It takes more text to say."""
    NONE = 0
    """The words may not be parted."""
    GLUE = 1
    """White space where a cut sounds wrong: after an article, a title, a number."""
    WORD = 2
    """White space."""
    CLAUSE = 3
    """A comma, semicolon, colon, dash, ellipsis or bracket."""
    SENTENCE = 4
    """The end of a sentence."""
    PARAGRAPH = 5
    """The end of a sentence and of a paragraph: a blank line, or the end of the text."""


@dataclass(slots=True)
class Sentence:
    """The sentence so far, as far as rules need it.

    Attributes:
        language: primary subtag of the text's language, or empty.
        words: how many words it has.
        first: its first word.
        item: the last list marker, in this sentence or before it.
        line_start: where the line begins.
        fresh: whether no word of the line has come.
        depth: wide brackets open.
        quoted: a straight double quote is open before the last word.
        previous: the word before its last one.
        last: its last word.
        persian: it has letters of the Arabic script that Arabic does not use.
        has_small: it has small letters.
        brackets: round and square ones that are open before the last word, and were opened within it.
        bracketed_at: where the first of them was.
    """

    language: str
    words: int = 0
    first: str = ""
    item: Item | None = None
    line_start: int = 0
    fresh: bool = True
    depth: int = 0
    quoted: bool = False
    previous: str = ""
    last: str = ""
    persian: bool = False
    has_small: bool = False
    brackets: int = 0
    bracketed_at: int = 0

    @property
    def small(self) -> bool:
        """True when it began with a small letter, as in chat."""
        return self.first[:1].islower()

    def add(self, word: str) -> None:
        """Append a word."""
        if self.words == 0:
            self.first = word
        self.previous, self.last = self.last, word
        self.words += 1
        if not self.has_small:
            self.has_small = word != word.upper()
        if word > _ARABIC_SCRIPT and not self.persian:
            self.persian = _PERSIAN.search(word) is not None
        self.fresh = False

    def begins_item(self, token: str) -> bool:
        """Return whether a token before the first word is a bullet or the marker of a list item.

        The marker counts where it begins a line, is the first of its list or the next of one under way.
        """
        if not token.strip(BULLETS):
            return True
        item = read_marker(token)
        under_way = self.item is not None and item == self.item.following
        if item is None or not (self.fresh or item.number == 1 or under_way):
            return False
        self.item = item
        return True

    def begin(self) -> None:
        """Begin the next one."""
        self.words = 0
        self.first = self.previous = self.last = ""
        self.has_small = False
        self.brackets = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """What a rule is shown.

    Attributes:
        mark: the word before the gap.
        line: code points of the line up to the gap.
        width: code points of white space; 0 after a wide mark that needs none.
        breaks: line breaks in it.
        ahead: the text after it, up to `LOOKAHEAD` code points; the first is no white space.
        final: no more of it will come.
        quoted: a straight double quote is open after the word.
        bracketed: a bracket that was opened within the sentence is open after it.
        sentence: the sentence that the word belongs to.
    """

    mark: Mark
    line: int
    width: int
    breaks: int
    ahead: str
    final: bool
    quoted: bool
    bracketed: bool
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Following:
    """The word after a gap, beyond opening quotes and brackets.

    Attributes:
        character: its first code point; empty when there is none.
        word: its letters so far.
        after: the code point after them; empty when it has not come.
        done: whether the word is known to its end.
    """

    character: str
    word: str = field(repr=False)
    after: str
    done: bool

    @property
    def small(self) -> bool:
        """True when it begins with a small letter."""
        return self.character.islower()


def following(gap: Gap) -> Following | None:
    """Return the word after a gap, or None when its first code point has yet to come."""
    ahead = gap.ahead
    start = 0
    while start < len(ahead) and ahead[start] in OPENERS:
        start += 1
    if start == len(ahead):
        return Following("", "", "", done=True) if gap.final else None
    letters = _LETTERS.match(ahead, start)
    word = letters.group() if letters else ""
    after = ahead[start + len(word) : start + len(word) + 1]
    return Following(ahead[start], word, after, done=bool(after) or gap.final)

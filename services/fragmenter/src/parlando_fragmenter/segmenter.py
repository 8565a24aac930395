"""Finds boundaries in text that is still being written. None is ever taken back.

A boundary is known as soon as the last code point that its rule needs has come: mostly the first one of the
next word. Boundaries are the same however the text is cut into pieces, save where `flush` or `pause` asks
for a decision before its time. Time is linear in the text and memory is constant: no more is kept than the
last word and what a rule has asked to see of the next.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from parlando_fragmenter.gap import LOOKAHEAD, Gap, Sentence, Strength
from parlando_fragmenter.joints import may_join
from parlando_fragmenter.marks import (
    LINE_BREAKS,
    LONGEST_TOKEN,
    NOTHING,
    PARAGRAPH_SEPARATOR,
    ROUND_OPENERS,
    SPACE,
    WIDE,
    WIDE_CLOSERS,
    WIDE_OPENERS,
    Ending,
    Mark,
    extends,
    is_tail,
    read,
)
from parlando_fragmenter.rules import BLANK_LINE, by_word, judge

# White space this wide, in code points, ends a paragraph: the gap that may be waited for is bounded.
WIDEST_GAP = 400
# Beyond this many code points a bracket within a sentence is taken for one that is never closed.
LONGEST_BRACKET = 200

_WIDE = "".join(sorted(WIDE))
_RUN = re.compile(f"[^{SPACE}{_WIDE}]+")
_SPACES = re.compile(f"[{SPACE}]+")
# Not those of faces and of list items: a word follows the one, the other follows no eyes.
_OPENED = re.compile("[(\\[](?=[\"'*_\u2018\u201c]*\\w)")
_BRACKET = re.compile(r"[()\[\]]")
_CLOSED = re.compile("(?<![:;=-])[)\\]]")


class Boundary(NamedTuple):
    """A place where text may be cut.

    Attributes:
        end: one past the last code point of the word before it.
        position: where the next word begins, white space passed over; the cut goes here.
        strength: what lies there.
    """

    end: int
    position: int
    strength: Strength


@dataclass(slots=True)
class _OpenGap:
    """A gap whose strength is not known yet."""

    mark: Mark
    end: int
    wide: bool
    """It needs no white space."""
    width: int = 0
    breaks: int = 0

    @property
    def is_paragraph(self) -> bool:
        return self.breaks >= BLANK_LINE or self.width >= WIDEST_GAP


class Segmenter:
    """Text in pieces of any size in, boundaries out. Positions are code points from the first one fed.

    Args:
        language: BCP 47 tag of the text, or empty.
    """

    def __init__(self, language: str = "") -> None:
        self._sentence = Sentence(language.partition("-")[0].casefold())
        self._read = 0
        self._token = ""
        self._before = NOTHING
        self._gap: _OpenGap | None = None
        self._ahead = ""

    @property
    def settled(self) -> int:
        """Every boundary whose `end` lies before this is known."""
        return self._read if self._gap is None else self._gap.end

    def feed(self, text: str) -> list[Boundary]:
        """Return the boundaries that become known with `text`, in order."""
        origin = self._read - len(self._ahead)
        self._read += len(text)
        text = self._ahead + text
        self._ahead = ""
        found: list[Boundary] = []
        at = 0
        while at < len(text):
            if self._gap is None:
                at = self._read_word(text, at, origin)
            elif self._gap.wide and self._gap.width == 0 and self._extend(self._gap, text[at]):
                at += 1
            else:
                at = self._read_gap(self._gap, text, at, origin, found)
        return found

    def flush(self) -> list[Boundary]:
        """Decide everything now, as if the text ended here, and return the boundaries that come of it."""
        found = self._settle_gaps()
        if self._token:
            self._open_gap(self._read)
            found += self._settle_gaps()
        return found

    def pause(self) -> list[Boundary]:
        """Decide all but a last word that may still grow, and return the boundaries that come of it.

        A word with punctuation after it is taken for whole, a number is not: "3." may become "3.14".
        """
        found = self._settle_gaps()
        if self._token and is_tail(self._token[-1]) and not read(self._token).core[-1:].isdigit():
            self._open_gap(self._read)
            found += self._settle_gaps()
        return found

    def end_block(self, strength: Strength) -> list[Boundary]:
        """Take it that a sentence or a paragraph ends here, and return the boundaries that come of it."""
        found = self._settle_gaps() if self._ahead else []
        if self._gap is None and self._token:
            self._open_gap(self._read)
        if self._gap is not None:
            self._close_gap(self._gap, strength, self._read, found)
        self._begin_line(self._read)
        return found

    def _read_word(self, text: str, at: int, origin: int) -> int:
        """Read a run of code points of one kind where no gap is open; return where it ends."""
        run = _RUN.match(text, at)
        if run is not None:
            self._token = (self._token + run.group())[-LONGEST_TOKEN:]
            return run.end()
        character = text[at]
        if character in WIDE:
            self._read_wide(character, origin + at + 1)
            return at + 1
        if self._token:
            self._open_gap(origin + at)
            return at
        return self._skip_blank(text, at, origin)

    def _read_wide(self, character: str, end: int) -> None:
        self._token = (self._token + character)[-LONGEST_TOKEN:]
        if character in WIDE_OPENERS:
            self._sentence.depth += 1
        elif character in WIDE_CLOSERS:
            self._sentence.depth = max(0, self._sentence.depth - 1)
        else:
            self._open_gap(end, wide=True)

    def _skip_blank(self, text: str, at: int, origin: int) -> int:
        spaces = _SPACES.match(text, at)
        end = spaces.end() if spaces else at + 1
        if not LINE_BREAKS.isdisjoint(text[at:end]):
            self._begin_line(origin + end)
        return end

    def _open_gap(self, end: int, *, wide: bool = False) -> None:
        """Close the word at `end`."""
        sentence = self._sentence
        mark = NOTHING
        if sentence.words > 0 or not sentence.begins_item(self._token):
            mark = read(self._token, self._before)
            if not mark.apart:
                sentence.add(mark.core)
        self._gap = _OpenGap(mark, end, wide)

    def _extend(self, gap: _OpenGap, character: str) -> bool:
        """Take a closing mark into the word before a gap without white space; return whether it is one."""
        if not extends(character, gap.mark):
            return False
        if character in WIDE_CLOSERS:
            self._sentence.depth = max(0, self._sentence.depth - 1)
        self._token = (self._token + character)[-LONGEST_TOKEN:]
        self._gap = _OpenGap(read(self._token, self._before), gap.end + 1, wide=True)
        return True

    def _read_gap(self, gap: _OpenGap, text: str, at: int, origin: int, found: list[Boundary]) -> int:
        """Read white space and what follows it until the gap is decided; return where reading goes on."""
        spaces = _SPACES.match(text, at)
        if spaces is not None:
            for character in spaces.group():
                at += 1
                gap.width += 1
                if character in LINE_BREAKS:
                    gap.breaks += 1
                elif character == PARAGRAPH_SEPARATOR:
                    gap.breaks += BLANK_LINE
                if gap.is_paragraph:
                    self._close_gap(gap, Strength.PARAGRAPH, origin + at, found)
                    return at
            if at == len(text):
                return at
        strength = self._judge(gap, text[at : at + LOOKAHEAD], final=False)
        if strength is Strength.UNDECIDED:
            self._ahead = text[at:]
            return len(text)
        self._close_gap(gap, strength, origin + at, found)
        return at

    def _judge(self, gap: _OpenGap, ahead: str, *, final: bool) -> Strength:
        mark, sentence = gap.mark, self._sentence
        if (
            mark.ending is Ending.NONE
            and mark.core
            and not gap.breaks
            and sentence.item is None
            and ahead[:1].isalnum()
            and not may_join(mark.core)
        ):
            return by_word(mark.core)  # what all rules come to for two plain words, without asking them
        line = gap.end - sentence.line_start
        final = final or len(ahead) == LOOKAHEAD
        quoted = sentence.quoted is not _holds_a_quote(self._token)
        bracketed = self._brackets_after_word(gap.end) > 0
        return judge(Gap(mark, line, gap.width, gap.breaks, ahead, final, quoted, bracketed, sentence))

    def _brackets_after_word(self, end: int) -> int:
        """Return how many brackets are open after the last word, of those opened within the sentence."""
        sentence, token = self._sentence, self._token
        brackets = sentence.brackets
        if brackets and end - sentence.bracketed_at > LONGEST_BRACKET:
            brackets = 0
        if not _BRACKET.search(token):
            return brackets
        opened = len(_OPENED.findall(token))
        if opened and sentence.words <= 1 and token[0] in ROUND_OPENERS:
            opened -= 1  # it holds whole sentences
        return max(0, brackets + opened - len(_CLOSED.findall(token)))

    def _settle_gaps(self) -> list[Boundary]:
        found: list[Boundary] = []
        while self._gap is not None:
            ahead = self._ahead
            strength = self._judge(self._gap, ahead, final=True)
            self._close_gap(self._gap, strength, self._read - len(ahead), found)
            self._ahead = ""
            self._read -= len(ahead)
            found += self.feed(ahead)
        return found

    def _close_gap(self, gap: _OpenGap, strength: Strength, position: int, found: list[Boundary]) -> None:
        self._gap = None
        sentence = self._sentence
        if gap.width or strength is not Strength.NONE:
            if _holds_a_quote(self._token):
                sentence.quoted = not sentence.quoted
            if sentence.brackets or _BRACKET.search(self._token):
                brackets = self._brackets_after_word(gap.end)
                if brackets and not sentence.brackets:
                    sentence.bracketed_at = gap.end
                sentence.brackets = brackets
            self._token = ""
        self._before = gap.mark if strength is Strength.NONE else NOTHING
        if gap.breaks:
            self._begin_line(position)
        if strength >= Strength.SENTENCE:
            sentence.begin()
        if strength is Strength.PARAGRAPH:
            sentence.quoted = sentence.persian = False
        if strength > Strength.NONE:
            found.append(Boundary(gap.end, position, strength))

    def _begin_line(self, position: int) -> None:
        self._sentence.line_start = position
        self._sentence.fresh = True
        self._sentence.depth = 0


def _holds_a_quote(token: str) -> bool:
    """Return whether a straight double quote opens or closes within a word, and not both."""
    return '"' in token and token.count('"') % 2 == 1

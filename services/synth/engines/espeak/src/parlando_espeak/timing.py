"""From the library's events to the times of words.

The library reports where most words begin, by their place in the text. It fuses some ("of the" is one
event), reports others several times (numbers, letter by letter), and puts pauses between the last word of a
clause and the end of it. So events are matched by position, never by count:

- an event begins the token it lies in; one in white space belongs to the token after it, unless it directly
  follows an event of the token before (the second part of a symbol's name);
- a token with a letter or a digit that no event begins shares the time of the one before it in its clause,
  in proportion to their lengths; where none was before it, it shares with the next. Such times are ESTIMATED;
- a token without letters and digits is a word only where it has an event, and the token after it has one of
  its own: otherwise the event was that token's;
- a word ends where the next begins, or with the last sound of its clause: pauses belong to nobody;
- what is never spoken (a script the voice does not know) has an ESTIMATED word of no length.
"""

from __future__ import annotations

from collections.abc import Sequence

from parlando_espeak.tokens import Token, split
from parlando_kit.ledger import SpokenWord, TimingQuality


class WordTimer:
    """Times the tokens of one text.

    Args:
        text: the text as the library reads it.
        tokens: its tokens, in order.

    Samples are counted as the caller likes, and never go back.
    """

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self._text = text
        self._tokens = list(tokens)
        self._next = 0  # first token that is not timed yet
        self._current: int | None = None  # the token that is being spoken
        self._begun = 0  # its first sample
        self._position = -1  # of the last event

    def word(self, position: int, sample: int) -> list[SpokenWord]:
        """Note that a word begins, and return those that have ended.

        Args:
            position: its place in the text, 0-based.
            sample: its first sample.
        """
        spoken = self._token_at(position)
        self._position = position
        if spoken is None:
            return []
        if spoken == self._current:
            if not self._cut(spoken, position):
                return []  # another part of the same word
            spoken += 1
        ended = self._close(spoken, sample)
        self._current, self._begun = spoken, sample
        return ended

    def clause_end(self, position: int, last_sound: int) -> list[SpokenWord]:
        """Note that a clause ends, and return the words that end with it.

        Args:
            position: where the text after it begins, 0-based.
            last_sound: one past its last sample that is not silence.
        """
        if self._current is not None:
            self._cut(self._current, position)
        limit = self._next
        while limit < len(self._tokens) and self._tokens[limit].core_end <= position:
            limit += 1
        if self._current is None or self._current >= limit:
            return []
        return self._close(limit, last_sound)

    def finish(self, last_sound: int) -> list[SpokenWord]:
        """Note that the text has ended, and return the words that are left.

        Args:
            last_sound: one past its last sample that is not silence.
        """
        return self._close(len(self._tokens), last_sound)

    def _cut(self, index: int, position: int) -> bool:
        """Make two of a token of several words; return whether a word begins at that position in it."""
        parts = split(self._text, self._tokens[index], position)
        self._tokens[index : index + 1] = parts
        return len(parts) > 1

    def _token_at(self, position: int) -> int | None:
        """Return the token that an event at a position belongs to; events never go back."""
        found = self._next if self._current is None else self._current
        while found < len(self._tokens) and self._tokens[found].end <= position:
            found += 1
        follows = self._current is not None and position == self._position + 1
        if follows and (found == len(self._tokens) or position < self._tokens[found].start):
            return self._current
        return found if found < len(self._tokens) else self._current

    def _close(self, limit: int, end: int) -> list[SpokenWord]:
        """Time every token before `limit`, of which the current one has been spoken until `end`."""
        words = [token for token in self._tokens[self._next : limit] if token.worded]
        current = None if self._current is None else self._tokens[self._current]
        if current is not None and not current.worded and (not words or words[-1].start < current.start):
            words.append(current)  # no word after it claims its event
        if current is None and limit < len(self._tokens):
            return []  # they share with the token that comes
        begun = end if current is None else self._begun
        self._next, self._current = limit, None
        return _shared(words, begun, max(begun, end))


def _shared(words: Sequence[Token], begun: int, end: int) -> list[SpokenWord]:
    """Return words that fill [begun, end) in proportion to their lengths."""
    quality = TimingQuality.EXACT if len(words) == 1 and begun < end else TimingQuality.ESTIMATED
    whole = sum(word.end - word.start for word in words)
    timed: list[SpokenWord] = []
    said = 0
    for word in words:
        first = begun + (end - begun) * said // whole
        said += word.end - word.start
        timed.append(SpokenWord(word.span, first, begun + (end - begun) * said // whole - first, quality))
    return timed

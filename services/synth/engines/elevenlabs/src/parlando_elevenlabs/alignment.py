"""When characters are heard, made the times of words. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from parlando_kit.ledger import SpokenWord, TimingQuality
from parlando_kit.spans import Span

_TOKEN = re.compile(r"\S+")
_AHEAD = 16  # code points that the service may leave out of the text between two that it tells of


class Alignment:
    """Gathers the times of a text's characters, and gives out each word once all of its own are known.

    Args:
        text: as it was sent.
        rate: samples a second.
        direction: what was sent before the text, and is not spoken; it may be told of, or not.
    """

    def __init__(self, text: str, rate: int, direction: str = "") -> None:
        self._text = text
        self._direction = direction  # what is left of it
        self._rate = rate
        self._words = [
            Span(token.start(), token.end())
            for token in _TOKEN.finditer(text)
            if any(map(str.isalnum, token[0]))
        ]
        self._at = 0  # in the text, behind the last character that was told of
        self._next = 0  # word to be given out
        self._heard: dict[int, tuple[int, int]] = {}  # by word: its first and last sample
        self._last = 0  # sample at which the last word given out begins

    @property
    def whole(self) -> bool:
        """Whether every word was told of to its end."""
        return self._at >= (self._words[-1].end if self._words else 0)

    def add(self, characters: Sequence[str], starts: Sequence[int], ends: Sequence[int]) -> None:
        """Take characters in the order in which they are heard, with their first and last samples."""
        for character, start, end in zip(characters, starts, ends, strict=False):
            if self._direction and character == self._direction[0]:
                self._direction = self._direction[1:]
                continue
            self._direction = ""
            found = self._text.find(character, self._at, self._at + _AHEAD) if character else -1
            if found < 0:
                continue
            self._at = found + len(character)
            word = self._word_at(found)
            if word is not None:
                first, last = self._heard.get(word, (start, end))
                self._heard[word] = (min(first, start), max(last, end))

    def done(self, made: int) -> tuple[SpokenWord, ...]:
        """Return the words that were told of whole, and not yet given out.

        Args:
            made: samples made so far.
        """
        known = self._next
        while known < len(self._words) and self._words[known].end <= self._at:
            known += 1
        return self._given(known, made)

    def rest(self, made: int) -> tuple[SpokenWord, ...]:
        """Return all words that are left once all of the sound is there."""
        return self._given(len(self._words), made)

    def _word_at(self, place: int) -> int | None:
        for number in range(self._next, len(self._words)):
            word = self._words[number]
            if place < word.start:
                return None
            if place < word.end:
                return number
        return None

    def _given(self, until: int, made: int) -> tuple[SpokenWord, ...]:
        """Give out words up to one; of which nothing was told has no length, at the end of the one before."""
        given: list[SpokenWord] = []
        for number in range(self._next, until):
            told = self._heard.pop(number, None)
            quality = TimingQuality.EXACT if told is not None else TimingQuality.ESTIMATED
            start, end = told if told is not None else (self._last, self._last)
            first = min(max(start, self._last), made)
            given.append(SpokenWord(self._words[number], first, max(min(end, made) - first, 0), quality))
            self._last = first if told is None else given[-1].first_sample
        self._next = until
        return tuple(given)

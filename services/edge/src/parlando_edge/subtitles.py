"""Subtitles of a text while it is spoken: words and their times in, cues out, in SubRip or WebVTT."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from parlando_kit.ledger import Word

LONGEST_LINE = 42
"""Characters a line, as is usual in subtitling."""

MOST_LINES = 2
"""Lines a cue. A single word that is longer than both lines has more."""

_SENTENCE_END = re.compile("[.!?…。！？][\"'”’»)\\]]*$")  # noqa: RUF001  # marks of many scripts


@dataclass(frozen=True, slots=True)
class Cue:
    """A piece of text, and when it is heard.

    Attributes:
        number: from 1.
        start_ms: from the start of the audio.
        end_ms: later than that.
        lines: its text.
    """

    number: int
    start_ms: int
    end_ms: int
    lines: tuple[str, ...] = field(repr=False)


class Cues:
    """Makes cues of words: each from its first word's start to its last word's end.

    A cue ends with a sentence, and before a word that would not fit. White space and closing punctuation
    go with the word before, opening punctuation with the word after.

    Args:
        text: the whole text.
        rate: samples a second.
        words: True for a cue a word.
    """

    def __init__(self, text: str, rate: int, *, words: bool = False) -> None:
        self._text = text
        self._rate = rate
        self._single = words
        self._number = 0
        self._start = 0  # of the open cue in the text
        self._open: Word | None = None  # its first word
        self._said = 0  # up to where words were heard of the text
        self._until = 0  # the last sample of any word in it

    def add(self, words: Iterable[Word]) -> Iterator[Cue]:
        """Take further words, in order; yield the cues that are complete."""
        for word in words:
            if self._open is None:
                self._begin(word, self._start)
            elif word.source.start >= self._said:
                cut = self._cut(self._said, word.source.start)
                if self._ends(cut, word):
                    yield self._close(cut)
                    self._begin(word, cut)
            self._said = max(self._said, word.source.end)
            self._until = max(self._until, word.end_sample)

    def end(self) -> Iterator[Cue]:
        """Yield the cue that is left."""
        if self._open is not None:
            yield self._close(len(self._text))

    def _begin(self, word: Word, start: int) -> None:
        self._open, self._start, self._until = word, start, word.end_sample

    def _cut(self, end: int, start: int) -> int:
        """Return where the text between two words is cut: after its last white space, or all of it before."""
        gap = self._text[end:start]
        found = max((place for place, mark in enumerate(gap) if mark.isspace()), default=len(gap) - 1)
        return end + found + 1

    def _ends(self, cut: int, word: Word) -> bool:
        said = self._text[self._start : cut].strip()
        if self._single or _SENTENCE_END.search(said):
            return True
        return len(_lines(self._text[self._start : word.source.end])) > MOST_LINES

    def _close(self, cut: int) -> Cue:
        first = self._open.first_sample if self._open is not None else 0
        start_ms = round(first * 1000 / self._rate)
        end_ms = max(round(self._until * 1000 / self._rate), start_ms + 1)
        self._number += 1
        return Cue(self._number, start_ms, end_ms, tuple(_lines(self._text[self._start : cut])))


def _lines(text: str) -> list[str]:
    return textwrap.wrap(text, LONGEST_LINE)


def head(form: Literal["srt", "vtt"]) -> str:
    """Return what stands before the first cue."""
    return "WEBVTT\n\n" if form == "vtt" else ""


def written(cue: Cue, form: Literal["srt", "vtt"]) -> str:
    """Return a cue as SubRip or WebVTT (https://www.w3.org/TR/webvtt1/) has it."""
    text = "\n".join(cue.lines)
    if form == "vtt":
        text, mark = html.escape(text, quote=False), "."
    else:
        mark = ","
    return f"{cue.number}\n{_time(cue.start_ms, mark)} --> {_time(cue.end_ms, mark)}\n{text}\n\n"


def _time(ms: int, mark: str) -> str:
    seconds, ms = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{mark}{ms:03}"

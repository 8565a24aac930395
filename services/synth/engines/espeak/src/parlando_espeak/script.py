"""A script in the making: words, deliveries and rests, put together to passages."""

from __future__ import annotations

import re
from dataclasses import replace

from parlando_espeak.library import COMMAND
from parlando_espeak.manner import FASTEST_MARKED, Manner
from parlando_espeak.passages import Passage, speakable
from parlando_espeak.tokens import Token, token
from parlando_kit.spans import Span

SPELLINGS = {"characters": 0x12, "spell-out": 0x12, "verbatim": 0x12, "digits": 0xC1, "telephone": 0xC1}
"""Ways to spell, by what SSML calls them, and the library's numbers for them."""

_PIECE = re.compile(r"\s+|\S+")
_COMMANDS = (("rate", "S"), ("volume", "A"), ("pitch", "P"), ("pitch_range", "R"))


class Script:
    """Collects what is said, in order. Spans are those in the caller's text."""

    def __init__(self) -> None:
        self._passages: list[Passage] = []
        self._draft: _Draft | None = None  # the passage at the end
        self._voice, self._manner, self._spelling = "", Manner(), ""  # of what comes
        self._rest = 0.0  # seconds that structure asks for before what comes
        self._break = 0.0  # seconds that breaks add

    def deliver(self, voice: str, manner: Manner, spelling: str) -> None:
        """Say what comes in this voice and manner, and spelled in this way ("" is not at all)."""
        self._voice, self._manner, self._spelling = voice, manner.held(FASTEST_MARKED), spelling

    def say(self, data: str, span: Span) -> None:
        """Say a stretch of text; a word may go on from the last one and into the next.

        Args:
            data: the text.
            span: where it stands: as long as the text, or what stands for a single character.
        """
        verbatim = len(data) == len(span)
        for piece in _PIECE.finditer(data):
            if piece[0].isspace():
                self.end_word()
            else:
                first, last = piece.span()
                part = Span(span.start + first, span.start + last) if verbatim else span
                self._open().add(speakable(piece[0]), part, verbatim=verbatim)

    def replace(self, alias: str, span: Span) -> None:
        """Say an alias as one word that stands for `span`."""
        self.end_word()
        if spoken := " ".join(speakable(alias).split()):
            self._open().add(spoken, span, verbatim=False)
            self.end_word()

    def end_word(self) -> None:
        """End the word at the end, if there is one."""
        if self._draft is not None:
            self._draft.end_word()

    def rest_for(self, seconds: float) -> None:
        """Be silent for that much longer."""
        if seconds:
            self._close(goes_on=True)
            self._break += seconds

    def rest_until(self, seconds: float) -> None:
        """Begin anew, after a silence of at least so long."""
        self._close(goes_on=False)
        self._rest = max(self._rest, seconds)

    def end(self) -> list[Passage]:
        """Return the passages."""
        self._close(goes_on=False)
        if self._break:
            self._passages.append(Passage("", (), self._voice, self._manner, self._break))
        return self._passages

    def _open(self) -> _Draft:
        """Return a draft that ends in the voice, the manner and the spelling that are wanted."""
        if self._draft is not None and self._draft.voice != self._voice:
            self._close(goes_on=True)
        if self._draft is None:
            self._draft = _Draft(self._voice, self._manner)
        self._draft.turn(self._manner, self._spelling)
        return self._draft

    def _close(self, *, goes_on: bool) -> None:
        if self._draft is not None:
            pause = self._break + (self._rest if self._passages else 0.0)
            self._passages.append(self._draft.passage(pause, goes_on=goes_on))
            self._draft, self._rest, self._break = None, 0.0, 0.0


class _Draft:
    """A passage to which words are added."""

    def __init__(self, voice: str, manner: Manner) -> None:
        self.voice = voice
        self._manner = manner
        self._parameters = manner.parameters()  # in force at the end
        self._spelling = ""  # likewise
        self._parts: list[str] = []
        self._length = 0
        self._words: list[tuple[int, int, Span, bool]] = []
        self._word: tuple[int, Span, bool] | None = None  # start, span and whether it is verbatim

    def turn(self, manner: Manner, spelling: str) -> None:
        """Have what comes said in that manner and spelled in that way."""
        wanted = manner.parameters()
        for name, letter in _COMMANDS:
            if getattr(wanted, name) != getattr(self._parameters, name):
                self._append(f"{COMMAND}{getattr(wanted, name)}{letter}")
        self._parameters = wanted
        if spelling != self._spelling:
            self._append(f"{COMMAND}{SPELLINGS.get(spelling, '')}Y")
            self._spelling = spelling

    def add(self, text: str, span: Span, *, verbatim: bool) -> None:
        """Add to the word at the end, or begin one."""
        if self._word is None:
            self._word = (self._length, span, verbatim)
        else:
            start, begun, same = self._word
            self._word = (start, Span(begun.start, span.end), same and verbatim)
        self._append(text)

    def end_word(self) -> None:
        """End the word at the end, if there is one."""
        if self._word is not None:
            start, span, same = self._word
            self._words.append((start, self._length, span, same))
            self._word = None
            self._append(" ")

    def passage(self, pause: float, *, goes_on: bool) -> Passage:
        """Return it as a passage; where its sentence goes on after it, its tone stays up."""
        self.end_word()
        text = "".join(self._parts)
        tokens = [_token(text, *word) for word in self._words]
        if goes_on and tokens[-1].core_end == tokens[-1].end:
            text = text[: tokens[-1].end] + ","
        return Passage(text, tokens, self.voice, self._manner, pause)

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)


def _token(text: str, start: int, end: int, span: Span, same: bool) -> Token:  # noqa: FBT001  # from a tuple
    found = token(text, start, end, span)
    return found if same else replace(found, unspaced=False)  # its parts have no spans of their own

"""What the library is given to speak, and where it stands in the caller's text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from parlando_espeak.library import COMMAND
from parlando_espeak.manner import Manner
from parlando_espeak.tokens import Token, tokens_of

# What means something to the library inside a text, and nothing to a reader: control characters (1 begins
# a command, 2 phonemes), lone surrogates, and the private characters it uses for itself. Each becomes a
# space, so that every offset stays where it was.
_UNSPEAKABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ue000-\ue0ff]")

_COMMAND = re.compile(COMMAND + "[0-9]*[A-Z]")
_SENTENCE_MARKS = frozenset(".,;:!?…'\"¡¿·،؛؟।॥、。，！？；：")  # noqa: RUF001  # the marks of other scripts
_FIRST_WIDE_MARK = "\u3001"  # from here on, they need no space after them
_QUIET_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Mn", "Pd", "Pe", "Pf", "Pi", "Ps", "Zl", "Zp", "Zs"})
_BEYOND_BMP = 0x10000


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch spoken in one go: one voice, and a delivery that only commands within it change.

    Attributes:
        text: what the library reads; see `speakable`.
        tokens: its tokens.
        voice: the id of a voice.
        manner: the delivery at its start.
        pause: seconds of silence before it.
    """

    text: str = field(repr=False)
    tokens: Sequence[Token]
    voice: str
    manner: Manner
    pause: float = 0.0


def plain(text: str, voice: str, manner: Manner) -> Passage:
    """Return a text without markup as the passage it is."""
    return Passage(speakable(text), tokens_of(text), voice, manner)


def speakable(text: str) -> str:
    """Return a text of the same length that holds no commands to the library."""
    return _UNSPEAKABLE.sub(" ", text)


def is_silent(text: str) -> bool:
    """Return whether a text is nothing but white space, dashes, brackets, quotes and the marks of sentences.

    The library would say "exclamation mark" and the like where such a mark stands alone.
    """
    return all(
        character in _SENTENCE_MARKS or unicodedata.category(character) in _QUIET_CATEGORIES
        for character in text
    )


def simplified(text: str, start: int) -> str:
    """Return a text of the same length that says less, for one that brought the library down.

    What stands before `start` has been said. Of the rest there remain letters, their marks and digits of the
    Basic Multilingual Plane, and punctuation before white space.
    """
    rest = _COMMAND.sub(lambda command: " " * len(command[0]), text[start:])
    return " " * start + "".join(
        character if _is_plain(character, after) else " " for character, after in pairwise(rest + " ")
    )


def _is_plain(character: str, after: str) -> bool:
    if character in _SENTENCE_MARKS:
        return after.isspace() or character >= _FIRST_WIDE_MARK
    return ord(character) < _BEYOND_BMP and unicodedata.category(character)[0] in "LMN"

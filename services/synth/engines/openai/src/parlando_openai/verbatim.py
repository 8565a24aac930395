"""Whether a model said what it was given: its transcript against the text, word by word."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher

# Scripts that put no space between words: each character counts as one.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
_APOSTROPHES = str.maketrans("", "", "'\N{RIGHT SINGLE QUOTATION MARK}")
_ENOUGH = 3  # words of a transcript that tell whether it begins as it should
_WITHIN = 6  # words of the text among which they may be: a model may write "doctor" for "Dr."


@dataclass(frozen=True, slots=True)
class Deviation:
    """How a transcript differs from its text.

    Attributes:
        missing: words of the text that were not said.
        added: words said that are not in the text there.
    """

    missing: int
    added: int

    def __bool__(self) -> bool:
        return bool(self.missing or self.added)


class Transcript:
    """What is said of one text, as it becomes known.

    Args:
        text: what was to be said.
    """

    def __init__(self, text: str) -> None:
        self._expected = _words(text)
        self._said = ""

    def add(self, delta: str) -> None:
        """Note more of what is said."""
        self._said += delta

    def begins_well(self, *, all_said: bool = False) -> bool | None:
        """Return whether it begins as the text does, more or less; None while that cannot be told.

        A text of one or two words is taken to: a model may write them in another way ("OK", "okay").

        Args:
            all_said: whether nothing more will be.
        """
        if len(self._expected) < _ENOUGH:
            return True
        said = _words(self._said)
        if not all_said:
            said = said[:-1]  # which may go on
        if len(said) < _ENOUGH and not all_said:
            return None
        return bool(set(said[:_ENOUGH]) & set(self._expected[:_WITHIN]))

    def deviation(self) -> Deviation:
        """Return how all that was said differs from the text; letter case and marks aside."""
        said = _words(self._said)
        missing = added = 0
        for tag, start, end, first, last in SequenceMatcher(
            a=self._expected, b=said, autojunk=False
        ).get_opcodes():
            if tag != "equal":
                missing += end - start
                added += last - first
        return Deviation(missing, added)


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold().translate(_APOSTROPHES))

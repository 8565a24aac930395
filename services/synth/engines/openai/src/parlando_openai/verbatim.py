"""Whether a model said what it was given: its transcript against the text, word by word."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORD = re.compile(r"\w+")
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

        Args:
            all_said: whether nothing more will be.
        """
        said = _words(self._said)
        if not all_said:
            said = said[:-1]  # which may go on
        wanted = min(_ENOUGH, len(self._expected))
        if len(said) < wanted and not all_said:
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

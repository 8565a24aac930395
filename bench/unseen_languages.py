"""How often the fragmenter tells the language of sentences that none of its thresholds was set on.

    bench/unseen_languages.py

Reads tests/data/languages_unseen.txt, each sentence as a text of its own. Of sentences in one language it
counts those that are right as a whole, left undecided and wrong; of sentences in two, letters.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from parlando_fragmenter import language_model
from parlando_fragmenter.languages import GuessedLanguages
from parlando_fragmenter.settings import FragmenterSettings

_TABLE = Path(__file__).parents[1] / "tests" / "data" / "languages_unseen.txt"
_PART = re.compile(r"\{(?P<language>[a-z]{2})\|(?P<text>[^}]*)\}")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, and the language of each of its code points."""

    text: str
    languages: tuple[str, ...]

    @property
    def mixed(self) -> bool:
        """It is in more than one language."""
        return len(set(self.languages)) > 1


@dataclass(frozen=True, slots=True)
class Told:
    """How many there were, and were told rightly, left undecided, and told wrongly."""

    right: int
    undecided: int
    wrong: int

    @property
    def count(self) -> int:
        """All of them."""
        return self.right + self.undecided + self.wrong


def sentences() -> Iterator[Sentence]:
    """Yield the sentences of the table."""
    for line in _TABLE.read_text("utf-8").splitlines():
        if line and not line.startswith("## "):
            language, _, marked = line.partition(" ")
            yield _sentence(language, marked)


def _sentence(language: str, marked: str) -> Sentence:
    text, languages, done = "", [], 0
    for part in _PART.finditer(marked):
        around = marked[done : part.start()]
        text += around + part["text"]
        languages += [language] * len(around) + [part["language"]] * len(part["text"])
        done = part.end()
    rest = marked[done:]
    return Sentence(text + rest, (*languages, *[language] * len(rest)))


def told() -> tuple[Told, Told]:
    """Return what was told of sentences in one language, and of the letters of sentences in two."""
    among = FragmenterSettings().among
    model = language_model.load(among)
    whole: list[str] = []
    letters: list[str] = []
    for sentence in sentences():
        parts = GuessedLanguages(model, among).parts(sentence.text)
        starts = [0, *(part.end for part in parts)]
        tags = [
            part.language.tag
            for part, (start, end) in zip(parts, itertools.pairwise(starts), strict=True)
            for _ in range(start, end)
        ]
        each = [
            "right" if tag == meant else "wrong" if tag else "undecided"
            for tag, meant, character in zip(tags, sentence.languages, sentence.text, strict=True)
            if character.isalpha()
        ]
        if sentence.mixed:
            letters += each
        else:
            whole.append("wrong" if "wrong" in each else "undecided" if "undecided" in each else "right")
    one, two = (
        Told(*(found.count(kind) for kind in ("right", "undecided", "wrong"))) for found in (whole, letters)
    )
    return one, two


def main() -> None:
    """Measure and print."""
    one, two = told()
    print(f"in one language: {one.right} of {one.count} sentences right, {one.undecided} undecided")
    count = sum(sentence.mixed for sentence in sentences())
    print(f"in two: {two.right} of {two.count} letters of {count} sentences right, {two.undecided} undecided")


if __name__ == "__main__":
    main()

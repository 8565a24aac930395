"""How often the fragmenter tells the language of sentences that none of its thresholds was set on.

    bench/unseen_languages.py

Reads tests/data/languages_unseen.txt, each sentence as a text of its own. Of sentences in one language it
counts those that are right as a whole, left undecided and wrong; of sentences in two, letters. Beside it
lingua, where it is installed, which finds several languages in a text by itself.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parlando_fragmenter import language_model
from parlando_fragmenter.languages import GuessedLanguages
from parlando_fragmenter.settings import FragmenterSettings

_TABLE = Path(__file__).parents[1] / "tests" / "data" / "languages_unseen.txt"
_PART = re.compile(r"\{(?P<language>[a-z]{2})\|(?P<text>[^}]*)\}")

Tell = Callable[[str], list[str]]
"""Returns the language of each code point of a text."""


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


def fragmenter() -> Tell:
    """Return what the fragmenter tells of each code point."""
    among = FragmenterSettings().among
    model = language_model.load(among)

    def tell(text: str) -> list[str]:
        tags: list[str] = []
        for part in GuessedLanguages(model, among).parts(text):
            tags += [part.language.tag] * (part.end - len(tags))
        return tags

    return tell


def lingua(*, low: bool) -> Tell:
    """Return what lingua tells of each code point, the same languages allowed."""
    module: Any = importlib.import_module("lingua")
    codes = [getattr(module.IsoCode639_1, tag.upper()) for tag in sorted(FragmenterSettings().among)]
    builder = module.LanguageDetectorBuilder.from_iso_codes_639_1(*codes)
    detector = (builder.with_low_accuracy_mode() if low else builder).build()

    def tell(text: str) -> list[str]:
        tags = [""] * len(text)
        for found in detector.detect_multiple_languages_of(text):
            tag = str(found.language.iso_code_639_1.name).lower()
            tags[found.start_index : found.end_index] = [tag] * (found.end_index - found.start_index)
        return tags

    return tell


def told(tell: Tell) -> tuple[Told, Told]:
    """Return what is told of sentences in one language, and of the letters of sentences in two."""
    whole: list[str] = []
    letters: list[str] = []
    for sentence in sentences():
        each = [
            "right" if tag == meant else "wrong" if tag else "undecided"
            for tag, meant, character in zip(
                tell(sentence.text), sentence.languages, sentence.text, strict=True
            )
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


def report(name: str, tell: Tell) -> None:
    """Print what one of them tells."""
    one, two = told(tell)
    print(
        f"{name:<22}in one language: {one.right} of {one.count} sentences right, {one.undecided} undecided;"
        f" in two: {two.right} of {two.count} letters right, {two.undecided} undecided"
    )


def main() -> None:
    """Measure and print."""
    mixed = sum(sentence.mixed for sentence in sentences())
    print(f"{sum(1 for _ in sentences())} sentences, {mixed} of them in two languages")
    report("the fragmenter", fragmenter())
    if importlib.util.find_spec("lingua") is None:
        print("lingua is not installed")
        return
    report("lingua, low accuracy", lingua(low=True))
    report("lingua, high accuracy", lingua(low=False))


if __name__ == "__main__":
    main()

"""The language of each part of a text.

What the caller states holds for all of it. Otherwise the writing system tells, where it can; a model, where
there is one, tells apart languages that share a system. What it is not sure of keeps the language that was
last known in that system, or none: the voice's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate, pairwise
from typing import NamedTuple, Protocol

from parlando_fragmenter.writing import CHINESE, LATIN, Run, runs

# The languages of each writing system; of several, the first is meant while nothing tells otherwise. A
# model decides where there is one. Latin letters without a model tell nothing.
SYSTEMS: Mapping[str, tuple[str, ...]] = {
    "Greek": ("el",),
    "Cyrillic": ("ru", "uk", "bg", "sr", "mk", "be", "kk"),
    "Armenian": ("hy",),
    "Hebrew": ("he",),
    "Arabic": ("ar", "fa", "ur"),
    "Devanagari": ("hi", "mr", "ne"),
    "Bengali": ("bn",),
    "Gurmukhi": ("pa",),
    "Gujarati": ("gu",),
    "Odia": ("or",),
    "Tamil": ("ta",),
    "Telugu": ("te",),
    "Kannada": ("kn",),
    "Malayalam": ("ml",),
    "Sinhala": ("si",),
    "Thai": ("th",),
    "Lao": ("lo",),
    "Burmese": ("my",),
    "Georgian": ("ka",),
    "Ethiopic": ("am",),
    "Khmer": ("km",),
    "Hangul": ("ko",),
}

BY_SYSTEM = 0.95
"""Confidence where the writing system alone tells."""
BY_DEFAULT = 0.5
"""Confidence where it leaves several."""

# A model is asked about no less than this, in words and letters, and believed from this on. Calibrated on
# tests/data/languages.json and English prose (docs/decisions/0014-languages.md).
_LEAST_WORDS = 2
_LEAST_LETTERS = 10
# Of what stands in quotes or brackets within a sentence.
_LEAST_WORDS_ENCLOSED = 3
# In Latin letters, which many languages share, it takes more. No other language of the table was taken for
# English with 0.4, so that a text finds back to English more easily than away from it.
_SURE_IN_LATIN = 0.8
_SURE_OF_ENGLISH = 0.5
_SURE_ELSEWHERE = 0.55
# While English is as likely as this, nothing else in Latin letters is believed: names in short English
# fragments look like other languages.
_ENGLISH_RULED_OUT = 0.05
# So many code points are enough for it.
_ENOUGH = 400

# In Japanese, this many Chinese characters on end without kana are Chinese.
_WITHOUT_KANA = 12
_KANA = re.compile("[\u3041-\u30fa\u30fd-\u30ff\uff66-\uff9d]")
# Letters with their marks: of Latin, Cyrillic, Arabic and Devanagari, which share a system.
_LETTERS = "(?:[^\\W\\d_]|[\u0300-\u036f\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u200c\u200d])+"
_WORD = re.compile(f"{_LETTERS}(?:['\u2019-]{_LETTERS})*")
# Names of things, addresses and code: they tell nothing of the language around them.
_NO_WORD = re.compile(r"\S*(?:[\d@/\\_=#<>{}]|\w[.:(\[]\w)\S*")

# What opens or closes it. Straight quotes, and those that close in one language and open in another, open
# where nothing touches them from the left.
_ENCLOSING = re.compile('["\u201c\u201d\u201e\u00ab\u00bb()]')
_OPENING, _CLOSING = frozenset("\u201e\u00ab("), frozenset("\u201d\u00bb)")
_AFTER_CLOSING = re.compile(r"[^\w\s]*\s*")

Detector = Callable[[str], Mapping[str, float]]
"""Returns how likely each language is, by primary subtag, for words in small letters with spaces between."""


class Guess(NamedTuple):
    """A language.

    Attributes:
        tag: BCP 47 tag; empty is not known.
        confidence: 0 to 1.
    """

    tag: str
    confidence: float


UNKNOWN = Guess("", 0.0)


class Part(NamedTuple):
    """A part of a text in one language; `end` is one past its last code point."""

    end: int
    language: Guess


class Languages(Protocol):
    """Tells the languages of a text, a fragment at a time and in order."""

    def parts(self, text: str) -> list[Part]:
        """Return the parts of the next fragment; they cover it, and there is at least one."""


class StatedLanguage:
    """The language that the caller states, for everything; empty for none.

    Args:
        tag: BCP 47 tag, or empty.
    """

    def __init__(self, tag: str) -> None:
        self._language = Guess(tag, 1.0) if tag else UNKNOWN

    def parts(self, text: str) -> list[Part]:
        """Return the whole of it."""
        return [Part(len(text), self._language)]


class GuessedLanguages:
    """Languages told by writing system and, with a detector, by words.

    Args:
        detector: the model; None where there is none.
        among: primary subtags that the detector may decide for.
    """

    def __init__(self, detector: Detector | None = None, among: Iterable[str] = ()) -> None:
        self._detector = detector
        self._among = frozenset(among)
        self._system = ""
        self._known: dict[str, Guess] = {}

    def parts(self, text: str) -> list[Part]:
        """Return the parts of the next fragment, and remember them for those after it."""
        found = runs(text, self._system)
        systems = [run.system for run in found if run.system]
        if systems and self._system not in systems:
            self._system = systems[0]
        parts: list[Part] = []
        for run in found:
            for end, language in self._parts_of(run, text[run.start : run.end]):
                if parts and parts[-1].language.tag == language.tag:
                    parts[-1] = Part(run.start + end, min(parts[-1].language, language, key=_confidence))
                else:
                    parts.append(Part(run.start + end, language))
        return parts or [Part(len(text), self._held(self._system))]

    def _parts_of(self, run: Run, text: str) -> list[Part]:
        """Return the languages of a run; `end` counts from its start."""
        if self._detector is not None and (run.system or self._system) == LATIN and _ENCLOSING.search(text):
            parts = self._enclosed(text)
            if parts:
                return parts
        return [Part(len(text), self._language(run, text))]

    def _enclosed(self, text: str) -> list[Part]:
        """Return the parts of a text in Latin letters that quotes or brackets part in two languages.

        One that is sure is set off only where all the rest, taken together, is sure of another.
        """
        pieces = _enclosed_pieces(text)
        guesses = [self._sure_of(piece) if _ENCLOSING.search(piece) else None for piece in pieces]
        for tag in dict.fromkeys(guess.tag for guess in guesses if guess is not None):
            set_off = [guess if guess is not None and guess.tag == tag else None for guess in guesses]
            rest = " ".join(piece for piece, guess in zip(pieces, set_off, strict=True) if guess is None)
            around = self._by_words(rest, LATIN)
            if around is not None and around.tag != tag:
                self._known[LATIN] = around
                return [
                    Part(end, guess or around)
                    for end, guess in zip(accumulate(map(len, pieces)), set_off, strict=True)
                ]
        return []

    def _sure_of(self, piece: str) -> Guess | None:
        """Return what a piece of a sentence is written in, where that is sure on its own."""
        if len(_telling_words(piece)) < _LEAST_WORDS_ENCLOSED:
            return None
        guess = self._by_words(piece, LATIN)
        return guess if guess is not None and guess.confidence >= _SURE_IN_LATIN else None

    def _language(self, run: Run, text: str) -> Guess:
        system = run.system or self._system
        candidates = SYSTEMS.get(system, ())
        if len(candidates) == 1:
            return Guess(candidates[0], BY_SYSTEM)
        guess = self._chinese(text) if system == CHINESE else self._by_words(text, system)
        if guess is not None:
            self._known[system] = guess
            return guess
        return self._held(system)

    def _held(self, system: str) -> Guess:
        """Return what stands while nothing tells otherwise."""
        if system in self._known:
            return Guess(self._known[system].tag, BY_DEFAULT)
        candidates = SYSTEMS.get(system, ())
        return (
            Guess(candidates[0], BY_SYSTEM if len(candidates) == 1 else BY_DEFAULT) if candidates else UNKNOWN
        )

    def _chinese(self, text: str) -> Guess:
        if _KANA.search(text):
            return Guess("ja", BY_SYSTEM)
        known = self._known.get(CHINESE, UNKNOWN).tag
        return (
            Guess("ja", BY_DEFAULT) if known == "ja" and len(text) < _WITHOUT_KANA else Guess("zh", BY_SYSTEM)
        )

    def _by_words(self, text: str, system: str) -> Guess | None:
        """Return what the model is sure of, or None."""
        if self._detector is None or not system:
            return None
        words = _telling_words(text[:_ENOUGH])
        if len(words) < _LEAST_WORDS or sum(map(len, words)) < _LEAST_LETTERS:
            return None
        likely = self._detector(" ".join(words))
        if system != LATIN:  # what is not written so, it is not
            likely = {tag: likely[tag] for tag in SYSTEMS[system] if tag in likely}
            total = sum(likely.values())
            likely = {tag: value / total for tag, value in likely.items()} if total else {}
        allowed = [tag for tag in likely if tag in self._among]
        if not allowed:
            return None
        best = max(allowed, key=likely.__getitem__)
        confidence = min(max(likely[best], 0.0), 1.0)
        if system == LATIN and best != "en" and likely.get("en", 0.0) >= _ENGLISH_RULED_OUT:
            return None
        sure = _SURE_ELSEWHERE if system != LATIN else _SURE_OF_ENGLISH if best == "en" else _SURE_IN_LATIN
        return Guess(best, confidence) if confidence >= sure else None


def _enclosed_pieces(text: str) -> list[str]:
    """Return a text in pieces, parted before what opens and after what closes a quotation or a bracket."""
    places = {0, len(text)}
    for mark in _ENCLOSING.finditer(text):
        at, character = mark.start(), mark.group()
        touched = at > 0 and not text[at - 1].isspace()
        if character in _OPENING or not (touched or character in _CLOSING):
            places.add(at)
        else:
            after = _AFTER_CLOSING.match(text, at)
            places.add(after.end() if after else at)
    return [text[start:end] for start, end in pairwise(sorted(places))]


def _confidence(guess: Guess) -> float:
    return guess.confidence


def _telling_words(text: str) -> list[str]:
    """Return the words that tell of a language, in small letters: not names of things, nor capitals alone."""
    plain = _NO_WORD.sub(" ", text)
    return [word.lower() for word in _WORD.findall(plain) if len(word) == 1 or not word.isupper()]
